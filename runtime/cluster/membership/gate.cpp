#include "runtime/cluster/membership/gate.hpp"

#include "messages/core/digest.hpp"

#include <openssl/crypto.h>

#include <charconv>

namespace nexus::cluster {
namespace {

/// For one step of a meeting.
constexpr auto meeting_patience = std::chrono::seconds{3};
/// Meetings that were begun and not ended, at most; the oldest is forgotten.
constexpr std::size_t most_meetings = 256;

auto time_in(caf::actor_system& system) { return system.clock().now(); }

/// "host:port", "[::1]:4242"
auto target_of(std::string_view address, std::string name) -> expected<dial_target> {
  auto const colon = address.rfind(':');
  auto port = std::uint16_t{0};
  if (colon != std::string_view::npos)
    std::from_chars(address.data() + colon + 1, address.data() + address.size(), port);
  if (port == 0) return fail(errc::refused, "'{}' is no address: write host:port", address);
  auto host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return dial_target{std::string{host}, port, std::move(name)};
}

/// Passes what comes from admitted nodes on to the actor of that name, whichever lives there now.
auto door(caf::event_based_actor* self, supervision::child_record_ptr record, std::shared_ptr<gate_keeper> keeper)
    -> caf::behavior {
  self->set_default_handler(
      [self, record, keeper](caf::scheduled_actor*, caf::message_view& view) -> caf::result<caf::message> {
        auto const& sender = self->current_sender();
        auto const welcome = sender && (sender->node() == self->node() || keeper->admitted().has(sender->node()));
        auto promise = self->make_response_promise(); // takes the sender
        if (!welcome)
          promise.deliver(to_caf({errc::permission_denied, "this node is not linked", {}, "join first", {}}));
        else
          promise.delegate(caf::actor_cast<caf::actor>(record->target()), view.move_content_to_message());
        return caf::delegated<caf::message>{};
      });
  return {[](continuation& next) { next.run(); }};
}

class gate {
public:
  gate(gate_actor::pointer self, std::shared_ptr<gate_keeper> keeper)
      : self_(self),
        keeper_(std::move(keeper)),
        members_(keeper_->options().self, keeper_->options().seeds, keeper_->options().limits) {}

  auto make_behavior() -> gate_actor::behavior_type {
    for (auto const& name : options().actor_names)
      doors_.push_back(self_->spawn(door, options().names->record(name), keeper_));
    self_->set_down_handler([this](caf::down_msg& down) { ended(down); });
    return {
        [](continuation& next) { next.run(); },
        [this](challenge_node const& wanted) { return challenge(wanted); },
        [this](join_node const& wanted, std::vector<caf::actor>& actors) { return join(wanted, actors); },
        [this](node_heartbeat const& told) { return heard(told); },
        [this](leave_cluster const& told) {
          if (is_from(told.name)) members_.left(told.name, told.incarnation, time());
          take_in();
        },
    };
  }

  void begin(std::string address) {
    members_.set_address(std::move(address));
    beat();
  }

  void drain() {
    members_.set_draining();
    tell();
  }

  void leave() {
    members_.set_draining(); // nobody is let in any more
    for (auto const& [name, to] : links_)
      self_->send(to.gate, leave_cluster{members_.self().name, members_.self().incarnation});
    // A moment, since the end of an actor overtakes what it has sent.
    self_->delayed_send(self_, std::chrono::milliseconds{50}, continuation{[this] {
                          for (auto const& each : doors_) self_->send_exit(each, caf::exit_reason::user_shutdown);
                          self_->quit();
                        }});
  }

private:
  struct linked_node {
    gate_actor gate;
    caf::strong_actor_ptr pointer;
    caf::node_id node;
    std::uint64_t incarnation = 0;
  };

  auto options() const -> gate_options const& { return keeper_->options(); }
  auto time() const -> membership::time_point { return time_in(self_->system()); }

  // -- meeting, as the one who dials

