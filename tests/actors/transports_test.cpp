#include "actors/git_ci/github_client.hpp"
#include "actors/git_ci/jenkins_client.hpp"
#include "actors/jira/jira_client.hpp"
#include "messages/core/codec.hpp"
#include "runtime/http/curl_transport.hpp"
#include "runtime/http/in_process_transport.hpp"
#include "runtime/http/service_handler.hpp"
#include "simulator/simulator.hpp"
#include "tests/actors/mailbox.hpp"

#include <boost/test/unit_test.hpp>

using namespace nexus;

namespace {

using nexus::testing::mailbox;

/// What every client says over a transport, as JSON.
auto everything_over(http::transport& over, std::string const& base, simulator::options const& options)
    -> std::vector<std::string> {
  mailbox box;
  auto const now = [anchor = options.anchor] { return std::chrono::floor<std::chrono::milliseconds>(anchor); };
  auto const jira = jira::jira_client{
      {.url = base + "/jira", .username = options.jira_user, .api_token = options.jira_token, .fields = {}},
      box.exchange(over),
      now};
  auto const github = git_ci::github_client{
      {.url = base + "/github", .token = options.github_token, .organisation = "nexus"}, box.exchange(over), now};
  auto const jenkins = git_ci::jenkins_client{
      {.url = base + "/jenkins", .username = options.jenkins_user, .api_token = options.jenkins_token},
      box.exchange(over),
      now};
  std::vector<std::string> said;
  auto const note = [&](auto const& client, auto const& request) {
    auto const got = box.ask(client, request);
    said.push_back(got ? encode_json(*got) : "error: " + got.error().render());
  };
  note(jira, get_ticket_hierarchy{"PROJ-100", 3});
  note(jira, get_release_stats{"NEXUS", "2.0"});
  note(jira, get_sprint_stats{"PROJ", {}});
  note(jira, get_ticket{"PROJ-99999"});
  note(github, get_repo_health{"backend"});
  note(github, list_pull_requests{"backend", "open"});
  note(github, find_release_candidate{"backend", "1.9"});
  note(jenkins, get_build_status{"nexus-main", 141});
  note(jenkins, get_build_history{"nexus-main", 5});
  note(jenkins, list_jobs{});
  return said;
}

/// Links of the world name the host it was reached at.
auto without_host(std::vector<std::string> said, std::string const& base) -> std::vector<std::string> {
  for (auto& each : said)
    for (auto at = each.find(base); at != std::string::npos; at = each.find(base)) each.replace(at, base.size(), "//");
  return said;
}

} // namespace

BOOST_AUTO_TEST_CASE(clients_say_the_same_in_process_and_over_the_network) {
  auto const options = simulator::options{};
  auto world = simulator::world{options};
  auto const service = [&](http::request const& received) { return world.handle(received); };

  auto inside = std::vector<std::string>{};
  {
    auto transport = http::in_process_transport{service};
    inside = without_host(everything_over(transport, "http://simulator", options), "http://simulator");
  }
  auto server = http::server{{.limits = {}, .make_request_id = [] { return std::string{"id"}; }}};
  auto listener = server.listen("127.0.0.1", 0, http::serve(service));
  BOOST_REQUIRE(listener.has_value());
  auto const base = fmt::format("http://127.0.0.1:{}", listener->port());
  auto outside = std::vector<std::string>{};
  {
    auto transport = http::curl_transport{{}};
    outside = without_host(everything_over(transport, base, options), base);
  }
  server.stop(std::chrono::seconds{1});

  BOOST_TEST(inside == outside, boost::test_tools::per_element());
  for (std::size_t i = 0; i < inside.size(); ++i)
    BOOST_TEST(inside[i].starts_with("error: ") == (i == 3), inside[i].substr(0, 300));
}
