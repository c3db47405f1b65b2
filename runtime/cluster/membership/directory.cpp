#include "runtime/cluster/membership/directory.hpp"

namespace nexus::cluster {
namespace {

/// Attempts that may be made again at once, after which they are a tenth of all requests.
constexpr std::int64_t most_attempts = 100'000;
constexpr std::int64_t one_attempt = 1'000;

auto nobody(std::string const& name, std::string why) -> tl::unexpected<error> {
  auto problem = fail(errc::unavailable, "no node can take requests for '{}': {}", name, why);
  problem.value().remedy = "look at GET /cluster; a node with that role must join";
  problem.value().retry_after = std::chrono::seconds{1};
  return problem;
}

} // namespace

void directory::add(node_description const& node, std::map<std::string, caf::strong_actor_ptr> actors) {
  auto added = std::make_shared<peer>();
  added->name = node.name;
  added->capacity = node.capacity;
  added->actors = std::move(actors);
  remove(node.name);
  auto const lock = std::lock_guard{mutex_};
  for (auto const& [name, actor] : added->actors) by_actor_[name].push_back(added);
  peers_.insert_or_assign(node.name, std::move(added));
}

void directory::remove(std::string const& node) {
  auto gone = peer_ptr{};
  {
    auto const lock = std::lock_guard{mutex_};
    auto const found = peers_.find(node);
    if (found == peers_.end()) return;
    gone = std::move(found->second);
    peers_.erase(found);
    for (auto& [name, having] : by_actor_) std::erase(having, gone);
  }
  gone->requests->cut();
}

auto directory::find(std::string const& node) const -> peer_ptr {
  auto const lock = std::shared_lock{mutex_};
  auto const found = peers_.find(node);
  return found == peers_.end() ? nullptr : found->second;
}

void directory::set_open(std::string const& node, bool open) {
  if (auto const known = find(node)) known->open = open;
}

void directory::set_load(std::string const& node, node_load const& load) {
  if (auto const known = find(node)) known->load = load.in_flight + load.runs;
}

auto directory::may_try_again() -> bool {
  if (attempts_.fetch_sub(one_attempt, std::memory_order_relaxed) >= one_attempt) return true;
  attempts_.fetch_add(one_attempt, std::memory_order_relaxed);
  return false;
}

auto directory::choose(std::string const& name, bool again) -> expected<supervision::route_target> {
  if (again && !may_try_again()) return nobody(name, "too many requests had to be sent again");
  if (!again && attempts_.load(std::memory_order_relaxed) < most_attempts)
    attempts_.fetch_add(one_attempt / 10, std::memory_order_relaxed);

  auto const lock = std::shared_lock{mutex_};
  auto const found = by_actor_.find(name);
  if (found == by_actor_.end() || found->second.empty()) return nobody(name, "no node with it is linked");
  auto const& having = found->second;

  // Two at random; when neither can take it, the others in turn.
  auto const random = random_();
  auto const first = static_cast<std::size_t>((random & 0xffff'ffff) % having.size());
  auto const second = static_cast<std::size_t>((random >> 32) % having.size());
  auto open = false;
  auto const takes = [&](peer const& each) {
    if (!each.open.load(std::memory_order_relaxed)) return false;
    open = true;
    return each.requests->outstanding() < each.capacity;
  };
  auto const target = [&](peer const& each) { return supervision::route_target{each.actors.at(name), each.requests}; };
  auto const& one = *having[first];
  auto const& other = *having[second];
  if (takes(one) && takes(other)) return target(other.busy() < one.busy() ? other : one);
  for (std::size_t i = 0; i < having.size(); ++i)
    if (auto const& each = *having[(first + i) % having.size()]; takes(each)) return target(each);
  if (!open) return nobody(name, "the nodes with it are silent or about to end");
  auto problem = fail(errc::overloaded, "all nodes with '{}' have as many requests as they take", name);
  problem.value().retry_after = std::chrono::seconds{1};
  problem.value().remedy = "try again later, or add a node with that role";
  return problem;
}

auto directory::at(std::string const& node, std::string const& name) -> expected<supervision::route_target> {
  auto const known = find(node);
  if (!known) return nobody(name, fmt::format("the node '{}' is not linked", node));
  auto const found = known->actors.find(name);
  if (found == known->actors.end()) return nobody(name, fmt::format("the node '{}' has no such actor", node));
  return supervision::route_target{found->second, known->requests};
}

auto directory::outstanding() const -> std::size_t {
  auto const lock = std::shared_lock{mutex_};
  auto sum = std::size_t{0};
  for (auto const& [name, each] : peers_) sum += each->requests->outstanding();
  return sum;
}

} // namespace nexus::cluster
