#include "tests/actors/orchestrator/troubled_store.hpp"
#include "tests/actors/orchestrator/writing.hpp"

#include <boost/test/data/test_case.hpp>

// Runs before a store that fails now and then.

using namespace nexus;
using namespace nexus::orchestrator;
using namespace nexus::orchestrator::testing;
namespace data = boost::unit_test::data;

namespace {

struct troubled_runs : writing {
  std::shared_ptr<troubled_store> disk = std::make_shared<troubled_store>(data);

  troubled_runs() { environment->journal = std::make_shared<run_journal>(disk); }
};

auto const full_disk = error{errc::storage, "the disk is full", {}, {}, {}};

auto appends(store::batch const& work) -> bool {
  return std::ranges::any_of(work.operations,
                             [](auto const& each) { return std::holds_alternative<store::append>(each); });
}

} // namespace

/// The records are a turn that reads, then intent, outcome and turn of a write, then those of another one.
BOOST_DATA_TEST_CASE_F(troubled_runs, one_record_that_cannot_be_written_does_not_keep_back_those_after_it,
                       data::xrange(6), failing) {
  auto count = std::make_shared<std::atomic<int>>(0);
  disk->take_commit = [count, failing](store::batch const& work, store::callback<void> const& done) {
    if (!appends(work) || (*count)++ != failing) return false;
    done(tl::unexpected{full_disk});
    return true;
  };
  *model = [](complete_chat const& chat) -> expected<chat_completion> {
    switch (turns_so_far(chat)) {
    case 0:
      return wants({{"look", R"({"ticket_key":"A-1"})"}});
    case 1:
      return wants({{"write", R"({"ticket_key":"A-1"})"}});
    case 2:
      return wants({{"write", R"({"ticket_key":"A-2"})"}});
    default:
      auto const seen = texts_of(chat, chat_role::tool);
      return says(seen.at(1) + seen.at(2));
    }
  };
  begin(reconciliation::none);
  auto const got = answer("write");
  BOOST_TEST((got.status == run_status::success));
  auto const done = std::string{R"({"written":true})"};
  if (failing == 1)
    BOOST_TEST((got.result.find("not sent") != std::string::npos && got.result.ends_with(done)), got.result);
  else if (failing == 4)
    BOOST_TEST((got.result.find("not sent") != std::string::npos && got.result.starts_with(done)), got.result);
  else
    BOOST_TEST(got.result == done + done);
  auto const told = history(got.run_id);
  BOOST_REQUIRE_MESSAGE(told, (told ? std::string{} : told.error().render()));
  BOOST_TEST(told->turns.size() == 3u);
  BOOST_TEST(!told->open);
}

BOOST_FIXTURE_TEST_CASE(a_run_left_behind_that_cannot_be_read_is_taken_up_when_it_can, troubled_runs) {
  auto left = run{};
  left.run_id = "run_" + ids->next();
  left.query = "left behind";
  left.created_at = now(system);
  auto stored = std::promise<void>{};
  environment->journal->accept(left, [&](expected<void>) { stored.set_value(); });
  stored.get_future().wait();
  auto failures = std::make_shared<std::atomic<int>>(1);
  disk->refuse_find = [failures](std::string const&) {
    return (*failures)-- > 0 ? std::optional{full_disk} : std::nullopt;
  };
  *model = [](complete_chat const&) { return says("done"); };
  orchestration::begin();
  BOOST_REQUIRE(eventually([&] { return *failures < 0 && is_over(state(left.run_id).status); }));
  BOOST_TEST(state(left.run_id).result.value() == "done");
}

BOOST_FIXTURE_TEST_CASE(a_request_that_is_stored_at_its_second_attempt_is_carried_out, troubled_runs) {
  auto first = std::make_shared<std::optional<store::callback<void>>>();
  disk->take_commit = [this, first](store::batch const& work, store::callback<void> const& done) {
    if (appends(work) || work.when != store::durability::durable) return false;
    if (!*first) {
      *first = done;
      return true;
    }
    // The failure of the first attempt comes when the second one is on its way.
    if (auto const late = std::exchange(**first, nullptr)) late(tl::unexpected{full_disk});
    return false;
  };
  *model = [](complete_chat const&) { return says("done"); };
  orchestration::begin();
  auto context = call{};
  context.idempotency_key = ids->next();
  auto const agent = at<orchestrator_actor>("agent");
  auto refused = client.ask(agent, start_run{"?", {}, {}, {}}, context);
  BOOST_REQUIRE(eventually([&] { return environment->board->size() == 1; }));
  auto const accepted = await(client.ask(agent, start_run{"?", {}, {}, {}}, context));
  BOOST_REQUIRE(accepted);
  auto const failure = await(std::move(refused));
  BOOST_REQUIRE(!failure);
  BOOST_TEST((failure.error().code == errc::storage));
  BOOST_TEST(over(accepted->run_id).result.value() == "done");
}
