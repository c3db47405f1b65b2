#include "actors/git_ci/jenkins_client.hpp"
#include "tests/actors/outside_world.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace nexus;
using namespace nexus::git_ci;
using nexus::testing::ask;
using nexus::testing::must;
using json = nlohmann::json;

namespace {

struct simulated : nexus::testing::outside_world {
  jenkins_client client{
      {.url = "http://simulator/jenkins", .username = options.jenkins_user, .api_token = options.jenkins_token},
      exchange(),
      clock()};

  auto folder_job() -> std::string {
    auto const jobs = must(client, list_jobs{}).jobs;
    auto const found = std::find_if(jobs.begin(), jobs.end(),
                                    [](auto const& each) { return each.job_name.find('/') != std::string::npos; });
    BOOST_REQUIRE((found != jobs.end()));
    return found->job_name;
  }
};

auto contains(std::string const& text, std::string_view part) -> bool { return text.find(part) != std::string::npos; }

} // namespace

BOOST_AUTO_TEST_SUITE(jenkins_over_the_simulator)

BOOST_FIXTURE_TEST_CASE(a_build_is_read_with_tests_and_coverage, simulated) {
  auto const got = must(client, get_build_status{"nexus-main", 141});
  BOOST_TEST(got.build_number == 141);
  BOOST_TEST((got.status == build_result::success));
  BOOST_TEST(got.duration_seconds > 0);
  BOOST_TEST(got.commit_sha.value().size() == 40u);
  BOOST_TEST(got.branch.has_value());
  BOOST_TEST(!got.branch->starts_with("refs/"));
  BOOST_TEST(got.triggered_by.has_value());
  BOOST_REQUIRE(got.test_results.has_value());
  BOOST_TEST(got.test_results->failed == 0);
  BOOST_TEST(got.test_results->total_tests == got.test_results->passed + got.test_results->skipped);
  BOOST_TEST(got.coverage_percentage.value() > 0);
  BOOST_TEST(got.test_results->coverage_percentage.value() == *got.coverage_percentage);
}

BOOST_FIXTURE_TEST_CASE(failed_builds_say_so, simulated) {
  BOOST_TEST((must(client, get_build_status{"nexus-main", 142}).status == build_result::failure));
  BOOST_TEST((must(client, get_build_status{"nexus-main", 143}).status == build_result::failure));
}

BOOST_FIXTURE_TEST_CASE(failed_tests_are_named, simulated) {
  auto const history = must(client, get_build_history{"nexus-main", 50});
  auto const found = std::find_if(history.builds.begin(), history.builds.end(),
                                  [](auto const& each) { return each.test_results && each.test_results->failed > 0; });
  BOOST_REQUIRE((found != history.builds.end()));
  auto const got = must(client, get_build_status{"nexus-main", found->build_number});
  BOOST_TEST(got.test_results->failed == found->test_results->failed);
  BOOST_TEST(got.test_results->failed_test_names.size() ==
             static_cast<std::size_t>(std::min(50, got.test_results->failed)));
}

BOOST_FIXTURE_TEST_CASE(the_newest_build_is_the_last_one, simulated) {
  auto const newest = must(client, get_build_status{"nexus-main", {}});
  auto const history = must(client, get_build_history{"nexus-main", 3});
  BOOST_REQUIRE(history.builds.size() == 3u);
  BOOST_TEST(history.builds[0].build_number == newest.build_number);
  BOOST_TEST(history.builds[1].build_number == newest.build_number - 1);
}

BOOST_FIXTURE_TEST_CASE(jobs_are_listed_with_their_folders_and_repositories, simulated) {
  auto const got = must(client, list_jobs{});
  auto const found =
      std::find_if(got.jobs.begin(), got.jobs.end(), [](auto const& each) { return each.job_name == "nexus-main"; });
  BOOST_REQUIRE((found != got.jobs.end()));
  BOOST_TEST(found->last_build_number.value() > 100);
  BOOST_TEST(found->last_build_status.has_value());
  BOOST_TEST(found->repo_name.value() == "nexus/backend");
  BOOST_TEST(!got.more);
}

BOOST_FIXTURE_TEST_CASE(a_job_in_a_folder_is_read, simulated) {
  auto const job = folder_job();
  auto const got = must(client, get_build_status{job, {}});
  BOOST_TEST(got.job_name == job);
  BOOST_TEST(must(client, get_build_status{'/' + job + '/', {}}).job_name == job);
}

BOOST_FIXTURE_TEST_CASE(what_is_not_there_is_named, simulated) {
  auto const job = ask(client, get_build_status{"nexus-mian", {}}).error();
  BOOST_TEST((job.code == errc::not_found));
  BOOST_TEST(contains(job.render(), "did you mean nexus-main?"));
  BOOST_TEST((ask(client, get_build_history{"nexus-mian", 3}).error().code == errc::not_found));
  auto const build = ask(client, get_build_status{"nexus-main", 99999}).error();
  BOOST_TEST((build.code == errc::not_found));
  BOOST_TEST(contains(build.render(), "no build 99999; its newest is"));
  for (auto const* bad : {"", "/", "a//b", "../x", "a/./b"})
    BOOST_TEST((ask(client, get_build_status{bad, {}}).error().code == errc::invalid_argument), bad);
}