  void dial(std::string const& address) {
    auto target = target_of(address, members_.name_at(address));
    if (!target) return members_.dial_failed(address, target.error(), time());
    options().way->dial(std::move(*target), meeting_patience,
                        in_context_of(self_, [this, address](expected<dialed_node> reached) {
                          if (!reached) return failed(address, reached.error());
                          auto const handle = handle_of<gate_actor>(self_->system(), *reached);
                          if (!handle) return failed(address, handle.error());
                          meet(address, *handle);
                        }));
  }

  void failed(std::string const& address, error const& why) {
    members_.dial_failed(address, why, time());
    take_in();
  }

  void meet(std::string const& address, gate_actor const& other) {
    auto const nonce = options().nonce();
    auto const give_up = [this, address](caf::error const& problem) { failed(address, from_caf(problem)); };
    self_->request(other, meeting_patience, challenge_node{nonce})
        .then(
            [this, address, other, nonce, give_up](cluster_challenge const& answer) {
              auto const& secret = options().secret;
              if (!same(answer.proof, proof_of(secret, "challenged", nonce, answer.nonce)))
                return failed(address, {errc::refused,
                                        fmt::format("the node at {} has another cluster secret", address),
                                        {},
                                        "give all nodes the same NEXUS_CLUSTER_SECRET",
                                        {}});
              auto names = options().actor_names;
              self_
                  ->request(other, meeting_patience,
                            join_node{members_.self(), std::move(names), nonce,
                                      proof_of(secret, "challenger", nonce, answer.nonce)},
                            doors_)
                  .then(
                      [this, address, other](node_welcome const& welcome, std::vector<caf::actor> const& actors) {
                        if (auto done = members_.check(welcome.node); !done) return failed(address, done.error());
                        if (auto done = adopt(welcome.node, welcome.actors, actors, other); !done)
                          return failed(address, done.error());
                        members_.learn(welcome.known, time());
                        take_in();
                      },
                      give_up);
            },
            give_up);
  }

  // -- meeting, as the one who is dialled

  auto challenge(challenge_node const& wanted) -> caf::result<cluster_challenge> {
    auto answer = cluster_challenge{.nonce = options().nonce(), .proof = {}};
    answer.proof = proof_of(options().secret, "challenged", wanted.nonce, answer.nonce);
    if (meetings_.size() >= most_meetings) meetings_.erase(meetings_.begin());
    meetings_.push_back({wanted.nonce, answer.nonce});
    return answer;
  }

  auto join(join_node const& wanted, std::vector<caf::actor> const& actors)
      -> caf::result<node_welcome, std::vector<caf::actor>> {
    auto const refuse = [&](error problem) {
      log_refusal(wanted.node, problem);
      return to_caf(problem);
    };
    auto const begun = std::ranges::find(meetings_, wanted.nonce, &std::pair<std::string, std::string>::first);
    if (begun == meetings_.end())
      return refuse({errc::refused, "this meeting was not begun, or long ago", {}, "begin again", {}});
    auto const ours = begun->second;
    meetings_.erase(begun);
    if (!same(wanted.proof, proof_of(options().secret, "challenger", wanted.nonce, ours)))
      return refuse(
          {errc::refused,
           fmt::format("node '{}' has another cluster secret than node '{}'", wanted.node.name, members_.self().name),
           {},
           "give all nodes the same NEXUS_CLUSTER_SECRET",
           {}});
    if (members_.draining())
      return refuse({errc::unavailable, fmt::format("node '{}' is about to end", members_.self().name), {}, {}, {}});
    if (auto done = members_.check(wanted.node); !done) return refuse(done.error());
    auto const& sender = self_->current_sender();
    if (auto done = adopt(wanted.node, wanted.actors, actors, caf::actor_cast<gate_actor>(sender)); !done)
      return refuse(done.error());
    take_in();
    return {node_welcome{members_.self(), options().actor_names, members_.known()}, doors_};
  }

