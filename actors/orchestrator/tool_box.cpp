#include "actors/orchestrator/tool_box.hpp"

#include "messages/core/codec.hpp"
#include "runtime/operations/openapi.hpp"

namespace nexus::orchestrator {

tool_box::tool_box(std::vector<operation_info> operations, live<std::chrono::milliseconds> max_age,
                   std::size_t most_entries, std::shared_ptr<write_count const> writes)
    : operations_(std::move(operations)),
      max_age_(std::move(max_age)),
      most_entries_(most_entries),
      writes_(std::move(writes)) {
  std::erase_if(operations_, [](auto const& operation) { return !operation.is_tool; });
  for (auto const& operation : operations_) {
    definitions_.push_back({operation.name, operation.description, json_text{argument_schema(operation).dump()}});
    if (!operation.writes) reading_.push_back(definitions_.back());
  }
}

auto tool_box::find(std::string_view name) const -> operation_info const* {
  for (auto const& operation : operations_)
    if (operation.name == name) return &operation;
  return nullptr;
}

void tool_box::use(caf::event_based_actor* caller, call const& context, operation_info const& operation,
                   nlohmann::json const& arguments, callback done) {
  auto const time = [system = &caller->system()] { return now(*system); };
  auto const max_age = max_age_.get();
  if (operation.writes || max_age <= std::chrono::milliseconds::zero())
    return operation.invoke(
        caller, context, arguments,
        [done = std::move(done), time](expected<operation_result> outcome) { done({std::move(outcome), time()}); });
  auto key = fmt::format("{}\n{}\n{}", writes_ ? writes_->load() : 0, operation.name, canonical_json(arguments));
  {
    auto lock = std::unique_lock{mutex_};
    if (auto const found = known_.find(key);
        found != known_.end() && time() - found->second.answer.observed_at < max_age) {
      auto answer = found->second.answer;
      lock.unlock();
      return done(std::move(answer));
    }
    if (auto const running = waiting_.find(key); running != waiting_.end()) {
      running->second.push_back(
          in_context_of(caller, [this, caller, context, &operation, arguments,
                                 done = std::move(done)](std::optional<observation> answer) mutable {
            if (answer) return done(std::move(*answer));
            use(caller, context, operation, arguments, std::move(done));
          }));
      return;
    }
    waiting_[key] = {};
  }
  // If the caller ends before the answer, one of those who wait reads instead.
  struct promise {
    tool_box* box;
    std::string key;
    bool kept = false;
    ~promise() {
      if (!kept) settle(std::nullopt);
    }
    void settle(std::optional<observation> const& answer) {
      kept = true;
      auto waiting = std::vector<waiter>{};
      {
        auto const lock = std::lock_guard{box->mutex_};
        if (auto const found = box->waiting_.find(key); found != box->waiting_.end()) {
          waiting = std::move(found->second);
          box->waiting_.erase(found);
        }
        if (answer && answer->outcome) box->keep(key, *answer);
      }
      for (auto const& next : waiting) next(answer);
    }
  };
  auto held = std::make_shared<promise>(this, std::move(key));
  operation.invoke(caller, context, arguments,
                   [held, done = std::move(done), time](expected<operation_result> outcome) {
                     auto const answer = observation{std::move(outcome), time()};
                     held->settle(answer);
                     done(answer);
                   });
}

void tool_box::keep(std::string key, observation const& answer) {
  if (auto const found = known_.find(key); found != known_.end()) {
    order_.erase(found->second.age);
    known_.erase(found);
  }
  while (known_.size() >= most_entries_) {
    known_.erase(order_.front());
    order_.pop_front();
  }
  order_.push_back(key);
  known_.emplace(std::move(key), entry{answer, std::prev(order_.end())});
}

} // namespace nexus::orchestrator
