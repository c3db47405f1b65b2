#include "runtime/store/sqlite_store.hpp"
#include "tests/system/support.hpp"

#include <fstream>

// When the world outside or the disk fails: said as such, never papered over, and over when it is over.

using namespace nexus;
using namespace nexus::testing;

namespace {

constexpr auto question = "Is v1.9.0 ready for release?";

struct outage {
  simulated_world world;
  running_node system{[this](node_settings& settings) {
    settings.simulator.url = world.url();
    settings.evidence.max_age = "0";
  }};
};

auto requests_of(simulated_world const& world, std::string const& service) -> std::size_t {
  return send(world.port(), "GET", "/_simulator/log?service=" + service).data().at("requests").size();
}

} // namespace

BOOST_AUTO_TEST_CASE(evidence_that_cannot_be_had_makes_a_decision_degraded_and_inconclusive) {
  auto const all = outage{};
  BOOST_TEST(all.system.ask(question).at("decision") == "GO");
  for (auto const& fault :
       {json{{"service", "jira"}, {"match", "/rest/api/3/search"}, {"kind", "status"}, {"status", 500}},
        json{{"service", "jira"}, {"match", "/rest/api/3/search"}, {"kind", "malformed"}},
        json{{"service", "jira"}, {"match", "/rest/api/3/search"}, {"kind", "cut_off"}},
        json{{"service", "github"},
             {"match", "/repos/nexus/backend/code-scanning"},
             {"kind", "rate_limit"},
             {"retry_after_s", 0}},
        json{{"service", "jenkins"}, {"kind", "malformed"}},
        json{{"service", "jenkins"}, {"kind", "status"}, {"status", 500}}})
    BOOST_TEST_CONTEXT(fault.dump()) {
      all.world.order("faults", fault);
      auto const answer = all.system.ask(question);
      BOOST_TEST(answer.at("decision") == "INCONCLUSIVE");
      BOOST_TEST(answer.at("degraded") == true);
      BOOST_TEST(!answer.at("degraded_reasons").empty());
      auto const decided = all.system.get("/decisions/" + answer.at("decision_id").get<std::string>()).data();
      auto absent = 0;
      for (auto const& objective : decided.at("objectives")) {
        if (objective.at("status") != "missing") continue;
        ++absent;
        BOOST_TEST(objective.at("value").is_null());
        BOOST_TEST(!objective.at("reason").get<std::string>().empty());
      }
      BOOST_TEST(absent > 0);
      all.world.clear_faults();
      auto const again = all.system.ask(question);
      BOOST_TEST(again.at("decision") == "GO");
      BOOST_TEST(again.at("degraded") == false);
    }
}

BOOST_AUTO_TEST_CASE(a_service_that_is_down_altogether_leaves_no_decision_and_an_answer_that_says_why) {
  auto const all = outage{};
  all.world.order("faults", {{"service", "jira"}, {"kind", "status"}, {"status", 500}});
  auto const answer = all.system.ask(question);
  BOOST_TEST(answer.at("decision").is_null());
  BOOST_TEST(answer.at("degraded") == true);
  BOOST_TEST(answer.at("degraded_reasons").at(0).get<std::string>().find("Jira") != std::string::npos);
  auto const ticket = send(all.system.jira(), "GET", "/issue/PROJ-123");
  BOOST_TEST(ticket.status == 200);
  BOOST_TEST(ticket.data().at("status") == "failed");
  BOOST_TEST(ticket.data().at("error_code") == "upstream");
}