  /// The other one was checked: its actors may be asked, and may ask.
  auto adopt(node_description const& other, std::vector<std::string> const& names,
             std::vector<caf::actor> const& actors, gate_actor const& handle) -> expected<void> {
    auto const pointer = caf::actor_cast<caf::strong_actor_ptr>(handle);
    if (!pointer || names.size() != actors.size())
      return fail(errc::refused, "node '{}' gave {} actors for {} names", other.name, actors.size(), names.size());
    if (auto const peer = options().way->peer_of(handle.node());
        peer && !peer->name.empty() && peer->name != other.name)
      return fail(errc::refused, "the certificate of '{}' was shown by a node that calls itself '{}'", peer->name,
                  other.name);
    auto const known = links_.find(other.name);
    // The same two nodes may meet twice, when both dial.
    auto const again = known != links_.end() && known->second.pointer == pointer &&
                       known->second.incarnation == other.incarnation &&
                       members_.state_of(other.name) == node_state::live;
    if (again) return {};
    if (auto done = members_.met(other, time()); !done) return done;
    auto by_name = std::map<std::string, caf::strong_actor_ptr>{};
    for (std::size_t i = 0; i < names.size(); ++i)
      by_name.emplace(names[i], caf::actor_cast<caf::strong_actor_ptr>(actors[i]));
    options().others->add(other, std::move(by_name));
    keeper_->admitted().admit(handle.node());
    self_->monitor(handle);
    links_.insert_or_assign(other.name, linked_node{handle, pointer, handle.node(), other.incarnation});
    return {};
  }

  // -- living

  auto is_from(std::string const& name) const -> bool {
    auto const found = links_.find(name);
    return found != links_.end() && self_->current_sender() && self_->current_sender()->node() == found->second.node;
  }

  auto heard(node_heartbeat const& told) -> caf::result<heartbeat_answer> {
    auto const found = links_.find(told.name);
    auto answer = heartbeat_answer{};
    if (found != links_.end()) answer.incarnation = found->second.incarnation;
    if (is_from(told.name) && members_.heard(told, time())) {
      options().others->set_load(told.name, told.load);
      options().others->set_open(told.name, !told.draining && members_.state_of(told.name) == node_state::live);
    } else {
      answer.incarnation = gone_.contains(told.name) ? gone_.at(told.name) : answer.incarnation;
      answer.join_again = true;
    }
    take_in();
    return answer;
  }

  void tell() {
    auto told = node_heartbeat{members_.self().name, members_.self().incarnation, options().load(), members_.draining(),
                               members_.known()};
    for (auto const& [name, to] : links_) {
      auto const sent = time();
      self_->request(to.gate, options().limits.dead, told)
          .then(
              [this, name = name, incarnation = to.incarnation, sent](heartbeat_answer const& answer) {
                members_.answered(name, incarnation, time() - sent, time());
                if (answer.join_again) come_back(name, answer.incarnation);
                take_in();
              },
              [](caf::error const&) {}); // its silence is judged by membership
    }
  }

  /// The other one has no link with this node any more.
  void come_back(std::string const& name, std::uint64_t known_there) {
    if (known_there == members_.self().incarnation) {
      members_.begin_new_incarnation();
      if (options().reborn) options().reborn(members_.self());
    }
    if (auto const found = links_.find(name); found != links_.end()) {
      auto const gone = found->second;
      members_.link_lost(name, gone.incarnation, "it has no link with this node any more", time());
    }
  }

  void beat() {
    members_.tick(time());
    take_in();
    for (auto const& address : members_.due_dials(time())) dial(address);
    tell();
    self_->delayed_send(self_, options().limits.heartbeat, continuation{[this] { beat(); }});
  }

  void ended(caf::down_msg const& down) {
    for (auto const& [name, to] : links_) {
      if (to.pointer->address() != down.source) continue;
      // The link may be up again, and a new meeting on its way.
      if (options().way->peer_of(to.node)) return;
      members_.link_lost(name, to.incarnation, "its process has ended, or the connection to it", time());
      break;
    }
    take_in();
    for (auto const& address : members_.due_dials(time())) dial(address);
  }

