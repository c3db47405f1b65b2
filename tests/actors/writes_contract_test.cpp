#include "actors/git_ci/github_client.hpp"
#include "actors/git_ci/jenkins_client.hpp"
#include "actors/jira/jira_client.hpp"
#include "messages/core/codec.hpp"
#include "runtime/http/curl_transport.hpp"
#include "runtime/http/in_process_transport.hpp"
#include "runtime/http/service_handler.hpp"
#include "simulator/simulator.hpp"
#include "tests/actors/mailbox.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>

using namespace nexus;
using namespace std::chrono_literals;
namespace data = boost::unit_test::data;
using kind = simulator::fault::kind_type;

namespace {

/// What a service does to the request that writes.
struct trouble {
  char const* name;
  std::optional<kind> fault;
  int status = 0;
  /// What the client must say: nothing for a success.
  std::optional<errc> said;
  /// Whether the world has changed all the same.
  bool done = false;
};
auto operator<<(std::ostream& out, trouble const& each) -> std::ostream& { return out << each.name; }

auto const troubles = std::vector<trouble>{
    {"nothing", std::nullopt, 0, std::nullopt, true},
    {"too many requests", kind::rate_limit, 0, errc::overloaded, false},
    {"an error of its own, although it was done", kind::status, 500, errc::upstream, true},
    {"a refusal", kind::status, 403, errc::permission_denied, false},
    {"credentials that are not accepted", kind::status, 401, errc::permission_denied, false},
    {"a connection that breaks", kind::cut_off, 0, errc::upstream, true},
    {"an answer that makes no sense", kind::malformed, 0, std::nullopt, true},
    {"an answer that comes late", kind::slow, 0, std::nullopt, true},
};

/// A world whose clock moves with every look at it, behind both transports.
struct world_of_two_ways {
  std::atomic<int> seconds{0};
  simulator::options options = [this] {
    auto made = simulator::options{};
    made.clock = [this, anchor = made.anchor] { return anchor + std::chrono::seconds{seconds.load()}; };
    return made;
  }();
  simulator::world world{options};
  http::server server{{.limits = {}, .make_request_id = [] { return std::string{"id"}; }}};
  expected<http::listener> listener =
      server.listen("127.0.0.1", 0, http::serve([this](http::request const& r) { return world.handle(r); }));
  std::unique_ptr<http::transport> carrier;
  std::string base;
  nexus::testing::mailbox box;

  explicit world_of_two_ways(bool over_the_network) {
    BOOST_REQUIRE(listener.has_value());
    if (over_the_network) {
      carrier = std::make_unique<http::curl_transport>(http::curl_options{});
      base = fmt::format("http://127.0.0.1:{}", listener->port());
    } else {
      carrier =
          std::make_unique<http::in_process_transport>([this](http::request const& r) { return world.handle(r); });
      base = "http://simulator";
    }
  }
  ~world_of_two_ways() {
    carrier.reset();
    server.stop(1s);
  }
  world_of_two_ways(world_of_two_ways const&) = delete;
  auto operator=(world_of_two_ways const&) -> world_of_two_ways& = delete;

