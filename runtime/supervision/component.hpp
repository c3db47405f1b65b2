#pragma once

#include "runtime/supervision/child_record.hpp"

#include <concepts>
#include <functional>
#include <optional>
#include <tuple>

namespace nexus::supervision {

/// Requests that one actor keeps waiting at most; beyond it answers errc::overloaded at once.
inline constexpr std::uint64_t mailbox_limit = 50'000;

namespace detail {

template <class Interface>
struct base_of {
  using type = typename Interface::base;
  using behavior = typename Interface::behavior_type;
};
template <>
struct base_of<caf::actor> {
  using type = caf::event_based_actor;
  using behavior = caf::behavior;
};

/// Answers a request that a full mailbox cannot take.
void refuse_overload(std::string const& name, caf::mailbox_element const& element, caf::strong_actor_ptr self,
                     caf::execution_unit* unit);

} // namespace detail

/// A supervised actor: a state class with `make_behavior()`, wrapped so that its mailbox is counted and bounded,
/// exceptions keep their text, and the state (with every answer still owed) goes when the actor ends.
///
/// `State` is constructed from the actor's own pointer and the arguments given to `spawn`; anew at each restart.
template <class Interface, class State>
class component final : public detail::base_of<Interface>::type {
public:
  using base = typename detail::base_of<Interface>::type;
  using behavior_type = typename detail::base_of<Interface>::behavior;

  template <class... Ts>
  component(caf::actor_config& config, child_record_ptr record, Ts... arguments)
      : base(config),
        record_(std::move(record)),
        figures_(record_->new_figures()),
        construct_([this, arguments = std::make_tuple(std::move(arguments)...)] {
          std::apply([this](auto const&... xs) { state_.emplace(this, xs...); }, arguments);
        }) {}

  auto make_behavior() -> behavior_type override {
    this->set_exception_handler([](std::exception_ptr& problem) -> caf::error {
      try {
        std::rethrow_exception(problem);
      } catch (std::exception const& caught) {
        return caf::make_error(caf::sec::runtime_error, std::string{caught.what()});
      } catch (...) {
        return caf::make_error(caf::sec::runtime_error, std::string{"unknown exception"});
      }
    });
    construct_();
    return state_->make_behavior();
  }

  void on_exit() override {
    record_->leaving(this->id());
    state_.reset();
    // Whoever still holds a reply of this actor holds the actor; what its state was made from must not live on with it.
    construct_ = nullptr;
  }

  void enqueue(caf::mailbox_element_ptr element, caf::execution_unit* unit) override {
    auto const enqueued = figures_->enqueued.fetch_add(1, std::memory_order_relaxed);
    // Two counters that are read apart may be off by what happens between, far below the limit.
    if (element->mid.is_request() && enqueued >= figures_->handled.load(std::memory_order_relaxed) + mailbox_limit) {
      figures_->enqueued.fetch_sub(1, std::memory_order_relaxed);
      return detail::refuse_overload(record_->name(), *element, caf::actor_cast<caf::strong_actor_ptr>(this), unit);
    }
    base::enqueue(std::move(element), unit);
  }

  auto consume(caf::mailbox_element& element) -> caf::invoke_message_result override {
    figures_->handled.fetch_add(1, std::memory_order_relaxed);
    auto const result = base::consume(element);
    // What was skipped stays in the mailbox.
    if (result == caf::invoke_message_result::skipped) figures_->handled.fetch_sub(1, std::memory_order_relaxed);
    return result;
  }

private:
  child_record_ptr record_;
  std::shared_ptr<message_figures> figures_;
  std::function<void()> construct_;
  std::optional<State> state_;
};

} // namespace nexus::supervision
