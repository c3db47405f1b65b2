#pragma once

#include "runtime/cluster/link/alarms.hpp"
#include "runtime/cluster/link/links.hpp"

#include <caf/io/basp_broker.hpp>
#include <caf/io/middleman.hpp>

#include <list>
#include <span>
#include <unordered_map>
#include <vector>

namespace nexus::cluster {

class link_stream;

/// What the connections of one actor system share. It outlives them.
class switchboard {
public:
  switchboard(caf::actor_system& system, std::shared_ptr<identity> own, link_limits limits, links::observer watch);

  /// \name Any thread
  /// @{
  auto limits() const -> link_limits const& { return limits_; }
  auto own() const -> std::shared_ptr<identity> const& { return own_; }
  auto broker() const -> caf::actor const& { return broker_; }
  auto multiplexer() const -> caf::io::network::default_multiplexer& { return multiplexer_; }
  auto peer_of(caf::node_id const& node) const -> std::optional<link_peer>;
  auto counts() const -> link_counts;
  void cut(std::shared_ptr<switchboard> const& self, caf::node_id const& node, std::string reason);
  /// Under which CAF knows a connection or a listener. Unlike the descriptors that CAF takes itself, they never return:
  /// a late message about an old connection cannot hit a new one.
  static auto next_handle() -> std::int64_t;
  /// @}

  /// \name The multiplexer's thread
  /// @{
  auto timers() -> alarms& { return alarms_; }
  /// Room for bytes on their way from a socket to the frames they belong to.
  auto scratch() -> std::span<char> { return scratch_; }

  using strangers = std::list<link_stream*>;
  /// Counts a connection that was accepted, and cuts an older stranger if there are too many.
  void make_room();
  /// Cuts the stranger that has come least far for longest; false when there is none.
  auto crowd_out() -> bool;
  auto admit(link_stream& stranger) -> strangers::iterator;
  void dismiss(strangers::iterator stranger) { strangers_.erase(stranger); }

  /// A peer is known. errc::refused when its node id is that of another.
  auto opened(link_stream& stream, caf::node_id const& node) -> expected<void>;
  /// Whether a connection of that node was accepted and became a link at that time or later.
  auto was_accepted_since(caf::node_id const& node, std::chrono::steady_clock::time_point since) const -> bool;
  void closed(link_stream& stream, caf::node_id const& node, std::string const& reason);
  void refused(link_peer const& peer, std::string const& reason, bool late);
  /// @}

private:
  void tell(link_event const& event) const {
    if (watch_) watch_(event);
  }

  std::shared_ptr<identity> own_;
  link_limits limits_;
  links::observer watch_;
  caf::actor broker_;
  caf::io::network::default_multiplexer& multiplexer_;
  alarms alarms_;
  std::vector<char> scratch_;
  strangers strangers_;

  mutable std::mutex mutex_;
  link_counts counts_;
  std::unordered_map<caf::node_id, std::vector<link_stream*>> by_node_;
};

} // namespace nexus::cluster
