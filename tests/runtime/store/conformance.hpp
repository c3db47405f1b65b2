#pragma once

// What every backend of the store must do. A test program includes this header once and defines `backends()`.

#include "tests/runtime/store/blocking_store.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include <functional>
#include <ostream>
#include <thread>

namespace nexus::store::testing {

/// A way to open an empty store.
struct backend {
  std::string name;
  std::function<std::unique_ptr<store>(clock)> open;

  friend auto operator<<(std::ostream& out, backend const& x) -> std::ostream& { return out << x.name; }
};

/// The backends to test, defined by the test program.
auto backends() -> std::vector<backend>;

/// An empty store on a clock of the test's own.
struct fixture {
  explicit fixture(backend const& kind) : store(kind.open(clock.function())) {}

  manual_clock clock;
  blocking_store store;
};

template <class T>
auto code_of(expected<T> const& result) -> std::string {
  return result ? "success" : std::string{to_string(result.error().code)};
}

template <class Property>
void check_property(Property property) {
  auto const result = rc::detail::checkTestable(std::move(property));
  auto text = std::ostringstream{};
  rc::detail::printResultMessage(result, text);
  BOOST_TEST(result.template is<rc::detail::SuccessResult>(), text.str());
}

inline auto document_named(std::string key, std::string body = "body",
                           std::map<std::string, std::string> attributes = {}) -> put {
  return {"things", std::move(key), std::move(body), std::move(attributes), {}};
}

inline auto keys(page const& found) -> std::vector<std::string> {
  auto result = std::vector<std::string>{};
  for (auto const& entry : found.documents) result.push_back(entry.key);
  return result;
}

using strings = std::vector<std::string>;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(streams)

BOOST_DATA_TEST_CASE(appended_records_come_back_in_order_with_their_sequence_and_time, backends(), kind) {
  auto x = fixture{kind};
  BOOST_TEST(code_of(x.store.commit({append{"log", {"one", "two"}}})) == "success");
  x.clock.advance(5s);
  BOOST_TEST(code_of(x.store.commit({append{"log", {"three"}}})) == "success");
  auto const records = x.store.read("log").value();
  BOOST_REQUIRE(records.size() == 3);
  BOOST_TEST((records[0] == record{1, "one", x.clock.now() - 5s}));
  BOOST_TEST((records[1] == record{2, "two", x.clock.now() - 5s}));
  BOOST_TEST((records[2] == record{3, "three", x.clock.now()}));
}

BOOST_DATA_TEST_CASE(reading_starts_where_it_is_told_and_ends_at_its_limit, backends(), kind) {
  auto x = fixture{kind};
  BOOST_TEST(code_of(x.store.commit({append{"log", {"1", "2", "3", "4", "5"}}})) == "success");
  BOOST_TEST(x.store.read("log", 0, 2).value().back().body == "2");
  auto const middle = x.store.read("log", 3, 2).value();
  BOOST_REQUIRE(middle.size() == 2);
  BOOST_TEST(middle[0].body == "3");
  BOOST_TEST(middle[1].body == "4");
  BOOST_TEST(x.store.read("log", 6, 2).value().empty());
  BOOST_TEST(x.store.read("log", UINT64_MAX, 2).value().empty());
  BOOST_TEST(x.store.read("nothing").value().empty());
}

BOOST_DATA_TEST_CASE(an_append_at_another_sequence_is_a_conflict_that_names_both, backends(), kind) {
  auto x = fixture{kind};
  BOOST_TEST(code_of(x.store.commit({append{"log", {"a"}, 2}})) == "conflict");
  BOOST_TEST(code_of(x.store.commit({append{"log", {"a"}, 1}})) == "success");
  auto const late = x.store.commit({append{"log", {"b"}, 5}});
  BOOST_TEST(code_of(late) == "conflict");
  BOOST_TEST(late.error().message == "stream 'log': the next sequence is 2, not 5");
  BOOST_TEST(x.store.bodies("log") == (strings{"a"}), boost::test_tools::per_element());
}

BOOST_DATA_TEST_CASE(the_same_append_again_is_a_success_and_appends_nothing, backends(), kind) {
  auto x = fixture{kind};
  for (auto i = 0; i < 2; ++i) {
    BOOST_TEST(code_of(x.store.commit({append{"log", {"a", "b"}, 1}})) == "success");
    BOOST_TEST(code_of(x.store.commit({append{"log", {"c"}, 3}})) == "success");
  }
  BOOST_TEST(x.store.bodies("log") == (strings{"a", "b", "c"}), boost::test_tools::per_element());
  BOOST_TEST(code_of(x.store.commit({append{"log", {"b", "c"}, 2}})) == "success");
  BOOST_TEST(code_of(x.store.commit({append{"log", {"x"}, 2}})) == "conflict");
  BOOST_TEST(code_of(x.store.commit({append{"log", {"c", "d"}, 3}})) == "conflict");
  BOOST_TEST(code_of(x.store.commit({append{"log", {}, 3}})) == "conflict");
  BOOST_TEST(code_of(x.store.commit({append{"log", {}, 4}})) == "success");
}

BOOST_DATA_TEST_CASE(a_dropped_stream_starts_anew, backends(), kind) {
  auto x = fixture{kind};
  BOOST_TEST(code_of(x.store.commit({drop_stream{"log"}})) == "success");
  BOOST_TEST(code_of(x.store.commit({append{"log", {"a", "b"}}, append{"logs", {"kept"}}})) == "success");
  BOOST_TEST(code_of(x.store.commit({drop_stream{"log"}, append{"log", {"c"}, 1}})) == "success");
  BOOST_TEST(x.store.bodies("log") == (strings{"c"}), boost::test_tools::per_element());
  BOOST_TEST(x.store.bodies("logs") == (strings{"kept"}), boost::test_tools::per_element());
}

BOOST_DATA_TEST_CASE(a_read_is_bounded_in_bytes_and_makes_progress, backends(), kind) {
  auto x = fixture{kind};
  for (auto i = 0; i < 5; ++i)
    BOOST_TEST(code_of(x.store.commit({append{"log", {std::string(limits::body, 'x')}}})) == "success");
  auto const part = x.store.read("log").value();
  BOOST_TEST(part.size() == limits::bytes / limits::body);
  BOOST_TEST(x.store.bodies("log").size() == 5u);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(documents)

BOOST_DATA_TEST_CASE(a_document_counts_its_revisions_and_knows_its_time, backends(), kind) {
  auto x = fixture{kind};
  BOOST_TEST(!x.store.find("things", "a").value().has_value());
  BOOST_TEST(code_of(x.store.commit({document_named("a", "one", {{"state", "new"}})})) == "success");
  BOOST_TEST(
      (x.store.find("things", "a").value() == document{"things", "a", "one", {{"state", "new"}}, 1, x.clock.now()}));
  x.clock.advance(1s);
  BOOST_TEST(code_of(x.store.commit({document_named("a", "two")})) == "success");
  BOOST_TEST((x.store.find("things", "a").value() == document{"things", "a", "two", {}, 2, x.clock.now()}));
  BOOST_TEST(!x.store.find("others", "a").value().has_value());
}

BOOST_DATA_TEST_CASE(a_put_on_another_revision_is_a_conflict, backends(), kind) {
  auto x = fixture{kind};
  auto const put_at = [&](std::uint64_t revision, std::string body,
                          std::map<std::string, std::string> attributes = {}) {
    return code_of(x.store.commit({put{"things", "a", std::move(body), std::move(attributes), revision}}));
  };
  BOOST_TEST(put_at(1, "one") == "conflict");
  BOOST_TEST(put_at(0, "one") == "success");
  BOOST_TEST(put_at(0, "one") == "success", "the same put again");
  BOOST_TEST(put_at(0, "other") == "conflict");
  BOOST_TEST(put_at(0, "one", {{"a", "b"}}) == "conflict");
  BOOST_TEST(put_at(1, "two") == "success");
  BOOST_TEST(put_at(0, "one") == "conflict");
  BOOST_TEST(x.store.find("things", "a").value()->revision == 2u);
}

BOOST_DATA_TEST_CASE(an_erased_document_is_gone_from_every_listing, backends(), kind) {
  auto x = fixture{kind};
  BOOST_TEST(code_of(x.store.commit({erase{"things", "a"}})) == "success");
  BOOST_TEST(code_of(x.store.commit({document_named("a", "", {{"state", "new"}})})) == "success");
  BOOST_TEST(code_of(x.store.commit({erase{"things", "a"}})) == "success");
  BOOST_TEST(!x.store.find("things", "a").value().has_value());
  BOOST_TEST(x.store.list({"things"}).value().documents.empty());
  BOOST_TEST(x.store.list({"things", {{"state", "new"}}}).value().documents.empty());
}

BOOST_DATA_TEST_CASE(any_bytes_are_kept_as_they_are, backends(), kind) {
  auto x = fixture{kind};
  auto const bytes = std::string{"\0\xff'\"\n\x80;--", 9};
  auto const expected_document = document{bytes, bytes, bytes, {{bytes, bytes}, {"empty", ""}}, 1, x.clock.now()};
  BOOST_TEST(code_of(x.store.commit({put{bytes, bytes, bytes, {{bytes, bytes}, {"empty", ""}}, {}},
                                     append{bytes, {bytes, ""}}})) == "success");
  BOOST_TEST((x.store.find(bytes, bytes).value() == expected_document));
  BOOST_TEST((x.store.list({bytes, {{bytes, bytes}}}).value().documents == std::vector{expected_document}));
  BOOST_TEST((x.store.list({bytes, {{"empty", ""}}}).value().documents == std::vector{expected_document}));
  BOOST_TEST((x.store.bodies(bytes) == strings{bytes, ""}));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(batches)

BOOST_DATA_TEST_CASE(a_batch_takes_effect_completely_or_not_at_all, backends(), kind) {
  auto x = fixture{kind};
  BOOST_TEST(code_of(x.store.commit({append{"log", {"kept"}}, document_named("a", "kept", {{"state", "kept"}})})) ==
             "success");
  BOOST_TEST(code_of(x.store.commit({append{"log", {"lost"}}, append{"new", {"lost"}}, erase{"things", "a"},
                                     document_named("b"), drop_stream{"log"}, append{"log", {"lost"}, 7}})) ==
             "conflict");
  BOOST_TEST(x.store.bodies("log") == (strings{"kept"}), boost::test_tools::per_element());
  BOOST_TEST(x.store.bodies("new").empty());
  BOOST_TEST((keys(x.store.list({"things", {{"state", "kept"}}}).value()) == strings{"a"}));
}

BOOST_DATA_TEST_CASE(operations_see_what_those_before_them_did, backends(), kind) {
  auto x = fixture{kind};
  BOOST_TEST(code_of(x.store.commit({append{"log", {"a"}, 1}, append{"log", {"b"}, 2}, put{"things", "a", "one", {}, 0},
                                     put{"things", "a", "two", {}, 1}})) == "success");
  BOOST_TEST(x.store.bodies("log") == (strings{"a", "b"}), boost::test_tools::per_element());
  BOOST_TEST(x.store.find("things", "a").value()->body == "two");
}

BOOST_DATA_TEST_CASE(what_breaks_a_limit_is_refused_at_once, backends(), kind) {
  auto x = fixture{kind};
  auto const code = [&](operation work) { return code_of(x.store.commit({std::move(work)})); };
  auto const long_text = std::string(limits::stream + 1, 'x');
  BOOST_TEST(code(append{"", {"a"}}) == "invalid_argument");
  BOOST_TEST(code(append{long_text, {"a"}}) == "too_large");
  BOOST_TEST(code(append{"log", {"a"}, 0}) == "invalid_argument");
  BOOST_TEST(code(append{"log", {std::string(limits::body + 1, 'x')}}) == "too_large");
  BOOST_TEST(code(append{"log", strings(limits::operations + 1)}) == "too_large");
  BOOST_TEST(code(append{"log", {}, {}, 1, long_text}) == "too_large");
  BOOST_TEST(code(put{"", "a", "", {}, {}}) == "invalid_argument");
  BOOST_TEST(code(put{"a/b", "a", "", {}, {}}) == "invalid_argument");
  BOOST_TEST(code(put{"things", "", "", {}, {}}) == "invalid_argument");
  BOOST_TEST(code(document_named("a", "", {{"name", long_text}})) == "too_large");
  BOOST_TEST(code(document_named("a", "", {{"", "value"}})) == "invalid_argument");
  BOOST_TEST(code(erase{long_text, "a"}) == "too_large");
  BOOST_TEST(code(drop_stream{""}) == "invalid_argument");
  auto many = std::map<std::string, std::string>{};
  for (auto i = std::size_t{0}; i <= limits::attributes; ++i) many.emplace(std::to_string(i), "");
  BOOST_TEST(code(document_named("a", "", many)) == "too_large");
  BOOST_TEST(code_of(x.store.commit({append{"log", {std::string(limits::body, 'x'), std::string(limits::body, 'x')}},
                                     append{"log", {"x"}}})) == "too_large");
  BOOST_TEST(code_of(x.store.read("log", 1, 0)) == "invalid_argument");
  BOOST_TEST(code_of(x.store.list({"things", {}, "", false, limits::page + 1})) == "invalid_argument");
  BOOST_TEST(code_of(x.store.prune({"things", 1s, {}, {}, 0})) == "invalid_argument");
  BOOST_TEST(code_of(x.store.acquire("", "me", 1s)) == "invalid_argument");
  BOOST_TEST(code_of(x.store.acquire("lease", "me", 0s)) == "invalid_argument");
  BOOST_TEST(x.store.read("log").value().empty());
  BOOST_TEST(code_of(x.store.commit(std::vector<operation>{})) == "success", "nothing to do");
}

BOOST_DATA_TEST_CASE(deferred_commits_keep_their_order_and_later_reads_see_them, backends(), kind) {
  auto x = fixture{kind};
  auto outcomes = std::vector<outcome<void>>(200);
  auto expected_bodies = strings{};
  for (auto i = std::size_t{0}; i < outcomes.size(); ++i) {
    auto const when = i % 7 == 0 ? durability::durable : durability::deferred;
    x.store->commit({{append{"log", {std::to_string(i)}, i + 1}}, when}, outcomes[i].receiver());
    expected_bodies.push_back(std::to_string(i));
  }
  for (auto& each : outcomes) BOOST_TEST(code_of(each.get()) == "success");
  BOOST_TEST(x.store.bodies("log") == expected_bodies, boost::test_tools::per_element());
  for (auto i = 0; i < 20; ++i) {
    BOOST_TEST(code_of(x.store.commit({document_named(std::to_string(i))}, durability::deferred)) == "success");
    BOOST_TEST(x.store.find("things", std::to_string(i)).value().has_value());
  }
}

BOOST_DATA_TEST_CASE(a_deferred_commit_is_told_of_its_conflict, backends(), kind) {
  auto x = fixture{kind};
  BOOST_TEST(code_of(x.store.commit({append{"log", {"a"}, 1}}, durability::deferred)) == "success");
  BOOST_TEST(code_of(x.store.commit({append{"log", {"b"}, 7}}, durability::deferred)) == "conflict");
  BOOST_TEST(code_of(x.store.commit({append{"log", {"b"}, 2}}, durability::deferred)) == "success");
  BOOST_TEST(x.store.bodies("log") == (strings{"a", "b"}), boost::test_tools::per_element());
}

BOOST_DATA_TEST_CASE(a_callback_may_call_the_store, backends(), kind) {
  auto x = fixture{kind};
  auto last = outcome<std::vector<record>>{};
  x.store->commit({{append{"log", {"a"}}}}, [&](expected<void>) {
    x.store->commit({{append{"log", {"b"}}}}, [&](expected<void>) { x.store->read("log", 1, 10, last.receiver()); });
  });
  BOOST_TEST(last.get().value().size() == 2u);
}

BOOST_DATA_TEST_CASE(threads_that_commit_and_read_at_once_lose_and_double_nothing, backends(), kind) {
  auto x = fixture{kind};
  constexpr auto per_thread = 100;
  auto increments = std::atomic<int>{0};
  auto work = [&](int id) {
    auto const own = "own/" + std::to_string(id);
    for (auto i = 0; i < per_thread; ++i) {
      auto const when = i % 2 == 0 ? durability::durable : durability::deferred;
      if (!x.store.commit({append{own, {std::to_string(i)}}, append{"shared", {own}}}, when)) return;
      auto const counter = x.store.find("things", "counter").value();
      auto const value = counter ? std::stoi(counter->body) : 0;
      // The thread's name makes the body its own, so that the same increment of another is no repetition.
      auto const next = fmt::format("{} by {}", value + 1, id);
      if (x.store.commit({put{"things", "counter", next, {}, counter ? counter->revision : 0}})) ++increments;
    }
  };
  auto threads = std::vector<std::thread>{};
  for (auto id = 0; id < 4; ++id) threads.emplace_back(work, id);
  for (auto& thread : threads) thread.join();
  BOOST_TEST(x.store.bodies("shared").size() == 4u * per_thread);
  for (auto id = 0; id < 4; ++id) {
    auto const own = x.store.bodies("own/" + std::to_string(id));
    BOOST_REQUIRE(own.size() == per_thread);
    for (auto i = 0; i < per_thread; ++i) BOOST_TEST(own[static_cast<std::size_t>(i)] == std::to_string(i));
  }
  auto const counter = x.store.find("things", "counter").value();
  BOOST_TEST(std::stoi(counter->body) == increments);
  BOOST_TEST(counter->revision == static_cast<std::uint64_t>(increments.load()));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(listings)

BOOST_DATA_TEST_CASE(a_listing_goes_page_by_page_in_either_direction, backends(), kind) {
  auto x = fixture{kind};
  for (auto const* key : {"b", "a", "e", "d", "c"})
    BOOST_TEST(code_of(x.store.commit({document_named(key)})) == "success");
  auto const first = x.store.list({"things", {}, "", false, 2}).value();
  BOOST_TEST((keys(first) == strings{"a", "b"}));
  BOOST_TEST(first.next == "b");
  auto const last = x.store.list({"things", {}, "c", false, 2}).value();
  BOOST_TEST((keys(last) == strings{"d", "e"}));
  BOOST_TEST(last.next == "");
  BOOST_TEST((keys(x.store.list({"things", {}, "", true, 2}).value()) == strings{"e", "d"}));
  BOOST_TEST((keys(x.store.list({"things", {}, "d", true, 9}).value()) == strings{"c", "b", "a"}));
}

BOOST_DATA_TEST_CASE(listings_agree_with_a_model, backends(), kind) {
  auto x = fixture{kind};
  auto cases = 0;
  check_property([&] {
    auto const collection = fmt::format("things {}", ++cases);
    // Few keys and values, so that documents meet; bytes above 127, so that order must be bytewise.
    auto const key = rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::elementOf(std::string{"a\x01\xf0z"})));
    auto const value = rc::gen::elementOf(strings{"", "x", "y\xff"});
    auto model = std::map<std::string, put>{};
    auto const count = *rc::gen::inRange(0, 30);
    for (auto i = 0; i < count; ++i) {
      auto const name = *key;
      if (*rc::gen::inRange(0, 5) == 0) {
        RC_ASSERT(x.store.commit({erase{collection, name}}, durability::deferred).has_value());
        model.erase(name);
        continue;
      }
      auto attributes = std::map<std::string, std::string>{};
      for (auto const* attribute : {"s", "t"})
        if (*rc::gen::inRange(0, 3) != 0) attributes.emplace(attribute, *value);
      auto const work = put{collection, name, *rc::gen::arbitrary<std::string>(), attributes, {}};
      RC_ASSERT(x.store.commit({work}, durability::deferred).has_value());
      model.insert_or_assign(name, work);
    }
    auto query = listing{collection};
    for (auto const* attribute : {"s", "t"})
      if (*rc::gen::inRange(0, 2) == 0) query.where.emplace(attribute, *value);
    query.newest_first = *rc::gen::arbitrary<bool>();
    query.limit = *rc::gen::inRange<std::size_t>(1, 8);
    auto wanted = strings{};
    for (auto const& [name, work] : model)
      if (std::all_of(query.where.begin(), query.where.end(), [&](auto const& condition) {
            auto const found = work.attributes.find(condition.first);
            return found != work.attributes.end() && found->second == condition.second;
          }))
        wanted.push_back(name);
    if (query.newest_first) std::reverse(wanted.begin(), wanted.end());
    auto listed = strings{};
    do {
      auto const part = x.store.list(query).value();
      RC_ASSERT(part.documents.size() <= query.limit);
      for (auto const& found : part.documents) {
        RC_ASSERT(found.body == model.at(found.key).body);
        RC_ASSERT(found.attributes == model.at(found.key).attributes);
        listed.push_back(found.key);
      }
      query.after = part.next;
    } while (!query.after.empty());
    RC_ASSERT(listed == wanted);
  });
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(leases)

BOOST_DATA_TEST_CASE(a_lease_has_one_holder_until_it_expires, backends(), kind) {
  auto x = fixture{kind};
  auto const first = x.store.acquire("run", "one", 10s).value();
  BOOST_TEST((first == lease{"run", "one", first.token, x.clock.now() + 10s}));
  x.clock.advance(4s);
  auto const refused = x.store.acquire("run", "two", 10s);
  BOOST_TEST(code_of(refused) == "conflict");
  BOOST_TEST(refused.error().message == "lease 'run' is held by 'one'");
  BOOST_TEST((refused.error().retry_after == 6s));
  BOOST_TEST(code_of(x.store.acquire("other run", "two", 10s)) == "success");
  x.clock.advance(6s);
  auto const second = x.store.acquire("run", "two", 10s).value();
  BOOST_TEST(second.token > first.token);
  BOOST_TEST(code_of(x.store.renew("run", first.token, 10s)) == "conflict");
}

BOOST_DATA_TEST_CASE(a_lease_is_renewed_and_given_back_by_its_token, backends(), kind) {
  auto x = fixture{kind};
  auto const first = x.store.acquire("run", "one", 10s).value();
  x.clock.advance(9s);
  BOOST_TEST((x.store.renew("run", first.token, 10s).value() == lease{"run", "one", first.token, x.clock.now() + 10s}));
  x.clock.advance(9s);
  BOOST_TEST(code_of(x.store.acquire("run", "two", 1s)) == "conflict");
  x.clock.advance(9s);
  BOOST_TEST(code_of(x.store.renew("run", first.token, 10s)) == "success", "expired, and nobody took it");
  BOOST_TEST(code_of(x.store.release("run", first.token + 1)) == "success");
  BOOST_TEST(code_of(x.store.acquire("run", "two", 1s)) == "conflict");
  BOOST_TEST(code_of(x.store.release("run", first.token)) == "success");
  BOOST_TEST(code_of(x.store.release("run", first.token)) == "success");
  BOOST_TEST(x.store.acquire("run", "two", 1s).value().token > first.token);
}

BOOST_DATA_TEST_CASE(the_same_holder_gets_a_new_token_and_its_old_one_is_stale, backends(), kind) {
  auto x = fixture{kind};
  auto const first = x.store.acquire("run", "one", 10s).value();
  auto const second = x.store.acquire("run", "one", 10s).value();
  BOOST_TEST(second.token > first.token);
  BOOST_TEST(code_of(x.store.renew("run", first.token, 10s)) == "conflict");
  BOOST_TEST(code_of(x.store.renew("run", second.token, 10s)) == "success");
}

BOOST_DATA_TEST_CASE(a_stale_token_appends_nothing, backends(), kind) {
  auto x = fixture{kind};
  auto const append_with = [&](std::uint64_t token) {
    return code_of(x.store.commit({append{"log", {std::to_string(token)}, {}, token, "run"}, document_named("a")}));
  };
  BOOST_TEST(append_with(0) == "conflict");
  BOOST_TEST(append_with(1) == "conflict");
  auto const first = x.store.acquire("run", "one", 10s).value();
  BOOST_TEST(append_with(first.token) == "success");
  x.clock.advance(11s);
  BOOST_TEST(append_with(first.token) == "success", "late, but nobody else holds the lease");
  auto const second = x.store.acquire("run", "two", 10s).value();
  BOOST_TEST(append_with(first.token) == "conflict");
  BOOST_TEST(append_with(second.token) == "success");
  BOOST_TEST(code_of(x.store.release("run", second.token)) == "success");
  BOOST_TEST(append_with(second.token) == "conflict");
  BOOST_TEST(x.store.bodies("log").size() == 3u);
}

BOOST_DATA_TEST_CASE(of_many_that_race_for_a_lease_one_gets_it, backends(), kind) {
  auto x = fixture{kind};
  auto outcomes = std::vector<outcome<lease>>(50);
  for (auto i = std::size_t{0}; i < outcomes.size(); ++i)
    x.store->acquire("run", "holder " + std::to_string(i), 10s, outcomes[i].receiver());
  BOOST_TEST(std::count_if(outcomes.begin(), outcomes.end(), [](auto& each) { return each.get().has_value(); }) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(pruning)

/// Ten documents a minute apart, each with a body of 100 bytes and a stream of 900.
inline void fill(fixture& x) {
  for (auto i = 0; i < 10; ++i) {
    auto const key = std::to_string(i);
    BOOST_TEST(code_of(x.store.commit(
                   {document_named(key, std::string(100, 'x'), {{"status", i == 1 ? "in_progress" : "success"}}),
                    append{"things/" + key, strings(9, std::string(100, 'x'))}})) == "success");
    x.clock.advance(60s);
  }
}

BOOST_DATA_TEST_CASE(documents_beyond_their_age_go_with_their_streams, backends(), kind) {
  auto x = fixture{kind};
  fill(x);
  auto const report = x.store.prune({"things", 8min, {}, {{"status", "in_progress"}}}).value();
  BOOST_TEST(report.documents == 2u);
  BOOST_TEST(report.records == 18u);
  BOOST_TEST(report.bytes == 2'000u);
  BOOST_TEST(!report.more);
  BOOST_TEST((keys(x.store.list({"things"}).value()) == strings{"1", "3", "4", "5", "6", "7", "8", "9"}));
  BOOST_TEST(x.store.bodies("things/0").empty());
  BOOST_TEST(x.store.bodies("things/1").size() == 9u);
  BOOST_TEST(x.store.prune({"things", 8min, {}, {}}).value().documents == 1u, "nothing is kept now");
  BOOST_TEST(x.store.prune({"others", 0s, 0, {}}).value().documents == 0u);
}

BOOST_DATA_TEST_CASE(the_oldest_documents_go_while_the_collection_is_too_large, backends(), kind) {
  auto x = fixture{kind};
  fill(x);
  BOOST_TEST(code_of(x.store.commit({put{"others", "a", std::string(50'000, 'x'), {}, {}}})) == "success");
  BOOST_TEST(x.store.prune({"things", {}, 10'000, {}}).value().documents == 0u);
  BOOST_TEST(x.store.prune({"things", {}, 9'999, {}}).value().documents == 1u);
  BOOST_TEST(code_of(x.store.commit({document_named("5", "short")})) == "success");
  BOOST_TEST(x.store.prune({"things", {}, 6'000, {{"status", "in_progress"}}}).value().documents == 3u);
  BOOST_TEST((keys(x.store.list({"things"}).value()) == strings{"1", "5", "6", "7", "8", "9"}));
}

BOOST_DATA_TEST_CASE(a_step_of_pruning_ends_at_its_limit, backends(), kind) {
  auto x = fixture{kind};
  fill(x);
  auto steps = 0;
  auto removed = std::size_t{0};
  for (auto more = true; more; ++steps) {
    auto const report = x.store.prune({"things", 0s, {}, {}, 4}).value();
    BOOST_TEST(report.documents <= 4u);
    removed += report.documents;
    more = report.more;
  }
  BOOST_TEST(steps == 3);
  BOOST_TEST(removed == 10u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::store::testing
