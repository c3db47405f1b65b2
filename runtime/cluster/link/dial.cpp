#include "runtime/cluster/link/dial.hpp"

#include "runtime/cluster/link/sockets.hpp"
#include "runtime/cluster/link/stream.hpp"

#include <caf/io/system_messages.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <cctype>
#include <poll.h>

namespace nexus::cluster {
namespace {

using std::chrono::steady_clock;

auto same_name(std::string_view left, std::string_view right) -> bool {
  auto const lower = [](unsigned char c) { return std::tolower(c); };
  return std::ranges::equal(left, right, {}, lower, lower);
}

/// An IP address as certificates' names are written here; other texts as they are.
auto normal_form(std::string const& name) -> std::string {
  auto bytes = std::array<unsigned char, 16>{};
  auto text = std::array<char, INET6_ADDRSTRLEN>{};
  for (auto family : {AF_INET, AF_INET6})
    if (inet_pton(family, name.c_str(), bytes.data()) == 1)
      return inet_ntop(family, bytes.data(), text.data(), text.size());
  return name;
}

auto check_name(std::string const& wanted, certificate_facts const& facts) -> expected<void> {
  auto const name = normal_form(wanted);
  if (std::ranges::any_of(facts.names, [&](auto const& one) { return same_name(one, name); })) return {};
  auto problem =
      error{errc::unauthenticated,
            fmt::format("the certificate there is for {}, not for '{}'",
                        facts.names.empty() ? "nobody" : fmt::format("'{}'", fmt::join(facts.names, "', '")), wanted),
            {},
            fmt::format("if the node there is the right one, issue its certificate with --host {}", wanted),
            {}};
  return tl::unexpected{std::move(problem)};
}

/// Repeats a step of the channel until it is done.
template <class Step>
auto drive(channel& transport, int fd, steady_clock::time_point until, std::string_view what, Step step)
    -> expected<void> {
  for (;;) {
    auto const state = step();
    if (state == channel::state::done) return {};
    if (state == channel::state::ended) return tl::unexpected{transport.problem()};
    if (!wait_for(fd, state == channel::state::want_write ? POLLOUT : POLLIN, until))
      return fail(errc::deadline_exceeded, "{}", what);
  }
}

auto hand_over(std::shared_ptr<switchboard> const& board, caf::intrusive_ptr<link_stream> const& stream,
               std::uint16_t port, steady_clock::time_point until, caf::blocking_actor* self) -> expected<dialed_node> {
  auto outcome = expected<dialed_node>{tl::unexpected{error{}}};
  // The stream ends by itself at that time; the request's own end is for a broker that is too busy to say so.
  auto const patience =
      std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now()) + std::chrono::milliseconds{500};
  self->request(board->broker(), patience, caf::connect_atom_v, caf::io::scribe_ptr{stream}, port)
      .receive([&](caf::node_id const& node, caf::strong_actor_ptr const& actor,
                   std::set<std::string> const& interface) { outcome = dialed_node{node, actor, interface, {}}; },
               [&](caf::error const& problem) {
                 if (problem == caf::sec::request_timeout)
                   outcome = fail(errc::deadline_exceeded, "this node is too busy to open a link");
                 else if (problem == caf::sec::incompatible_application_ids)
                   outcome = fail(errc::refused, "the peer belongs to another application");
                 else if (!stream->ended_by().message.empty())
                   outcome = tl::unexpected{stream->ended_by()};
                 else
                   outcome = fail(errc::unavailable, "{}", self->system().render(problem));
               });
  return outcome;
}

auto attempt(std::shared_ptr<switchboard> const& board, dial_target const& target, steady_clock::time_point until,
             caf::blocking_actor* self) -> expected<dialed_node> {
  auto const begun = steady_clock::now();
  auto socket = connect_to(target.host, target.port, until);
  if (!socket) return tl::unexpected{socket.error()};
  auto const fd = socket->get();
  auto const& name = target.expected_name.empty() ? target.host : target.expected_name;
  auto transport = expected<channel>{channel::plain(fd)};
  if (board->own()) transport = channel::secured(fd, board->own()->context(), channel::side::dialing, name);
  if (!transport) return tl::unexpected{transport.error()};

  auto peer = link_peer{{}, remote_address(fd), {}, true};
  auto const secured = drive(*transport, fd, until, "the peer did not finish TLS's handshake in time",
                             [&] { return transport->handshake(); });
  if (!secured) return tl::unexpected{secured.error()};
  if (transport->is_secured()) {
    auto facts = transport->peer();
    if (auto const right = check_name(name, facts); !right) return tl::unexpected{right.error()};
    peer.name = std::move(facts.name);
    peer.fingerprint = std::move(facts.fingerprint);
  }
  // A node greets whom it accepts. Only then is known, in TLS 1.3, whether it accepted our certificate.
  auto const greeted = drive(*transport, fd, until, "the peer connected, but did not greet as nodes do",
                             [&] { return transport->peek(); });
  if (!greeted) return tl::unexpected{greeted.error()};

  auto const stream =
      caf::make_counted<link_stream>(board, socket->release(), std::move(*transport), peer, begun, until);
  auto linked = hand_over(board, stream, target.port, until, self);
  if (!linked) return linked;
  linked->peer = std::move(peer);
  if (!linked->actor) return fail(errc::unavailable, "the node there is not ready: it listens with no actor");
  return linked;
}

} // namespace

auto dial_node(std::shared_ptr<switchboard> const& board, dial_target const& target, steady_clock::time_point until,
               caf::blocking_actor* self) -> expected<dialed_node> {
  auto outcome = attempt(board, target, until, self);
  if (!outcome && outcome.error().where.empty()) outcome.error().where = address_text(target.host, target.port);
  return outcome;
}

} // namespace nexus::cluster
