#include "runtime/cluster/membership/membership.hpp"

#include <algorithm>

namespace nexus::cluster {

membership::membership(node_description self, std::vector<std::string> seeds, failure_limits limits)
    : self_(std::move(self)), limits_(limits) {
  for (auto& address : seeds)
    if (address != self_.address && at_address(address) == nullptr) {
      auto& added = members_.emplace_back();
      added.address = std::move(address);
      added.seed = true;
    }
}

void membership::set_address(std::string address) {
  self_.address = std::move(address);
  std::erase_if(members_, [this](member const& each) { return each.name.empty() && each.address == self_.address; });
}

void membership::begin_new_incarnation() { ++self_.incarnation; }

auto membership::find(std::string_view name) -> member* {
  auto const found = std::ranges::find(members_, name, &member::name);
  return name.empty() || found == members_.end() ? nullptr : &*found;
}

auto membership::find(std::string_view name) const -> member const* {
  auto const found = std::ranges::find(members_, name, &member::name);
  return name.empty() || found == members_.end() ? nullptr : &*found;
}

auto membership::at_address(std::string_view address) -> member* {
  auto const found = std::ranges::find(members_, address, &member::address);
  return found == members_.end() ? nullptr : &*found;
}

auto membership::check(node_description const& other) const -> expected<void> {
  auto const differs = [&](std::string_view what, auto const& theirs, auto const& ours,
                           std::string remedy) -> expected<void> {
    auto problem = fail(errc::refused, "node '{}' and node '{}' differ in {}: {} and {}", other.name, self_.name, what,
                        theirs, ours);
    problem.value().remedy = std::move(remedy);
    return problem;
  };
  if (other.protocol != self_.protocol)
    return differs("protocol", other.protocol, self_.protocol, "run the same version of Nexus on all nodes");
  if (other.layouts != self_.layouts)
    return differs(
        "the layout of their messages", other.layouts.substr(0, 12), self_.layouts.substr(0, 12),
        fmt::format("run the same version of Nexus on all nodes (they say {} and {})", other.version, self_.version));
  if (other.store != self_.store)
    return differs("their store", other.store, self_.store, "give all nodes the same REDIS_URL");
  if (other.name == self_.name && other.address != self_.address) {
    auto problem =
        fail(errc::refused, "two nodes are called '{}': {} and {}", self_.name, other.address, self_.address);
    problem.value().remedy = "give each node a --node-name of its own";
    return problem;
  }
  return {};
}

void membership::change(member& of, node_state to, std::string reason) {
  of.reason = std::move(reason);
  if (of.state == to) return;
  events_.push_back({of.name.empty() ? of.address : of.name, of.description.incarnation, of.state, to, of.reason});
  of.state = to;
}

auto membership::met(node_description const& other, time_point at) -> expected<void> {
  if (other.name == self_.name) return fail(errc::refused, "node '{}' met itself", self_.name);
  auto* known = find(other.name);
  if (known != nullptr && other.incarnation < known->description.incarnation)
    return fail(errc::conflict, "node '{}' comes as incarnation {}, and {} is known", other.name, other.incarnation,
                known->description.incarnation);
  // A seed gets its name when it is met; a node that has moved leaves its earlier address, unless that is a seed.
  if (auto* const place = at_address(other.address); place != nullptr && place != known) {
    place->name = other.name;
    if (known != nullptr) {
      place->description = known->description;
      place->state = known->state;
      if (known->seed) {
        known->name.clear();
        known->state = node_state::unreached;
        redial(*known, at);
      } else {
        members_.erase(members_.begin() + (known - members_.data()));
      }
    }
    known = find(other.name);
  }
  if (known == nullptr) {
    if (members_.size() >= most_nodes) return fail(errc::overloaded, "this node knows {} others already", most_nodes);
    known = &members_.emplace_back();
    known->name = other.name;
  }
  known->address = other.address;
  known->description = other;
  known->heard_at = at;
  known->latency.reset();
  known->draining = false;
  known->load = {};
  known->dialling = false;
  known->dial_delay = {};
  // A new life of a node that was live until now: the old one is over.
  if (linked(*known)) known->state = node_state::lost;
  change(*known, node_state::live, {});
  return {};
}

auto membership::heard(node_heartbeat const& heartbeat, time_point at) -> bool {
  learn(heartbeat.known, at);
  auto* const known = find(heartbeat.name);
  if (known == nullptr || !linked(*known) || heartbeat.incarnation != known->description.incarnation) return false;
  known->heard_at = at;
  known->load = heartbeat.load;
  known->draining = heartbeat.draining;
  if (known->state == node_state::suspect) change(*known, node_state::live, {});
  return true;
}

void membership::answered(std::string_view name, std::uint64_t incarnation, std::chrono::nanoseconds latency,
                          time_point at) {
  auto* const known = find(name);
  if (known == nullptr || !linked(*known) || known->description.incarnation != incarnation) return;
  known->heard_at = at;
  known->latency = latency;
  if (known->state == node_state::suspect) change(*known, node_state::live, {});
}

void membership::redial(member& of, time_point at) {
  of.dialling = false;
  of.dial_at = at + of.dial_delay;
  of.dial_delay = std::clamp(of.dial_delay * 2, limits_.redial, limits_.slowest_redial);
}

void membership::link_lost(std::string_view name, std::uint64_t incarnation, std::string reason, time_point at) {
  auto* const known = find(name);
  if (known == nullptr || !linked(*known) || known->description.incarnation != incarnation) return;
  change(*known, node_state::lost, std::move(reason));
  redial(*known, at);
}

void membership::left(std::string_view name, std::uint64_t incarnation, time_point at) {
  auto* const known = find(name);
  if (known == nullptr || known->description.incarnation != incarnation) return;
  change(*known, node_state::left, "it said that it ends");
  redial(*known, at);
}

void membership::learn(std::vector<known_node> const& nodes, time_point at) {
  for (auto const& node : nodes) {
    if (node.name == self_.name || node.address == self_.address || node.address.empty() || node.name.empty()) continue;
    if (find(node.name) != nullptr || members_.size() >= most_nodes) continue;
    if (auto* const place = at_address(node.address)) {
      if (place->name.empty()) place->name = node.name;
      continue;
    }
    auto& added = members_.emplace_back();
    added.name = node.name;
    added.address = node.address;
    added.dial_at = at;
    added.heard_at = at;
  }
}

void membership::dial_failed(std::string_view address, error const& why, time_point at) {
  auto* const known = at_address(address);
  if (known == nullptr || linked(*known)) return;
  if (why.code == errc::refused)
    change(*known, node_state::refused, why.render());
  else if (known->state == node_state::unreached)
    known->reason = why.render();
  redial(*known, at);
}

auto membership::due_dials(time_point at) -> std::vector<std::string> {
  auto due = std::vector<std::string>{};
  if (draining_) return due;
  for (auto& each : members_) {
    if (linked(each) || each.dialling || each.dial_at > at) continue;
    each.dialling = true;
    due.push_back(each.address);
  }
  return due;
}

void membership::tick(time_point at) {
  for (auto& each : members_) {
    if (!linked(each)) continue;
    auto const silent = at - *each.heard_at;
    auto const told = std::chrono::duration_cast<std::chrono::milliseconds>(silent).count();
    if (silent >= limits_.dead) {
      change(each, node_state::dead, fmt::format("nothing was heard of it for {} ms", told));
      redial(each, at);
    } else if (silent >= limits_.suspect && each.state == node_state::live) {
      change(each, node_state::suspect, fmt::format("nothing was heard of it for {} ms", told));
    }
  }
  std::erase_if(members_, [&](member const& each) {
    return !each.seed && !linked(each) && each.heard_at && at - *each.heard_at >= limits_.forget;
  });
}

auto membership::events() -> std::vector<node_event> { return std::exchange(events_, {}); }

auto membership::name_at(std::string_view address) const -> std::string {
  auto const found = std::ranges::find(members_, address, &member::address);
  return found == members_.end() ? std::string{} : found->name;
}

auto membership::state_of(std::string_view name) const -> std::optional<node_state> {
  auto const* const known = find(name);
  return known == nullptr ? std::nullopt : std::optional{known->state};
}

auto membership::known() const -> std::vector<known_node> {
  auto result = std::vector<known_node>{};
  for (auto const& each : members_)
    if (!each.name.empty() && each.state != node_state::refused) result.push_back({each.name, each.address});
  return result;
}

auto membership::view(time_point at) const -> std::vector<cluster_node> {
  auto const milliseconds = [](auto duration) { return std::chrono::duration<double, std::milli>{duration}.count(); };
  auto nodes = std::vector<cluster_node>{};
  nodes.push_back({.name = self_.name,
                   .state = node_state::live,
                   .self = true,
                   .address = self_.address,
                   .roles = self_.roles,
                   .urls = self_.urls,
                   .version = self_.version,
                   .incarnation = self_.incarnation,
                   .draining = draining_});
  for (auto const& each : members_) {
    auto& shown = nodes.emplace_back();
    shown.name = each.name;
    shown.state = each.state;
    shown.address = each.address;
    shown.roles = each.description.roles;
    shown.urls = each.description.urls;
    shown.version = each.description.version;
    shown.incarnation = each.description.incarnation;
    shown.draining = each.draining;
    if (linked(each)) shown.load = each.load;
    if (linked(each) && each.latency) shown.latency_ms = milliseconds(*each.latency);
    if (each.heard_at) shown.silent_ms = milliseconds(at - *each.heard_at);
    if (!each.reason.empty()) shown.reason = each.reason;
  }
  std::sort(nodes.begin() + 1, nodes.end(),
            [](auto const& a, auto const& b) { return std::tie(a.name, a.address) < std::tie(b.name, b.address); });
  return nodes;
}

} // namespace nexus::cluster