  auto now() -> std::function<timestamp()> {
    return [this] { return std::chrono::floor<std::chrono::milliseconds>(options.clock()); };
  }
  auto jira() -> jira::jira_client {
    return {{.url = base + "/jira", .username = options.jira_user, .api_token = options.jira_token, .fields = {}},
            box.exchange(*carrier),
            now()};
  }
  auto github() -> git_ci::github_client {
    return {{.url = base + "/github", .token = options.github_token}, box.exchange(*carrier), now()};
  }
  auto jenkins() -> git_ci::jenkins_client {
    return {{.url = base + "/jenkins", .username = options.jenkins_user, .api_token = options.jenkins_token},
            box.exchange(*carrier),
            now(),
            [this](auto, auto work) {
              seconds += 1;
              work();
            }};
  }
  void order(trouble const& each, std::string const& service, std::string const& path) {
    if (each.fault)
      world.add_fault({.service = service,
                       .match = path,
                       .kind = *each.fault,
                       .status = each.status,
                       .delay = each.fault == kind::slow ? 50ms : 0ms,
                       .count = 1});
  }
  auto read(std::string const& target) -> nlohmann::json {
    auto request = http::request{.method = "GET", .target = target, .fields = {}, .body = {}};
    request.fields.add("Authorization", rest::basic_authorization("nexus", "simulator-token"));
    return nlohmann::json::parse(world.handle(request).answer.body);
  }
  auto comments() -> std::size_t { return read("/jira/rest/api/3/issue/PROJ-123/comment")["total"]; }
};

auto check(trouble const& each, auto const& outcome) {
  BOOST_TEST(outcome.has_value() == !each.said.has_value(), (outcome ? std::string{} : outcome.error().render()));
  if (!outcome && each.said) BOOST_TEST((outcome.error().code == *each.said), outcome.error().render());
}

auto const key = call{.idempotency_key = "run_1.2.0"};
auto const again = call{.idempotency_key = "run_1.2.0", .recovering = true};

} // namespace

BOOST_DATA_TEST_CASE(a_comment_is_there_once_whatever_became_of_its_answer,
                     data::make(troubles) * data::make({false, true}), each, over_the_network) {
  auto world = world_of_two_ways{over_the_network};
  auto const client = world.jira();
  auto const wanted = update_ticket{"PROJ-123", std::nullopt, "deployed\nto staging"};
  world.order(each, "jira", "/rest/api/3/issue/PROJ-123/comment");
  check(each, world.box.write(client, key, wanted));
  BOOST_TEST(world.comments() == (each.done ? 1u : 0u));
  auto const settled = world.box.write(client, again, wanted);
  BOOST_REQUIRE_MESSAGE(settled.has_value(), (settled ? "" : settled.error().render()));
  BOOST_TEST(settled->comment_added);
  BOOST_TEST(world.comments() == 1u);
}

BOOST_DATA_TEST_CASE(a_move_is_made_once_whatever_became_of_its_answer,
                     data::make(troubles) * data::make({false, true}), each, over_the_network) {
  auto world = world_of_two_ways{over_the_network};
  auto const client = world.jira();
  auto const wanted = update_ticket{"PROJ-123", "done", std::nullopt};
  auto const status = [&] {
    return world.read("/jira/rest/api/3/issue/PROJ-123?fields=status")["fields"]["status"]["name"].get<std::string>();
  };
  // The transitions are read first: that read is not what is to fail.
  world.world.add_fault(
      {.service = "jira", .match = "/rest/api/3/issue/PROJ-123/transitions", .kind = kind::slow, .count = 1});
  world.order(each, "jira", "/rest/api/3/issue/PROJ-123/transitions");
  check(each, world.box.write(client, key, wanted));
  BOOST_TEST(status() == (each.done ? "Done" : "In Progress"));
  auto const settled = world.box.write(client, again, wanted);
  BOOST_REQUIRE_MESSAGE(settled.has_value(), (settled ? "" : settled.error().render()));
  BOOST_TEST(settled->status.value() == "Done");
  BOOST_TEST(status() == "Done");
}

BOOST_DATA_TEST_CASE(fields_are_set_whatever_became_of_the_answer, data::make(troubles) * data::make({false, true}),
                     each, over_the_network) {
  auto world = world_of_two_ways{over_the_network};
  auto const client = world.jira();
  auto const wanted = update_ticket_fields{"PROJ-123", {{"priority", {R"("Low")"}}, {"labels", {R"(["x","y"])"}}}, {}};
  world.world.add_fault(
      {.service = "jira", .match = "/rest/api/3/issue/PROJ-123/editmeta", .kind = kind::slow, .count = 1});
  world.order(each, "jira", "/rest/api/3/issue/PROJ-123");
  check(each, world.box.write(client, key, wanted));
  auto const shown = world.read("/jira/rest/api/3/issue/PROJ-123?fields=priority")["fields"]["priority"]["name"];
  BOOST_TEST((shown == "Low") == each.done);
  BOOST_TEST(world.box.write(client, again, wanted).has_value());
}

