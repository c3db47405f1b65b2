#include "actors/git_ci/jenkins_client.hpp"
#include "tests/actors/outside_world.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <boost/test/unit_test.hpp>

using namespace nexus;
using namespace nexus::git_ci;
using namespace std::chrono_literals;
using json = nlohmann::json;

namespace {

/// The simulator on a clock that goes on while the client waits.
struct building {
  std::chrono::milliseconds passed{0};
  simulator::options options = [this] {
    auto made = simulator::options{};
    made.clock = [this, anchor = made.anchor] { return anchor + passed; };
    return made;
  }();
  simulator::world world{options};
  std::vector<http::request> sent;
  /// Its jobs were disabled in the meantime.
  bool disabled = false;
  jenkins_client client{
      {.url = "http://simulator/jenkins", .username = options.jenkins_user, .api_token = options.jenkins_token},
      [this](call const&, http::request outbound, http::response_callback done) {
        sent.push_back(outbound);
        outbound.target = nexus::testing::origin_form(outbound.target);
        auto answer = std::move(world.handle(outbound).answer);
        if (disabled) boost::replace_first(answer.body, R"("buildable":true)", R"("buildable":false)");
        done(std::move(answer));
      },
      [this] { return std::chrono::floor<std::chrono::milliseconds>(options.clock()); },
      [this](std::chrono::milliseconds delay, std::function<void()> const& work) {
        passed += delay;
        work();
      }};
  call context{.idempotency_key = "run_1.1.0"};

