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

#include <algorithm>

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
  note(github, list_deployments{.repo_name = "backend", .environment = "production"});
  note(jenkins, get_build_status{"nexus-main", 141});
  note(jenkins, get_build_history{"nexus-main", 5});
  note(jenkins, list_jobs{});
  return said;
}

/// The world behind a listener, reached over sockets.
struct network {
  simulator::options options;
  simulator::world world{options};
  http::server server{{.limits = {}, .make_request_id = [] { return std::string{"id"}; }}};
  expected<http::listener> listener = server.listen(
      "127.0.0.1", 0, http::serve([this](http::request const& received) { return world.handle(received); }));
  http::curl_transport transport{{}};

  explicit network(simulator::options given = {}) : options(std::move(given)) { BOOST_REQUIRE(listener.has_value()); }
  ~network() { server.stop(std::chrono::seconds{1}); }
  auto base() const -> std::string { return fmt::format("http://127.0.0.1:{}", listener->port()); }
};

/// Links of the world name the host it was reached at.
auto without_host(std::vector<std::string> said, std::string const& base) -> std::vector<std::string> {
  for (auto& each : said)
    for (auto at = each.find(base); at != std::string::npos; at = each.find(base)) each.replace(at, base.size(), "//");
  return said;
}

} // namespace

BOOST_AUTO_TEST_CASE(clients_say_the_same_in_process_and_over_the_network) {
  auto const options = simulator::options{};
  auto inside = std::vector<std::string>{};
  {
    auto world = simulator::world{options};
    auto transport = http::in_process_transport{[&](http::request const& received) { return world.handle(received); }};
    inside = without_host(everything_over(transport, "http://simulator", options), "http://simulator");
  }
  auto outside = std::vector<std::string>{};
  {
    auto net = network{options};
    outside = without_host(everything_over(net.transport, net.base(), options), net.base());
  }

  BOOST_TEST(inside == outside, boost::test_tools::per_element());
  for (std::size_t i = 0; i < inside.size(); ++i)
    BOOST_TEST(inside[i].starts_with("error: ") == (i == 3), inside[i].substr(0, 300));
}

BOOST_AUTO_TEST_CASE(what_github_confirms_is_answered_from_memory_and_does_not_count_against_the_rate_limit) {
  auto net = network{};
  auto box = mailbox{};
  // What comes over the wire: validated reads lie above it.
  auto came = std::vector<http::response>{};
  auto const seen = [&came, wire = box.exchange(net.transport)](call const& context, http::request outbound,
                                                                http::response_callback done) {
    wire(context, std::move(outbound), [&came, done = std::move(done)](expected<http::response> got) {
      if (got) came.push_back(*got);
      done(std::move(got));
    });
  };
  auto const now = [&] { return std::chrono::floor<std::chrono::milliseconds>(net.options.anchor); };
  auto const settings = git_ci::github_settings{
      .url = net.base() + "/github", .token = net.options.github_token, .organisation = "nexus"};
  auto const github = git_ci::github_client{settings, seen, now};
  auto const read = [&] {
    came.clear();
    auto const got = box.ask(github, get_security_scan{"backend", {}});
    BOOST_REQUIRE_MESSAGE(got, (got ? std::string{} : got.error().render()));
    return encode_json(*got);
  };
  /// The least that is left of the limit: answers come in any order.
  auto const left = [&] {
    auto least = 5'000;
    for (auto const& each : came)
      least = std::min(least, std::stoi(std::string{each.fields.find("X-RateLimit-Remaining").value()}));
    return least;
  };
  auto const count = [&](int status) {
    return std::count_if(came.begin(), came.end(), [&](auto const& each) { return each.status == status; });
  };

  auto const first = read();
  auto const requests = std::ssize(came);
  auto const left_at_first = left();
  BOOST_TEST(count(200) == requests);
  BOOST_TEST(left_at_first == 5'000 - requests);

  BOOST_TEST(read() == first);
  BOOST_TEST(std::ssize(came) == requests);
  BOOST_TEST(count(304) == requests);
  for (auto const& each : came) BOOST_TEST(each.body.empty());
  BOOST_TEST(left() == left_at_first);

  // Of what has changed only that is sent, and counts.
  auto const number = std::stoi(first.substr(first.find("code-scanning-") + 14));
  BOOST_REQUIRE(net.world.set({{"alert", {{"repository", "nexus/backend"}, {"number", number}, {"state", "fixed"}}}}));
  auto const changed = read();
  BOOST_TEST(changed != first);
  BOOST_TEST(count(200) == 1);
  BOOST_TEST(count(304) == requests - 1);
  BOOST_TEST(left() == left_at_first - 1);
  auto const fresh = box.ask(git_ci::github_client{settings, seen, now}, get_security_scan{"backend", {}});
  BOOST_TEST(changed == encode_json(fresh.value()));
}
