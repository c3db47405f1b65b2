#include "runtime/store/store_contents.hpp"

namespace nexus::store {
namespace {

constexpr std::size_t most_shown = 100;

/// Tells how far it is, as often as somebody could want to know.
class counter {
public:
  counter(contents_count const& all, progress const& tell) : all_(all.documents + all.records), tell_(tell) {}
  void add(std::size_t number) {
    done_ += number;
    // What is written meanwhile is read too, and would be more than all.
    if (tell_) tell_(done_, std::max(all_, done_));
  }

private:
  std::uint64_t all_;
  std::uint64_t done_ = 0;
  progress const& tell_;
};

auto text_of(contents_count const& count) -> std::string {
  return fmt::format("{} documents and {} records in {} streams", count.documents, count.records, count.streams);
}

} // namespace

auto copy_contents(contents_source& from, contents_target& to, bool at_rest, progress const& tell)
    -> expected<contents_count> {
  auto const all = from.count();
  if (!all) return all;
  auto copied = contents_count{};
  auto far = counter{*all, tell};
  auto last_stream = std::string{};
  auto const documents = [&](std::vector<document> part) -> expected<void> {
    copied.documents += part.size();
    far.add(part.size());
    return to.add(std::move(part));
  };
  auto const records = [&](std::string const& stream, std::vector<record> part) -> expected<void> {
    if (stream != last_stream) ++copied.streams;
    last_stream = stream;
    copied.records += part.size();
    far.add(part.size());
    return to.add(stream, std::move(part));
  };
  if (auto good = from.each(documents, records); !good) return tl::unexpected{good.error()};
  // After everything: no token that a record here was written with may be given out again.
  auto const token = from.last_token();
  if (!token) return tl::unexpected{token.error()};
  if (at_rest) {
    auto const now = from.count();
    if (!now) return now;
    if (*now != copied)
      return tl::unexpected{error{errc::conflict,
                                  fmt::format("the source was changed while it was copied: it holds {}, copied were {}",
                                              text_of(*now), text_of(copied)),
                                  {},
                                  "stop all servers that use it, and copy again",
                                  {}}};
  }
  auto const arrived = to.count();
  if (!arrived) return arrived;
  if (*arrived != copied)
    return fail(errc::corrupt, "the target holds {}, copied were {}", text_of(*arrived), text_of(copied));
  if (auto good = to.finish(*token); !good) return tl::unexpected{good.error()};
  return copied;
}

auto verify_contents(contents_source& from, content_checks const& checks, progress const& tell)
    -> expected<verification> {
  auto const all = from.count();
  auto const noted = from.usage();
  if (!all) return tl::unexpected{all.error()};
  if (!noted) return tl::unexpected{noted.error()};
  auto found = verification{};
  auto far = counter{*all, tell};
  auto counted = std::map<std::string, std::uint64_t>{};
  auto const problem = [&](std::string text) {
    ++found.problem_count;
    if (found.problems.size() < most_shown) found.problems.push_back(std::move(text));
  };
  auto const documents = [&](std::vector<document> part) -> expected<void> {
    for (auto const& each : part) {
      ++found.documents;
      counted[each.collection] += each.body.size();
      if (!checks.document) continue;
      if (auto const good = checks.document(each); !good)
        problem(fmt::format("{}/{}: {}", each.collection, each.key, good.error().render()));
    }
    far.add(part.size());
    return {};
  };
  auto const records = [&](std::string const& stream, std::vector<record> part) -> expected<void> {
    for (auto const& each : part) {
      ++found.records;
      counted[std::string{collection_of(stream)}] += each.body.size();
      if (!checks.record) continue;
      if (auto const good = checks.record(stream, each); !good)
        problem(fmt::format("{}, record {}: {}", stream, each.sequence, good.error().render()));
    }
    far.add(part.size());
    return {};
  };
  if (auto const good = from.each(documents, records); !good) {
    if (good.error().code != errc::corrupt) return tl::unexpected{good.error()};
    problem(good.error().message);
    return found;
  }
  for (auto const& [collection, bytes] : counted) found.bytes += bytes;
  auto const now = from.count();
  if (!now) return tl::unexpected{now.error()};
  // Figures of a store that is being written to prove nothing.
  if (*now != *all) return found;
  if (found.documents != all->documents || found.records != all->records)
    problem(fmt::format("there should be {} documents and {} records, and there are {} and {}", all->documents,
                        all->records, found.documents, found.records));
  for (auto const& [collection, bytes] : *noted) counted.try_emplace(collection, 0);
  for (auto const& [collection, bytes] : counted) {
    auto const figure = noted->find(collection);
    auto const wanted = figure == noted->end() ? 0 : figure->second;
    if (wanted != bytes)
      problem(fmt::format("the collection '{}' holds {} bytes and is noted with {}", collection, bytes, wanted));
  }
  return found;
}

} // namespace nexus::store
