#include "actors/orchestrator/run_journal.hpp"
#include "runtime/store/sqlite_store.hpp"

#include <boost/test/unit_test.hpp>

#include <future>
#include <set>

using namespace nexus;
using namespace nexus::orchestrator;

namespace {

struct fixture {
  std::shared_ptr<store::store> data = std::move(*store::open_in_memory());
  run_journal journal{data};

  template <class T>
  static auto wait(std::function<void(store::callback<T>)> const& ask) -> expected<T> {
    auto promise = std::promise<expected<T>>{};
    auto future = promise.get_future();
    ask([&](expected<T> outcome) { promise.set_value(std::move(outcome)); });
    BOOST_REQUIRE(future.wait_for(std::chrono::seconds{10}) == std::future_status::ready);
    return future.get();
  }
  auto accept(run const& state) {
    return wait<void>([&](auto done) { journal.accept(state, std::move(done)); });
  }
  auto finish(run const& state) {
    return wait<void>([&](auto done) { journal.finish(state, std::move(done)); });
  }
  auto find(std::string const& id) {
    return wait<std::optional<run>>([&](auto done) { journal.find(id, std::move(done)); });
  }
  auto turns(std::string const& id) {
    return history(id).map([](run_history const& read) { return read.turns; });
  }
  auto history(std::string const& id) -> expected<run_history> {
    return wait<run_history>([&](auto done) { journal.history(id, std::move(done)); });
  }
  auto list(list_runs const& wanted) {
    return wait<run_list>([&](auto done) { journal.list(wanted, std::move(done)); });
  }
  auto unfinished() {
    return wait<std::vector<std::string>>([&](auto done) { journal.unfinished(std::move(done)); });
  }
  auto append(std::string const& id, std::uint64_t number, recorded_turn const& turn) {
    return append(id, number, run_record{.turn = turn});
  }
  auto append(std::string const& id, std::uint64_t number, run_record const& record) -> expected<void> {
    return wait<void>([&](auto done) { journal.append(id, number, {journal_entry{record}}, std::move(done)); });
  }
};

auto a_run(std::string id, run_status status = run_status::pending) -> run {
  auto state = run{};
  state.run_id = std::move(id);
  state.query = "Is it ready?";
  state.status = status;
  return state;
}

auto a_turn(std::string text) -> recorded_turn {
  auto turn = recorded_turn{};
  turn.completion.text = std::move(text);
  turn.observations.push_back({{"call-1", "look", {R"({"at":"it"})"}}, R"({"seen":true})", {}});
  return turn;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_run_is_accepted_once_and_kept_as_it_ended, fixture) {
  BOOST_REQUIRE(accept(a_run("run_1")));
  auto other = a_run("run_1");
  other.query = "another question";
  auto const twice = accept(other);
  BOOST_REQUIRE(!twice);
  BOOST_TEST((twice.error().code == errc::conflict));
  auto outcome = a_run("run_1", run_status::success);
  outcome.result = "yes";
  BOOST_REQUIRE(finish(outcome));
  auto const kept = find("run_1");
  BOOST_REQUIRE(kept && *kept);
  BOOST_TEST((*kept)->result.value() == "yes");
  BOOST_TEST(!find("run_2")->has_value());
}

BOOST_FIXTURE_TEST_CASE(turns_come_back_in_order_and_are_not_added_twice, fixture) {
  BOOST_REQUIRE(accept(a_run("run_1")));
  for (std::uint64_t i = 1; i <= 250; ++i) BOOST_REQUIRE(append("run_1", i, a_turn(std::to_string(i))));
  BOOST_TEST(append("run_1", 250, a_turn("250")).has_value(), "the same turn again is the same turn");
  auto const other = append("run_1", 250, a_turn("another"));
  BOOST_REQUIRE(!other);
  BOOST_TEST((other.error().code == errc::conflict));
  BOOST_TEST(!append("run_1", 300, a_turn("300")).has_value());
  auto const all = turns("run_1");
  BOOST_REQUIRE(all);
  BOOST_REQUIRE_EQUAL(all->size(), 250u);
  for (std::size_t i = 0; i < 250; ++i) BOOST_TEST((*all)[i].completion.text == std::to_string(i + 1));
  BOOST_TEST(all->front().observations.front().content == R"({"seen":true})");
  BOOST_TEST(turns("run_2")->empty());
}

BOOST_FIXTURE_TEST_CASE(a_turn_that_writes_is_open_until_it_is_complete, fixture) {
  BOOST_REQUIRE(accept(a_run("run_1")));
  BOOST_REQUIRE(append("run_1", 1, a_turn("reads")));
  auto const intent = write_intent{2, a_turn("writes").completion};
  BOOST_REQUIRE(append("run_1", 2, run_record{.intent = intent}));
  auto open = history("run_1");
  BOOST_REQUIRE(open && open->open);
  BOOST_TEST(open->open->completion.text == "writes");
  BOOST_TEST(open->open->outcomes.empty());
  auto const seen = recorded_observation{{"call-1", "write", {"{}"}}, R"({"written":true})", {}};
  BOOST_REQUIRE(append("run_1", 3, run_record{.outcome = write_outcome{2, 1, seen}}));
  open = history("run_1");
  BOOST_REQUIRE(open && open->open);
  BOOST_TEST(open->open->outcomes.at(1).content == R"({"written":true})");
  BOOST_TEST(open->records == 3u);
  BOOST_REQUIRE(append("run_1", 4, a_turn("writes")));
  open = history("run_1");
  BOOST_REQUIRE(open);
  BOOST_TEST(!open->open.has_value());
  BOOST_TEST(open->turns.size() == 2u);
  BOOST_TEST(open->records == 4u);
}

BOOST_FIXTURE_TEST_CASE(records_that_do_not_follow_from_one_another_are_damage, fixture) {
  auto const outcome = run_record{.outcome = write_outcome{1, 0, {}}};
  BOOST_REQUIRE(append("run_1", 1, outcome));
  BOOST_TEST((history("run_1").error().code == errc::corrupt));
  BOOST_REQUIRE(append("run_2", 1, run_record{.intent = write_intent{7, {}}}));
  BOOST_TEST((history("run_2").error().code == errc::corrupt));
  BOOST_REQUIRE(append("run_3", 1, run_record{}));
  BOOST_TEST((history("run_3").error().code == errc::corrupt));
}

BOOST_FIXTURE_TEST_CASE(unfinished_runs_are_found_however_many_there_are, fixture) {
  auto expected_ids = std::set<std::string>{};
  for (auto i = 0; i < 1'500; ++i) {
    auto const id = fmt::format("run_{:04}", i);
    journal.accept(a_run(id), [](expected<void>) {});
    if (i % 3 == 0)
      journal.finish(a_run(id, run_status::failed), [](expected<void>) {});
    else
      expected_ids.insert(id);
  }
  // Commits are carried out in order: this one comes last.
  BOOST_REQUIRE(accept(a_run("run_last", run_status::success)));
  auto const found = unfinished();
  BOOST_REQUIRE(found);
  BOOST_TEST((std::set<std::string>(found->begin(), found->end()) == expected_ids));
  BOOST_TEST(found->size() == expected_ids.size());
}

BOOST_FIXTURE_TEST_CASE(runs_are_listed_newest_first_by_status_and_release, fixture) {
  for (auto i = 0; i < 10; ++i) {
    auto state = a_run(fmt::format("run_{}", i));
    if (i % 2 == 0) state.release = "v2.0.0";
    BOOST_REQUIRE(accept(state));
    if (i >= 4) {
      state.status = i % 3 == 0 ? run_status::failed : run_status::success;
      BOOST_REQUIRE(finish(state));
    }
  }
  auto const ids = [&](list_runs wanted) {
    auto all = std::string{};
    wanted.limit = 2;
    for (;;) {
      auto const page = list(wanted);
      BOOST_REQUIRE(page);
      for (auto const& entry : page->runs) all += entry.run_id.substr(4);
      if (!page->next_cursor) return all;
      wanted.cursor = page->next_cursor;
    }
  };
  BOOST_TEST(ids({}) == "9876543210");
  BOOST_TEST(ids({.status = run_status::success}) == "8754");
  BOOST_TEST(ids({.status = run_status::failed, .release = "v2.0.0"}) == "6");
  BOOST_TEST(ids({.release = "v2.0.0"}) == "86420");
  // On disk both are open.
  BOOST_TEST(ids({.status = run_status::pending}) == "3210");
  BOOST_TEST(ids({.status = run_status::in_progress}) == "3210");
  BOOST_TEST(ids({.status = run_status::timeout}).empty());
}
