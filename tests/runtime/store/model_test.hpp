#pragma once

// Random operations against a simple model: what every backend of the store must do. A test program includes this
// header once, behind conformance.hpp.

#include "tests/runtime/store/conformance.hpp"

namespace nexus::store::testing {

/// A store in the simplest possible form.
class model {
public:
  struct stored {
    std::string body;
    std::map<std::string, std::string> attributes;
    std::uint64_t revision = 0;
    friend auto operator==(stored const&, stored const&) -> bool = default;
  };
  using key = std::pair<std::string, std::string>;

  /// "success" or the error's code.
  auto commit(std::vector<operation> const& work) -> std::string {
    auto copy = *this;
    for (auto const& each : work)
      if (!std::visit([&](auto const& x) { return copy.apply(x); }, each)) return "conflict";
    *this = std::move(copy);
    return "success";
  }

  std::map<std::string, strings> streams;
  std::map<key, stored> documents;
  std::map<std::string, std::uint64_t> leases;

private:
  auto apply(append const& work) -> bool {
    if (!work.lease.empty() && (!leases.contains(work.lease) || leases[work.lease] != work.fencing_token)) return false;
    auto& stream = streams[work.stream];
    if (work.expected_next && *work.expected_next != stream.size() + 1) {
      auto const first = *work.expected_next - 1;
      if (work.bodies.empty() || first + work.bodies.size() > stream.size()) return false;
      return std::equal(work.bodies.begin(), work.bodies.end(), stream.begin() + static_cast<std::ptrdiff_t>(first));
    }
    stream.insert(stream.end(), work.bodies.begin(), work.bodies.end());
    return true;
  }

  auto apply(put const& work) -> bool {
    auto const name = key{work.collection, work.key};
    auto const found = documents.find(name);
    auto const revision = found == documents.end() ? 0 : found->second.revision;
    auto const next = stored{work.body, work.attributes, revision + 1};
    if (work.expected_revision && *work.expected_revision != revision)
      return *work.expected_revision + 1 == revision && found->second == stored{work.body, work.attributes, revision};
    documents[name] = next;
    return true;
  }

  auto apply(erase const& work) -> bool {
    documents.erase({work.collection, work.key});
    return true;
  }

  auto apply(drop_stream const& work) -> bool {
    streams.erase(work.stream);
    return true;
  }
};

/// Draws operations that meet each other: few names, few bodies, conditions that hold about half of the time.
class random_work {
public:
  explicit random_work(model const& known) : known_(known) {}

  auto batch() -> std::vector<operation> {
    auto work = std::vector<operation>{};
    for (auto left = *rc::gen::inRange(1, 6); left > 0; --left) work.push_back(one());
    return work;
  }

private:
  auto one() -> operation {
    switch (*rc::gen::inRange(0, 8)) {
    case 0:
      return erase{*collection(), *text()};
    case 1:
      return drop_stream{stream()};
    case 2:
    case 3:
      return a_put();
    default:
      return an_append();
    }
  }

  auto an_append() -> append {
    auto work = append{stream(), *rc::gen::container<strings>(*rc::gen::inRange<std::size_t>(0, 4), text())};
    auto const found = known_.streams.find(work.stream);
    auto const next = found == known_.streams.end() ? 1 : found->second.size() + 1;
    if (*rc::gen::arbitrary<bool>())
      work.expected_next = std::max<std::uint64_t>(3, next + *rc::gen::inRange(0u, 4u)) - 2;
    if (*rc::gen::inRange(0, 4) == 0) {
      work.lease = *rc::gen::element<std::string>("one", "two");
      auto const token = known_.leases.find(work.lease);
      work.fencing_token = (token == known_.leases.end() ? 0 : token->second) + *rc::gen::element<unsigned>(0, 0, 1);
    }
    return work;
  }

  auto a_put() -> put {
    auto work = put{*collection(), *text(), *text(), {}, {}};
    if (*rc::gen::arbitrary<bool>()) work.attributes.emplace("state", *text());
    auto const found = known_.documents.find({work.collection, work.key});
    auto const revision = found == known_.documents.end() ? 0 : found->second.revision;
    if (*rc::gen::arbitrary<bool>())
      work.expected_revision = revision - std::min<std::uint64_t>(revision, *rc::gen::inRange(0u, 3u));
    // The same again, as a client that lost the answer would.
    if (found != known_.documents.end() && work.expected_revision == revision - 1 && *rc::gen::arbitrary<bool>()) {
      work.body = found->second.body;
      work.attributes = found->second.attributes;
    }
    return work;
  }

  static auto text() -> rc::Gen<std::string> {
    using namespace std::string_literals;
    return rc::gen::element("a"s, "b"s, "a\0b"s, "\xff:1"s, "17:x/y"s);
  }
  static auto collection() -> rc::Gen<std::string> { return rc::gen::element<std::string>("things", "others"); }
  static auto stream() -> std::string {
    return *rc::gen::arbitrary<bool>() ? *collection() + "/" + *text() : *collection();
  }

  model const& known_;
};

BOOST_AUTO_TEST_SUITE(models)

BOOST_DATA_TEST_CASE(random_operations_agree_with_a_simple_model, backends(), kind) {
  check_property([&] {
    auto x = fixture{kind};
    auto known = model{};
    for (auto left = *rc::gen::inRange(1, 30); left > 0; --left) {
      if (*rc::gen::inRange(0, 6) == 0) {
        auto const name = *rc::gen::element<std::string>("one", "two");
        if (*rc::gen::arbitrary<bool>()) {
          known.leases[name] = x.store.acquire(name, "me", 10s).value().token;
        } else {
          RC_ASSERT(x.store.release(name, known.leases[name]).has_value());
          known.leases.erase(name);
        }
      }
      auto const work = random_work{known}.batch();
      auto const when = *rc::gen::element(durability::durable, durability::deferred);
      RC_ASSERT(code_of(x.store.commit(work, when)) == known.commit(work));
    }
    auto bytes = std::map<std::string, std::uint64_t>{};
    for (auto const& [name, bodies] : known.streams) {
      RC_ASSERT(x.store.bodies(name) == bodies);
      for (auto const& body : bodies) bytes[std::string{collection_of(name)}] += body.size();
    }
    for (auto const* name : {"things", "others"}) {
      auto const found = x.store.list({name}).value().documents;
      auto wanted = std::size_t{0};
      for (auto const& [path, value] : known.documents) {
        if (path.first != name) continue;
        RC_ASSERT(wanted < found.size());
        auto const& entry = found[wanted++];
        RC_ASSERT(entry.key == path.second);
        RC_ASSERT((model::stored{entry.body, entry.attributes, entry.revision}) == value);
        bytes[name] += value.body.size();
      }
      RC_ASSERT(found.size() == wanted);
      // What retention counts is what there is.
      RC_ASSERT(x.store.prune({name, {}, bytes[name], {}}).value().documents == 0u);
      if (bytes[name] > 0 && wanted > 0)
        RC_ASSERT(x.store.prune({name, {}, bytes[name] - 1, {}}).value().documents > 0u);
    }
  });
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::store::testing