BOOST_AUTO_TEST_CASE(a_slow_service_is_waited_for_as_long_as_the_run_has_time) {
  auto const all = outage{};
  all.world.order("faults", {{"service", "jira"}, {"kind", "slow"}, {"delay_ms", 100}});
  BOOST_TEST(all.system.ask(question).at("decision") == "GO");
  all.world.clear_faults();
  all.world.order("faults", {{"service", "jira"}, {"kind", "slow"}, {"delay_ms", 1'500}});
  auto const late = all.system.ask(question, {{"timeout_seconds", 1}});
  BOOST_TEST(late.at("status") == "timeout");
  BOOST_TEST(late.at("decision").is_null());
  BOOST_TEST(all.system.ask(question).at("decision") == "GO");
}

BOOST_AUTO_TEST_CASE(a_service_that_keeps_failing_is_left_alone_and_taken_up_again) {
  auto const all = outage{};
  auto const ask = [&] { return send(all.system.jira(), "GET", "/issue/PROJ-123"); };
  BOOST_TEST(ask().data().at("status") == "success");
  all.world.order("faults", {{"service", "jira"}, {"kind", "status"}, {"status", 503}});
  BOOST_TEST(eventually([&] {
    auto const before = requests_of(all.world, "jira");
    auto const reply = ask();
    return reply.status == 503 && !reply.field("retry-after").empty() && requests_of(all.world, "jira") == before;
  }));
  all.world.clear_faults();
  BOOST_TEST(eventually([&] { return ask().data().at("status") == "success"; }));
}

BOOST_AUTO_TEST_CASE(a_node_that_ends_as_soon_as_it_began_leaves_its_data_to_the_next) {
  auto const directory = temporary_directory{};
  for (auto i = 0; i < 20; ++i) {
    {
      auto const system = running_node{directory.path(), {}};
    }
    auto const store = store::open_sqlite({.directory = directory.path()});
    BOOST_REQUIRE_MESSAGE(store, (store ? std::string{} : store.error().render()));
  }
}

BOOST_AUTO_TEST_CASE(a_store_that_is_damaged_is_named_at_start) {
  auto const directory = temporary_directory{};
  {
    auto const system = running_node{directory.path(), {}};
  }
  auto stores = 0;
  for (auto const& entry : std::filesystem::directory_iterator{directory.path()})
    if (entry.path().extension() == ".db" || entry.path().extension() == ".sqlite") {
      auto file = std::fstream{entry.path(), std::ios::in | std::ios::out | std::ios::binary};
      file.write("this is not what a database begins with", 39);
      ++stores;
    }
  BOOST_REQUIRE_EQUAL(stores, 1);
  auto settings = test_settings(directory.path());
  settings.port_offset = free_port_offset();
  auto const started = apps::node::start({settings, {}, {}});
  BOOST_REQUIRE(!started);
  BOOST_TEST((started.error().code == errc::corrupt));
  BOOST_TEST(started.error().where.find(directory.path()) != std::string::npos, started.error().render());
  BOOST_TEST(!started.error().remedy.empty());
}

BOOST_AUTO_TEST_CASE(a_data_directory_that_cannot_be_used_is_named_at_start) {
  auto const directory = temporary_directory{};
  auto const refused = [&](std::string const& data_dir) {
    auto settings = test_settings(data_dir);
    settings.port_offset = free_port_offset();
    auto started = apps::node::start({settings, {}, {}});
    BOOST_REQUIRE(!started);
    BOOST_TEST(started.error().render().find(data_dir) != std::string::npos, started.error().render());
    BOOST_TEST(!started.error().remedy.empty());
    return started.error().code;
  };
  auto const file = directory.write("file", "no directory");
  refused(file);
  // Every write to this device fails as on a full disk.
  if (std::filesystem::exists("/dev/full")) refused("/dev/full/data");
  auto const first = running_node{directory.path(), {}};
  BOOST_TEST((refused(directory.path()) == errc::conflict));
}

BOOST_AUTO_TEST_CASE(a_port_that_is_taken_is_named_at_start) {
  auto const directory = temporary_directory{};
  auto const first = running_node{};
  auto settings = test_settings(directory.path());
  settings.port_offset = first.offset;
  auto const started = apps::node::start({settings, {}, {}});
  BOOST_REQUIRE(!started);
  auto const text = started.error().render();
  BOOST_TEST((text.find(std::to_string(first.offset + 8080)) != std::string::npos ||
              text.find(std::to_string(first.offset + 8081)) != std::string::npos ||
              text.find(std::to_string(first.offset + 8082)) != std::string::npos),
             text);
  BOOST_TEST(text.find("in use") != std::string::npos, text);
}