  auto start(trigger_build const& wanted) -> expected<build_trigger> {
    return nexus::testing::write(client, context, wanted);
  }
  auto refusal(trigger_build const& wanted) -> error {
    auto outcome = start(wanted);
    BOOST_REQUIRE(!outcome.has_value());
    return outcome.error();
  }
  auto posts() -> std::vector<http::request> {
    auto found = std::vector<http::request>{};
    for (auto const& each : sent)
      if (each.method == "POST") found.push_back(each);
    return found;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(builds_that_are_started, building)

BOOST_AUTO_TEST_CASE(a_build_is_followed_from_the_queue_to_its_number) {
  auto const started = start({"nexus-main", {{"BRANCH", {R"("release/2.0")"}}, {"DRY_RUN", {"true"}}}});
  BOOST_REQUIRE_MESSAGE(started.has_value(), (started ? "" : started.error().render()));
  BOOST_TEST(started->queue_id > 0);
  BOOST_TEST(started->build_number.value() == 144);
  BOOST_TEST(started->message == "nexus-main #144 has started");
  BOOST_TEST(passed >= 2s);
  BOOST_TEST(posts().size() == 1u);
  BOOST_TEST(posts()[0].body == "BRANCH=release%2F2.0&DRY_RUN=true&NEXUS_IDEMPOTENCY_KEY=run_1.1.0");
  auto running = nexus::testing::must(client, get_build_status{"nexus-main", 144});
  BOOST_TEST((running.status == build_result::building));
  BOOST_TEST(running.parameters.at("BRANCH") == "release/2.0");
  passed += 1min;
  auto const over = nexus::testing::must(client, get_build_status{"nexus-main", 144});
  BOOST_TEST((over.status == build_result::success));
  BOOST_TEST(over.duration_seconds == 30);
  BOOST_TEST(over.test_results.has_value());
}

BOOST_AUTO_TEST_CASE(a_job_in_a_folder_without_parameters_is_built_without_a_form) {
  auto const started = start({"/platform/nightly/", {}});
  BOOST_REQUIRE_MESSAGE(started.has_value(), (started ? "" : started.error().render()));
  BOOST_TEST(started->build_number.has_value());
  BOOST_TEST(posts()[0].target.ends_with("/job/platform/job/nightly/build"));
  BOOST_TEST(posts()[0].body.empty());
}

BOOST_AUTO_TEST_CASE(parameters_that_the_job_does_not_take_are_refused_by_name) {
  auto const problem = refusal({"nexus-main", {{"BRANHC", {R"("main")"}}, {"DRY_RUN", {"1"}}}});
  BOOST_TEST((problem.code == errc::refused));
  BOOST_TEST(problem.message == "job nexus-main does not take: BRANHC");
  BOOST_TEST(problem.remedy == "it takes: BRANCH, DRY_RUN");
  BOOST_TEST(refusal({"platform/nightly", {{"X", {"1"}}}}).remedy == "it takes no parameters");
  // The key is not for others to set.
  BOOST_TEST((refusal({"nexus-main", {{"NEXUS_IDEMPOTENCY_KEY", {R"("mine")"}}}}).code == errc::refused));
  BOOST_TEST((refusal({"nexus-main", {{"BRANCH", {R"(["main"])"}}}}).code == errc::invalid_argument));
  BOOST_TEST(posts().empty());
}

BOOST_AUTO_TEST_CASE(an_unknown_job_is_named_with_what_is_near) {
  auto const problem = refusal({"nexus-mian", {}});
  BOOST_TEST((problem.code == errc::not_found));
  BOOST_TEST(problem.message == "Jenkins shows no job nexus-mian (did you mean nexus-main?)");
  BOOST_TEST((refusal({"../x", {}}).code == errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(a_deadline_ends_the_wait_for_a_number_and_not_the_build) {
  context.deadline = std::chrono::floor<std::chrono::milliseconds>(options.clock()) + 3s;
  auto const queued = start({"nexus-main", {}});
  BOOST_REQUIRE(queued.has_value());
  BOOST_TEST(!queued->build_number.has_value());
  BOOST_TEST(queued->message.starts_with("nexus-main is queued as item "));
}

BOOST_AUTO_TEST_CASE(a_recovering_call_finds_its_build_in_the_queue_and_afterwards) {
  context.deadline = std::chrono::floor<std::chrono::milliseconds>(options.clock()) + 2s;
  auto const first = start({"nexus-main", {}});
  BOOST_REQUIRE(first.has_value());
  context.recovering = true;
  auto const queued = start({"nexus-main", {}});
  BOOST_REQUIRE(queued.has_value());
  BOOST_TEST(queued->queue_id == first->queue_id);
  for (auto const later : {5s, 120s, 1'000s}) {
    passed += later;
    auto const built = start({"nexus-main", {}});
    BOOST_REQUIRE(built.has_value());
    BOOST_TEST(built->queue_id == first->queue_id);
    BOOST_TEST(built->build_number.value() == 144);
  }
  BOOST_TEST(posts().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_job_that_takes_no_key_is_never_built_again) {
  context.recovering = true;
  auto const problem = refusal({"platform/nightly", {}});
  BOOST_TEST((problem.code == errc::unavailable));
  BOOST_TEST(problem.message ==
             "whether an earlier attempt has started a build of platform/nightly cannot be told, and it "
             "was not started again");
  BOOST_TEST(posts().empty());
}

BOOST_AUTO_TEST_CASE(a_recovering_call_of_a_job_that_was_changed_does_not_deny_its_build) {
  context.recovering = true;
  disabled = true;
  auto const problem = refusal({"nexus-main", {}});
  BOOST_TEST((problem.code == errc::unavailable));
  BOOST_TEST(problem.message.ends_with("job nexus-main is disabled or cannot be built"), problem.message);
  disabled = false;
  BOOST_TEST((refusal({"nexus-main", {{"GONE", {"1"}}}}).code == errc::unavailable));
  BOOST_TEST((refusal({"no-such-job", {}}).code == errc::unavailable));
  BOOST_TEST(posts().empty());
}

BOOST_AUTO_TEST_CASE(a_recovering_call_that_cannot_look_starts_nothing) {
  context.recovering = true;
  world.add_fault({.service = "jenkins", .match = "/queue", .status = 403});
  BOOST_TEST((refusal({"nexus-main", {}}).code == errc::unavailable));
  BOOST_TEST(posts().empty());
}

BOOST_AUTO_TEST_SUITE_END()
