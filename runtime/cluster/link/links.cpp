#include "runtime/cluster/link/links.hpp"

#include "runtime/cluster/link/dial.hpp"
#include "runtime/cluster/link/doorman.hpp"
#include "runtime/cluster/link/sockets.hpp"

#include <caf/detail/get_process_id.hpp>
#include <caf/io/system_messages.hpp>

namespace nexus::cluster {

links::links(caf::actor_system& system, std::shared_ptr<identity> own, link_limits limits, observer watch)
    : system_(&system), board_(std::make_shared<switchboard>(system, std::move(own), limits, std::move(watch))) {}

auto links::listen(std::string const& address, std::uint16_t port, caf::strong_actor_ptr actor,
                   std::set<std::string> interface) -> expected<std::uint16_t> {
  auto socket = listen_at(address, port);
  if (!socket) return tl::unexpected{socket.error()};
  auto const actual = local_port(socket->get());
  auto doorman = caf::io::doorman_ptr{caf::make_counted<link_doorman>(board_, socket->release())};
  caf::anon_send(board_->broker(), caf::publish_atom_v, std::move(doorman), actual, std::move(actor),
                 std::move(interface));
  return actual;
}

void links::close(std::uint16_t port) { caf::anon_send(board_->broker(), caf::close_atom_v, port); }

void links::dial(dial_target target, std::chrono::milliseconds deadline,
                 std::function<void(expected<dialed_node>)> done) const {
  auto const until = std::chrono::steady_clock::now() + deadline;
  system_->spawn<caf::detached>([board = board_, target = std::move(target), until, done = std::move(done)](
                                    caf::blocking_actor* self) { done(dial_node(board, target, until, self)); });
}

auto links::peer_of(caf::node_id const& node) const -> std::optional<link_peer> { return board_->peer_of(node); }

void links::cut(caf::node_id const& node, std::string reason) { board_->cut(board_, node, std::move(reason)); }

auto links::counts() const -> link_counts { return board_->counts(); }

auto links::security() const -> std::string_view {
  return board_->own() ? "TLS 1.3, certificates checked" : "not secured (loopback only)";
}

void configure_links(caf::actor_system_config& config, std::chrono::milliseconds heartbeat,
                     std::chrono::milliseconds timeout) {
  // Named here so that the linker takes our definition along (messages/core/caf.cpp), which is random: node ids made of
  // the operating system's process ids collide between containers.
  (void)caf::detail::get_process_id();
  config.load<caf::io::middleman>();
  // A hop less for each message (decision 0007).
  config.set("middleman.workers", std::size_t{0});
  config.set("middleman.heartbeat-interval", caf::timespan{heartbeat});
  config.set("middleman.connection-timeout", caf::timespan{timeout});
}

} // namespace nexus::cluster
