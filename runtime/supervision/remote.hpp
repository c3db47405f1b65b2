#pragma once

#include "messages/core/caf.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <unordered_map>

/// What a request needs of the world outside its process; runtime/cluster knows the nodes.
namespace nexus::supervision {

/// Requests on their way over one link. CAF tells nobody when the link under a request is cut; this does: each
/// requester gets caf::sec::request_receiver_down, as from an actor that ended.
class link_requests : public std::enable_shared_from_this<link_requests> {
public:
  /// A request under way; it is forgotten with this object.
  class ticket {
  public:
    ticket() = default;
    ticket(std::shared_ptr<link_requests> link, std::uint64_t number) : link_(std::move(link)), number_(number) {}
    ticket(ticket&&) noexcept = default;
    auto operator=(ticket&& other) noexcept -> ticket& {
      std::swap(link_, other.link_);
      std::swap(number_, other.number_);
      return *this;
    }
    ~ticket() {
      if (link_) link_->forget(number_);
    }

  private:
    std::shared_ptr<link_requests> link_;
    std::uint64_t number_ = 0;
  };

  /// `response` is the id under which `requester` awaits the answer. When the link is cut already it is told at once.
  auto track(caf::actor_control_block* requester, caf::message_id response) -> ticket;
  auto outstanding() const -> std::size_t { return outstanding_.load(std::memory_order_relaxed); }
  /// Tells all requesters, and those to come.
  void cut();

private:
  struct entry {
    caf::weak_actor_ptr requester;
    caf::message_id response;
  };
  static void tell(entry const& which);
  void forget(std::uint64_t number);

  std::mutex mutex_;
  std::unordered_map<std::uint64_t, entry> requests_;
  std::uint64_t last_ = 0;
  bool cut_ = false;
  std::atomic<std::size_t> outstanding_{0};
};

/// Where a request goes: an actor, and the link that it goes over; no link within the process.
struct route_target {
  caf::strong_actor_ptr actor;
  std::shared_ptr<link_requests> link;
};

/// Finds an actor by its name on other nodes.
class remote_routes {
public:
  remote_routes() = default;
  remote_routes(remote_routes const&) = delete;
  auto operator=(remote_routes const&) -> remote_routes& = delete;
  virtual ~remote_routes() = default;

  /// errc::unavailable when no live node has such an actor, errc::overloaded when all of them have as much to do as
  /// they take. `again` is set when an earlier attempt failed: those are bounded.
  virtual auto choose(std::string const& name, bool again) -> expected<route_target> = 0;
};

} // namespace nexus::supervision