BOOST_DATA_TEST_CASE(a_build_starts_once_whatever_became_of_its_answer,
                     data::make(troubles) * data::make({false, true}), each, over_the_network) {
  auto world = world_of_two_ways{over_the_network};
  auto const client = world.jenkins();
  auto const wanted = trigger_build{"nexus-main", {{"BRANCH", {R"("main")"}}, {"DRY_RUN", {"true"}}}};
  auto const last = [&] {
    world.seconds += 5;
    return world.read("/jenkins/job/nexus-main/api/json?tree=lastBuild[number]")["lastBuild"]["number"].get<int>();
  };
  auto const before = last();
  world.order(each, "jenkins", "/job/nexus-main/buildWithParameters");
  check(each, world.box.write(client, key, wanted));
  BOOST_TEST(last() == before + (each.done ? 1 : 0));
  auto const settled = world.box.write(client, again, wanted);
  BOOST_REQUIRE_MESSAGE(settled.has_value(), (settled ? "" : settled.error().render()));
  BOOST_TEST(settled->build_number.value() == before + 1);
  BOOST_TEST(last() == before + 1);
}

BOOST_DATA_TEST_CASE(a_commit_has_its_status_once_whatever_became_of_its_answer,
                     data::make(troubles) * data::make({false, true}), each, over_the_network) {
  auto world = world_of_two_ways{over_the_network};
  auto const client = world.github();
  auto const read = [&](std::string const& path) {
    auto request =
        http::request{.method = "GET", .target = "/github/repos/nexus/backend" + path, .fields = {}, .body = {}};
    request.fields.add("Authorization", "Bearer " + world.options.github_token);
    request.fields.add("User-Agent", "test");
    return nlohmann::json::parse(world.world.handle(request).answer.body);
  };
  std::string const commit = read("/commits/main")["sha"];
  auto const statuses = [&] { return read("/commits/" + commit + "/status")["statuses"]; };
  auto const before = statuses().size();
  auto const wanted = set_commit_status{"nexus/backend",       commit,
                                        commit_state::failure, "nexus/readiness",
                                        std::string(500, 'x'), "https://example.com/run"};
  world.order(each, "github", "/repos/nexus/backend/statuses/" + commit);
  check(each, world.box.write(client, key, wanted));
  BOOST_TEST(statuses().size() == before + (each.done ? 1 : 0));
  world.seconds += 3'600; // a limit is over
  auto const settled = world.box.write(client, again, wanted);
  BOOST_REQUIRE_MESSAGE(settled.has_value(), (settled ? "" : settled.error().render()));
  BOOST_TEST(statuses().size() == before + 1);
  nlohmann::json const shown = statuses().back();
  std::string const description = shown["description"];
  BOOST_TEST(shown["state"] == "failure");
  BOOST_TEST(shown["context"] == "nexus/readiness");
  BOOST_TEST(description.size() <= 140u);
  BOOST_TEST(shown["target_url"] == "https://example.com/run");
}

BOOST_AUTO_TEST_CASE(a_status_of_what_is_no_commit_is_refused) {
  auto world = world_of_two_ways{false};
  auto const client = world.github();
  auto const refused = [&](std::string const& repository, std::string const& commit) {
    auto const outcome = world.box.write(client, key, set_commit_status{repository, commit});
    BOOST_REQUIRE(!outcome.has_value());
    return outcome.error().code;
  };
  BOOST_TEST((refused("nexus/backend", std::string(40, '0')) == errc::refused));
  BOOST_TEST((refused("nexus/backend", "main") == errc::invalid_argument));
  BOOST_TEST((refused("nexus/none", std::string(40, '0')) == errc::not_found));
}
