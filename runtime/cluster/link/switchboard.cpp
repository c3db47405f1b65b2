#include "runtime/cluster/link/switchboard.hpp"

#include "runtime/cluster/link/stream.hpp"

#include <algorithm>
#include <atomic>

namespace nexus::cluster {
namespace {

constexpr auto scratch_bytes = std::size_t{64} << 10;

} // namespace

switchboard::switchboard(caf::actor_system& system, std::shared_ptr<identity> own, link_limits limits,
                         links::observer watch)
    : own_(std::move(own)),
      limits_(limits),
      watch_(std::move(watch)),
      broker_(system.middleman().named_broker<caf::io::basp_broker>(caf::atom("BASP"))),
      // CAF's other multiplexer is for its own tests.
      multiplexer_(static_cast<caf::io::network::default_multiplexer&>(system.middleman().backend())),
      alarms_(multiplexer_),
      scratch_(scratch_bytes) {}

auto switchboard::next_handle() -> std::int64_t {
  // Beyond what any descriptor reaches.
  static auto last = std::atomic<std::int64_t>{std::int64_t{1} << 32};
  return ++last;
}

auto switchboard::peer_of(caf::node_id const& node) const -> std::optional<link_peer> {
  auto const lock = std::scoped_lock{mutex_};
  auto const found = by_node_.find(node);
  if (found == by_node_.end()) return std::nullopt;
  return found->second.front()->peer();
}

auto switchboard::counts() const -> link_counts {
  auto const lock = std::scoped_lock{mutex_};
  return counts_;
}

void switchboard::cut(std::shared_ptr<switchboard> const& self, caf::node_id const& node, std::string reason) {
  multiplexer_.dispatch([self, node, reason = std::move(reason)] {
    auto doomed = std::vector<caf::intrusive_ptr<link_stream>>{};
    {
      auto const lock = std::scoped_lock{self->mutex_};
      auto const found = self->by_node_.find(node);
      if (found == self->by_node_.end()) return;
      for (auto* stream : found->second) doomed.emplace_back(stream);
    }
    for (auto const& stream : doomed) stream->fail({errc::cancelled, reason, {}, {}, {}});
  });
}

void switchboard::make_room() {
  {
    auto const lock = std::scoped_lock{mutex_};
    ++counts_.accepted;
  }
  while (strangers_.size() >= std::max<std::size_t>(limits_.strangers, 1))
    if (!crowd_out()) return;
}

auto switchboard::crowd_out() -> bool {
  if (strangers_.empty()) return false;
  // Who has proven who it is goes last.
  auto const unproven = std::ranges::find_if(strangers_, [](auto const* stream) { return !stream->authenticated(); });
  auto const victim = caf::intrusive_ptr<link_stream>{unproven == strangers_.end() ? strangers_.front() : *unproven};
  {
    auto const lock = std::scoped_lock{mutex_};
    ++counts_.crowded_out;
  }
  victim->fail({errc::overloaded, "too many connections that have not proven who they are", {}, {}, {}});
  return true;
}

auto switchboard::admit(link_stream& stranger) -> strangers::iterator {
  return strangers_.insert(strangers_.end(), &stranger);
}

auto switchboard::opened(link_stream& stream, caf::node_id const& node) -> expected<void> {
  auto first = false;
  {
    auto const lock = std::scoped_lock{mutex_};
    auto& streams = by_node_[node];
    first = streams.empty();
    if (!first && streams.front()->peer().name != stream.peer().name)
      return fail(errc::refused, "'{}' took the node id of '{}'", stream.peer().name, streams.front()->peer().name);
    streams.push_back(&stream);
    if (first) {
      ++counts_.opened;
      ++counts_.open;
    }
  }
  if (first) tell({link_event::kind::opened, stream.peer(), node, {}});
  return {};
}

auto switchboard::was_accepted_since(caf::node_id const& node, std::chrono::steady_clock::time_point since) const
    -> bool {
  auto const lock = std::scoped_lock{mutex_};
  auto const found = by_node_.find(node);
  return found != by_node_.end() && std::ranges::any_of(found->second, [&](auto const* stream) {
           return !stream->peer().dialed && stream->opened_at() >= since;
         });
}

void switchboard::closed(link_stream& stream, caf::node_id const& node, std::string const& reason) {
  {
    auto const lock = std::scoped_lock{mutex_};
    auto const found = by_node_.find(node);
    if (found == by_node_.end()) return;
    std::erase(found->second, &stream);
    if (!found->second.empty()) return;
    by_node_.erase(found);
    --counts_.open;
  }
  tell({link_event::kind::closed, stream.peer(), node, reason});
}

void switchboard::refused(link_peer const& peer, std::string const& reason, bool late) {
  {
    auto const lock = std::scoped_lock{mutex_};
    ++counts_.refused;
    if (late) ++counts_.late;
  }
  tell({link_event::kind::refused, peer, {}, reason});
}

} // namespace nexus::cluster
