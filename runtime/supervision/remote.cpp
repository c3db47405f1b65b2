#include "runtime/supervision/remote.hpp"

namespace nexus::supervision {

auto link_requests::track(caf::actor_control_block* requester, caf::message_id response) -> ticket {
  auto added = entry{caf::weak_actor_ptr{requester}, response};
  {
    auto const lock = std::lock_guard{mutex_};
    if (!cut_) {
      requests_.emplace(++last_, std::move(added));
      outstanding_.store(requests_.size(), std::memory_order_relaxed);
      return {shared_from_this(), last_};
    }
  }
  tell(added);
  return {};
}

void link_requests::forget(std::uint64_t number) {
  // The last reference to an actor may go with it, and that actor's tickets.
  auto gone = decltype(requests_)::node_type{};
  auto const lock = std::lock_guard{mutex_};
  gone = requests_.extract(number);
  outstanding_.store(requests_.size(), std::memory_order_relaxed);
}

void link_requests::cut() {
  auto gone = decltype(requests_){};
  {
    auto const lock = std::lock_guard{mutex_};
    cut_ = true;
    gone.swap(requests_);
    outstanding_.store(0, std::memory_order_relaxed);
  }
  for (auto const& [number, which] : gone) tell(which);
}

void link_requests::tell(entry const& which) {
  if (auto const requester = which.requester.lock())
    requester->enqueue(nullptr, which.response, caf::make_message(caf::make_error(caf::sec::request_receiver_down)),
                       nullptr);
}

} // namespace nexus::supervision