  /// Carries out what membership found.
  void take_in() {
    for (auto const& event : members_.events()) {
      if (options().watch) options().watch(event);
      auto const found = links_.find(event.name);
      if (found == links_.end()) continue;
      switch (event.to) {
      case node_state::live:
        gone_.erase(event.name);
        options().others->set_open(event.name, true);
        break;
      case node_state::suspect:
        options().others->set_open(event.name, false);
        break;
      default:
        gone_[event.name] = found->second.incarnation;
        keeper_->admitted().expel(found->second.node);
        if (event.to == node_state::dead) options().way->cut(found->second.node, event.reason);
        links_.erase(found);
        options().others->remove(event.name);
      }
    }
    keeper_->show(members_.view(time()));
  }

  static auto same(std::string_view left, std::string_view right) -> bool {
    return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
  }
  void log_refusal(node_description const& other, error const& problem) const {
    if (options().watch)
      options().watch({other.name, other.incarnation, node_state::unreached, node_state::refused, problem.render()});
  }

  gate_actor::pointer self_;
  std::shared_ptr<gate_keeper> keeper_;
  membership members_;
  std::vector<caf::actor> doors_;
  std::map<std::string, linked_node> links_;
  /// The incarnations that counted as gone.
  std::map<std::string, std::uint64_t> gone_;
  /// The challenger's nonce and ours.
  std::vector<std::pair<std::string, std::string>> meetings_;
};

struct gate_state {
  std::shared_ptr<gate> it;
};

/// Runs in the gate's own context, where its state lives.
void within(gate_actor const& handle, std::function<void(gate&)> work) {
  auto pointer = caf::actor_cast<caf::strong_actor_ptr>(handle);
  caf::anon_send(handle, continuation{[pointer = std::move(pointer), work = std::move(work)] {
                   auto* const self = static_cast<gate_actor::stateful_pointer<gate_state>>(
                       caf::actor_cast<caf::abstract_actor*>(pointer));
                   work(*self->state.it);
                 }});
}

auto gate_behavior(gate_actor::stateful_pointer<gate_state> self, std::shared_ptr<gate_keeper> keeper)
    -> gate_actor::behavior_type {
  self->state.it = std::make_shared<gate>(self, std::move(keeper));
  return self->state.it->make_behavior();
}

} // namespace

void admission::admit(caf::node_id const& node) {
  auto const lock = std::lock_guard{mutex_};
  nodes_.insert(node);
}

void admission::expel(caf::node_id const& node) {
  auto const lock = std::lock_guard{mutex_};
  nodes_.erase(node);
}

auto admission::has(caf::node_id const& node) const -> bool {
  auto const lock = std::shared_lock{mutex_};
  return nodes_.contains(node);
}

gate_keeper::gate_keeper(gate_options options) : options_(std::move(options)) {}

auto gate_keeper::view() const -> cluster_view {
  auto const lock = std::lock_guard{mutex_};
  return {nodes_, std::string{options_.way->security()}};
}

void gate_keeper::show(std::vector<cluster_node> nodes) {
  auto const lock = std::lock_guard{mutex_};
  nodes_ = std::move(nodes);
}

auto open_gate(caf::actor_system& system, std::shared_ptr<gate_keeper> keeper) -> gate_actor {
  // Not hidden, so that the actor system waits for its end: its state refers to the network.
  return system.spawn(gate_behavior, std::move(keeper));
}

void begin(gate_actor const& handle, std::string address) {
  within(handle, [address = std::move(address)](gate& it) { it.begin(address); });
}
void drain(gate_actor const& handle) {
  within(handle, [](gate& it) { it.drain(); });
}
void leave(gate_actor const& handle) {
  within(handle, [](gate& it) { it.leave(); });
}

auto proof_of(std::string_view secret, std::string_view side, std::string_view challenger, std::string_view challenged)
    -> std::string {
  auto const text =
      fmt::format("nexus cluster {}\n{}:{}\n{}:{}", side, challenger.size(), challenger, challenged.size(), challenged);
  return hmac_sha256_hex(secret, text);
}

} // namespace nexus::cluster