BOOST_FIXTURE_TEST_CASE(the_build_of_a_commit_is_found_and_so_is_that_of_a_branch, simulated) {
  auto const build = must(client, get_build_status{"nexus-main", 141});
  auto const by_commit = must(client, get_release_build{"nexus-main", *build.commit_sha, ""});
  BOOST_TEST(by_commit.commit_sha.value() == *build.commit_sha);
  BOOST_TEST((by_commit.status != build_result::building));
  auto const short_commit = must(client, get_release_build{"nexus-main", build.commit_sha->substr(0, 8), ""});
  BOOST_TEST(short_commit.build_number == by_commit.build_number);
  auto const by_branch = must(client, get_release_build{"nexus-main", "", "refs/heads/" + *build.branch});
  BOOST_TEST(by_branch.branch.value() == *build.branch);
  auto const either = must(client, get_release_build{"nexus-main", std::string(40, '0'), *build.branch});
  BOOST_TEST(either.build_number == by_branch.build_number);
  BOOST_TEST(
      (ask(client, get_release_build{"nexus-main", std::string(40, '0'), "no-such"}).error().code == errc::not_found));
  BOOST_TEST((ask(client, get_release_build{"nexus-main", "", ""}).error().code == errc::invalid_argument));
}

BOOST_FIXTURE_TEST_CASE(a_new_build_is_seen, simulated) {
  auto const before = must(client, get_build_status{"nexus-main", {}});
  BOOST_REQUIRE(world.set({{"build", {{"job", "nexus-main"}, {"result", "SUCCESS"}}}}).has_value());
  BOOST_TEST(must(client, get_build_status{"nexus-main", {}}).build_number == before.build_number + 1);
}

BOOST_FIXTURE_TEST_CASE(a_report_that_cannot_be_read_is_absent_with_its_reason, simulated) {
  world.add_fault({.service = "jenkins",
                   .match = "/job/nexus-main/141/coverage",
                   .kind = simulator::fault::kind_type::status,
                   .status = 500});
  auto const got = must(client, get_build_status{"nexus-main", 141});
  BOOST_TEST(!got.coverage_percentage.has_value());
  BOOST_TEST(contains(got.unavailable.at("coverage_percentage"), "500"));
  BOOST_TEST(got.test_results.has_value());
}

BOOST_FIXTURE_TEST_CASE(wrong_credentials_name_the_settings_and_not_the_secret, nexus::testing::outside_world) {
  auto const client =
      jenkins_client{{.url = "http://simulator/jenkins", .username = "nexus", .api_token = "very-secret-and-wrong"},
                     exchange(),
                     clock()};
  auto const got = ask(client, list_jobs{}).error();
  BOOST_TEST(contains(got.remedy, "JENKINS_API_TOKEN"));
  BOOST_TEST(!contains(got.render(), "very-secret"));
}

BOOST_FIXTURE_TEST_CASE(each_fault_is_an_error_that_says_so, simulated) {
  using kind = simulator::fault::kind_type;
  struct expectation {
    kind what;
    int status;
    errc code;
  };
  for (auto const& [what, status, code] :
       {expectation{kind::status, 500, errc::upstream}, expectation{kind::rate_limit, 0, errc::overloaded},
        expectation{kind::cut_off, 0, errc::upstream}, expectation{kind::malformed, 0, errc::upstream}}) {
    order("jenkins", what, status);
    for (auto const& failure :
         {ask(client, get_build_status{"nexus-main", {}}).error(),
          ask(client, get_build_history{"nexus-main", 5}).error(),
          ask(client, get_release_build{"nexus-main", "", "main"}).error(), ask(client, list_jobs{}).error()}) {
      BOOST_TEST((failure.code == code), failure.render());
      BOOST_TEST(contains(failure.where, "Jenkins GET /"), failure.render());
    }
    world.clear_faults();
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(jenkins_with_odd_answers)

BOOST_AUTO_TEST_CASE(a_job_without_builds_says_so) {
  auto world = nexus::testing::scripted_world{};
  world.on("/job/new/api/json", {{"name", "new"}, {"lastBuild", nullptr}, {"builds", json::array()}});
  auto const client = jenkins_client{{.url = "http://jenkins", .username = "u", .api_token = "t"},
                                     world.exchange(),
                                     nexus::testing::scripted_world::clock()};
  BOOST_TEST(contains(ask(client, get_build_status{"new", {}}).error().message, "no builds yet"));
  BOOST_TEST(must(client, get_build_history{"new"}).builds.empty());
  BOOST_TEST((ask(client, get_release_build{"new", "", "main"}).error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(answers_of_any_shape_are_errors_or_answers_and_never_a_crash) {
  for (auto const& body :
       {json(nullptr), json(1), json::array({1, nullptr}), json{{"number", "x"}}, json{{"builds", {1, nullptr}}},
        json{{"jobs", {nullptr, {{"name", 1}}}}}, json("<html></html>")}) {
    auto world = nexus::testing::scripted_world{};
    for (auto const* path : {"/api/json", "/job/j/api/json", "/job/j/lastBuild/api/json"}) world.on(path, body);
    auto const client = jenkins_client{{.url = "http://jenkins", .username = "u", .api_token = "t"},
                                       world.exchange(),
                                       nexus::testing::scripted_world::clock()};
    BOOST_TEST(!ask(client, get_build_status{"j", {}}).has_value());
    (void)ask(client, get_build_history{"j"});
    (void)ask(client, list_jobs{});
  }
}

BOOST_AUTO_TEST_SUITE_END()
