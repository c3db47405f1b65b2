#include "actors/orchestrator/run_worker.hpp"
#include "actors/orchestrator/turn_text.hpp"
#include "messages/core/codec.hpp"
#include "messages/core/timeout.hpp"
#include "runtime/http/outbound.hpp"

#include <fmt/ranges.h>

namespace nexus::orchestrator {
namespace {

/// The first one, and those that settle it.
constexpr std::uint32_t most_attempts = 4;
/// Settling has time of its own: a run that ends late is better than a write that nobody knows of.
constexpr auto settling_patience = std::chrono::seconds{10};

/// Errors after which the write may have happened. All others say that it did not; but what keeps an agent from looking
/// says nothing about an attempt before.
auto leaves_open(errc code, bool may_be_done_already) -> bool {
  switch (code) {
  case errc::overloaded:
  case errc::unauthenticated:
  case errc::permission_denied:
  case errc::not_found:
    return may_be_done_already;
  case errc::upstream:
  case errc::unavailable:
  case errc::deadline_exceeded:
  case errc::cancelled:
  case errc::internal:
  case errc::storage:
  case errc::too_large: // the answer was, so that there is one
    return true;
  default:
    return false;
  }
}

} // namespace

auto error_text(error const& problem) -> std::string {
  auto const member = [](std::string const& text) { return dump_json(nlohmann::json(text)); };
  return fmt::format(R"({{"error":{{"code":"{}","message":{},"where":{},"remedy":{}}}}})", to_string(problem.code),
                     member(problem.message), member(problem.where), member(problem.remedy));
}

auto call_text(tool_call const& called) -> std::string { return called.name + " " + called.arguments.text; }

auto run_worker::reads_only() const -> bool {
  auto const wanted = run_.user_context.find("read_only");
  return wanted != run_.user_context.end() && wanted->second == "true";
}

auto run_worker::may_call(operation_info const* operation) const -> bool {
  return operation && !(operation->writes && reads_only());
}

void run_worker::write(std::size_t index, operation_info const& operation, nlohmann::json arguments,
                       std::uint32_t attempt) {
  auto with = context();
  with.idempotency_key = fmt::format("{}.{}.{}", run_.run_id, turns_ + 1, index);
  with.recovering = attempt > 0;
  if (with.recovering) with.deadline = std::max(with.deadline, now(self_->system()) + settling_patience);
  auto const begun = self_->clock().now();
  auto work = begin_tool(index, with);
  work.set("nexus.write.recovering", with.recovering);
  environment_->tools->use(self_, with, operation, arguments,
                           [this, index, &operation, arguments, attempt, begun, work](observation seen) mutable {
                             end_tool(work, seen);
                             environment_->observer.tool_used(
                                 operation.name, seen.outcome.has_value(),
                                 std::chrono::duration<double>(self_->clock().now() - begun).count());
                             wrote(index, operation, arguments, attempt, std::move(seen));
                           });
}

void run_worker::wrote(std::size_t index, operation_info const& operation, nlohmann::json arguments,
                       std::uint32_t attempt, observation seen) {
  if (over_) return;
  if (seen.outcome || !leaves_open(seen.outcome.error().code, perhaps_done_.contains(index)))
    return settle(index, std::move(seen));
  if (seen.outcome.error().remedy != http::nothing_was_changed) perhaps_done_.insert(index);
  auto const last = attempt + 1 >= most_attempts || *operation.writes == reconciliation::none;
  if (last && !perhaps_done_.contains(index)) return settle(index, std::move(seen));
  if (attempt + 1 >= most_attempts) return leave_unsettled(index, seen.outcome.error());
  write_again(index, operation, std::move(arguments), attempt + 1, seen.outcome.error());
}

/// Settles a write after a while, in which an earlier attempt that is under way arrives.
void run_worker::write_again(std::size_t index, operation_info const& operation, nlohmann::json arguments,
                             std::uint32_t attempt, error const& why) {
  if (*operation.writes == reconciliation::none) return leave_unsettled(index, why);
  call_after(self_, limits_.settling_delay * (1u << (attempt - 1)),
             [this, index, &operation, arguments = std::move(arguments), attempt] {
               if (!over_) write(index, operation, arguments, attempt);
             });
}

/// The outcome is known: it goes to disk before the run goes on, so that it is never asked for again.
void run_worker::settle(std::size_t index, observation seen) {
  auto record =
      recorded_observation{turn_.completion.tool_calls[index],
                           seen.outcome ? seen.outcome->body : error_text(seen.outcome.error()), seen.observed_at};
  write_down({.outcome = write_outcome{turns_ + 1, static_cast<std::uint32_t>(index), std::move(record)}},
             [this, index, seen = std::move(seen)](expected<void> const& stored) {
               // After a crash it would be settled once more; until then it is known.
               if (!stored) run_.degraded_reasons.push_back("journal: " + stored.error().render());
               --writes_under_way_;
               observed(index, seen);
             });
}

void run_worker::leave_unsettled(std::size_t index, error problem) {
  unsettled_.push_back(fmt::format("{} ({})", call_text(turn_.completion.tool_calls[index]), problem.message));
  --writes_under_way_;
  problem.message = "nobody knows whether this was done: " + problem.message;
  observed(index, {tl::unexpected{std::move(problem)}, now(self_->system())});
}

auto run_worker::unsettled_text() const -> std::string {
  return fmt::format(
      "it is not known whether this was done, and it was not done again: {}; look, and do what is missing",
      fmt::join(unsettled_, "; "));
}

/// Ends the run in the middle of a turn whose writes are settled, as far as they can be.
void run_worker::end_open_turn() {
  outstanding_ = 0;
  auto const unread = error_text({errc::cancelled, "not waited for, since the run ended", {}, {}, {}});
  for (auto& record : turn_.observations)
    if (record.content.empty()) record = {record.called, unread, now(self_->system())};
  note(turn_, replies_);
  if (!unsettled_.empty()) {
    ending_.reset();
    return end(run_status::needs_attention, errc::unavailable, unsettled_text());
  }
  end_as_decided();
}

} // namespace nexus::orchestrator
