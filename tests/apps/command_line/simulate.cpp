#include "tests/apps/command_line/client.hpp"
#include "tests/apps/command_line/program.hpp"

using namespace nexus;
using namespace nexus::apps;

BOOST_AUTO_TEST_CASE(the_simulator_answers_until_it_is_interrupted) {
  auto simulator = process{{{"simulate", "--port", "0", "--seed", "7", "--now", "2026-03-02T09:00:00Z", "--json"}}};
  auto const said = nlohmann::json::parse(simulator.read_until("\n"));
  BOOST_TEST(said["seed"] == 7);
  BOOST_TEST(said["now"] == "2026-03-02T09:00:00.000Z");
  auto const url = said["url"].get<std::string>();
  auto const health = get(url + "/_simulator/health");
  BOOST_REQUIRE(health.has_value());
  BOOST_TEST(health->status == 200);
  auto const tags = get(url + "/github/repos/nexus/backend/tags",
                        {{"Authorization", "Bearer simulator-token"}, {"User-Agent", "test"}});
  BOOST_REQUIRE(tags.has_value());
  BOOST_TEST(contains(tags->body, "v1.9.0"));
  simulator.send_signal(SIGINT);
  auto const ended = simulator.finish();
  BOOST_TEST(ended.code == 0);
  BOOST_TEST(ended.err == "");
}

BOOST_AUTO_TEST_CASE(the_simulator_says_how_to_use_it_and_what_it_cannot) {
  auto simulator = process{{{"simulate", "--port", "0"}}};
  BOOST_TEST(contains(simulator.read_until("Ctrl-C"), "NEXUS_SIMULATOR_URL=http://127.0.0.1:"));
  simulator.send_signal(SIGTERM);
  BOOST_TEST(simulator.finish().code == 0);
  BOOST_TEST(run({"simulate", "--now", "soon"}).code == 2);
  auto const elsewhere = run({"simulate", "--bind", "nowhere", "--port", "0"});
  BOOST_TEST(elsewhere.code == 2);
  BOOST_TEST(contains(elsewhere.err, "nowhere"));
}
