#include "actors/readiness/decide.hpp"
#include "actors/readiness/policy_file.hpp"
#include "messages/core/digest.hpp"
#include "tests/actors/orchestrator/fixture.hpp"

#include <fstream>
#include <sstream>

// The readiness agent before a Jira and a Git/CI agent that the test plays.

using namespace nexus;
using namespace nexus::orchestrator;
using namespace nexus::orchestrator::testing;
using supervision::await;

namespace {

/// What the two agents answer. Nothing: the answer is owed.
struct outside {
  std::atomic<int> stats_read = 0;
  std::function<std::optional<expected<release_list>>(std::string const& project)> releases =
      [](std::string const& project) {
        auto list = release_list{.project_key = project};
        for (auto const* version : {"v1.9.0", "v2.0.0"})
          if (project == "NEXUS") list.releases.push_back({.version = version, .project_key = project});
        return list;
      };
  std::function<std::optional<expected<jira_release_stats>>()> stats = [] {
    return jira_release_stats{.total_tickets = 10, .completed_tickets = 10, .ticket_completion_rate = 100.0};
  };
  std::function<std::optional<expected<release_candidate>>()> candidate = [] {
    return release_candidate{.commit = "c0ffee", .ref = "release/2.0", .kind = ref_kind::branch};
  };
  std::function<std::optional<expected<build_status>>()> build = [] {
    auto good = build_status{.job_name = "nexus-main", .build_number = 7, .status = build_result::success};
    good.test_results = test_summary{.total_tests = 5, .passed = 5};
    good.coverage_percentage = 90;
    return good;
  };
  std::function<std::optional<expected<security_scan_result>>()> scan = [] {
    auto clean = security_scan_result{.scan_id = "github:nexus/backend@release/2.0"};
    clean.critical_vulnerabilities = clean.high_vulnerabilities = clean.medium_vulnerabilities =
        clean.low_vulnerabilities = 0;
    return clean;
  };
};

template <class T>
auto not_played() -> caf::result<T> {
  return to_caf({errc::internal, "the test does not play this", {}, {}, {}});
}

class played_jira : scripted_agent<jira_agent_actor::base> {
public:
  played_jira(jira_agent_actor::base* self, std::shared_ptr<outside> world)
      : scripted_agent(self), world_(std::move(world)) {}
  auto make_behavior() -> jira_agent_actor::behavior_type {
    return {[](continuation& next) { next.run(); },
            [](call const&, get_ticket const&) { return not_played<ticket>(); },
            [](call const&, get_ticket_hierarchy const&) { return not_played<ticket_hierarchy>(); },
            [](call const&, search_tickets const&) { return not_played<jira_search_result>(); },
            [](call const&, get_sprint_stats const&) { return not_played<jira_sprint_stats>(); },
            [this](call const&, list_releases const& wanted) -> caf::result<release_list> {
              return give(world_->releases(wanted.project_key));
            },
            [this](call const&, get_release_stats const&) -> caf::result<jira_release_stats> {
              ++world_->stats_read;
              return give(world_->stats());
            },
            [](call const&, list_projects const&) { return not_played<project_list>(); },
            [](call const&, update_ticket const&) { return not_played<ticket_update>(); },
            [](call const&, update_ticket_fields const&) { return not_played<ticket_fields_update>(); }};
  }

private:
  std::shared_ptr<outside> world_;
};

class played_git_ci : scripted_agent<git_ci_agent_actor::base> {
public:
  played_git_ci(git_ci_agent_actor::base* self, std::shared_ptr<outside> world)
      : scripted_agent(self), world_(std::move(world)) {}
  auto make_behavior() -> git_ci_agent_actor::behavior_type {
    return {
        [](continuation& next) { next.run(); },
        [](call const&, get_repo_health const&) { return not_played<repository_health>(); },
        [](call const&, get_pr_status const&) { return not_played<pr_status>(); },
        [](call const&, list_pull_requests const&) { return not_played<pr_list>(); },
        [](call const&, get_build_status const&) { return not_played<build_status>(); },
        [](call const&, get_build_history const&) { return not_played<build_history>(); },
        [this](call const&, get_security_scan const&) -> caf::result<security_scan_result> {
          return give(world_->scan());
        },
        [this](call const&, find_release_candidate const&) -> caf::result<release_candidate> {
          return give(world_->candidate());
        },
        [this](call const&, get_release_build const&) -> caf::result<build_status> { return give(world_->build()); },
        [](call const&, list_jobs const&) { return not_played<job_list>(); },
        [](call const&, list_repositories const&) { return not_played<repository_list>(); },
        [](call const&, list_deployments const&) { return not_played<deployment_list>(); },
        [](call const&, trigger_build const&) { return not_played<build_trigger>(); },
        [](call const&, set_commit_status const&) { return not_played<commit_status>(); }};
  }

private:
  std::shared_ptr<outside> world_;
};

struct assessment : actor_world {
  std::shared_ptr<outside> world = std::make_shared<outside>();
  std::chrono::milliseconds max_age{60'000};
  std::vector<release_source> sources{{"NEXUS", "nexus/backend", "nexus-main"},
                                      {"PROJ", "nexus/frontend", "frontend-ci"}};
  std::atomic<int> counted = 0;
  /// Instead of the shipped one.
  std::string policy_text;

  ~assessment() { tree.stop(5s); }
  void begin() {
    auto options = std::make_shared<readiness_options>();
    options->sources = sources;
    auto text = std::ostringstream{};
    text << std::ifstream{NEXUS_SOURCE_DIR "/config/policies/default.yaml"}.rdbuf();
    auto policy = readiness::policy_family::load({"default.yaml", policy_text.empty() ? text.str() : policy_text});
    BOOST_REQUIRE(policy);
    options->default_policy = "default";
    options->policies.emplace("default", std::move(*policy));
    options->evidence_max_age = max_age;
    options->store = data;
    options->ids = ids;
    options->jira = at<jira_agent_actor>("jira");
    options->git_ci = at<git_ci_agent_actor>("git_ci");
    options->count_decision = [this](release_decision) { ++counted; };
    start({supervision::worker<jira_agent_actor, played_jira>("jira", world),
           supervision::worker<git_ci_agent_actor, played_git_ci>("git_ci", world),
           supervision::worker<readiness_agent_actor, readiness_agent>(
               "agent", std::shared_ptr<readiness_options const>{options})});
  }
  template <class Request>
  auto send(Request request) {
    return client.ask(at<readiness_agent_actor>("agent"), std::move(request));
  }
  auto assess(std::string release, std::optional<std::string> project = {}, std::optional<std::string> policy = {}) {
    return await(send(assess_release_readiness{std::move(release), std::move(project), std::move(policy)}));
  }
  auto verdict(std::string release) -> release_decision {
    auto const made = assess(std::move(release));
    BOOST_REQUIRE_MESSAGE(made, (made ? std::string{} : made.error().render()));
    return made->verdict;
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(good_evidence_is_a_go_that_is_stored_with_its_bundle, assessment) {
  begin();
  auto const made = assess("2.0");
  BOOST_REQUIRE(made);
  BOOST_TEST((made->verdict == release_decision::go));
  BOOST_TEST(made->release == "v2.0.0");
  BOOST_TEST(made->project == "NEXUS");
  BOOST_TEST(made->commit == "c0ffee");
  BOOST_TEST(!made->degraded);
  auto const kept = await(send(get_decision{made->decision_id}));
  BOOST_REQUIRE(kept);
  BOOST_TEST((*kept == *made));
  auto const bundle = await(send(get_decision_bundle{made->decision_id}));
  BOOST_REQUIRE(bundle);
  BOOST_TEST(sha256_hex(bundle->body) == made->bundle_sha256);
  BOOST_TEST((readiness::replay(bundle->body).value() == *made));
  BOOST_TEST((await(send(get_decision{"dec_0"})).error().code == errc::not_found));
  BOOST_TEST((await(send(get_decision_bundle{"dec_0"})).error().code == errc::not_found));
  BOOST_TEST(counted == 1);
}

BOOST_FIXTURE_TEST_CASE(what_is_not_there_is_answered_with_what_there_is, assessment) {
  begin();
  auto const none = assess("v9.9.9");
  BOOST_REQUIRE(!none);
  BOOST_TEST((none.error().code == errc::not_found));
  BOOST_TEST(none.error().remedy.find("NEXUS v2.0.0") != std::string::npos, none.error().render());
  auto const elsewhere = assess("v2.0.0", "OTHER");
  BOOST_REQUIRE(!elsewhere);
  BOOST_TEST(elsewhere.error().remedy.find("NEXUS, PROJ") != std::string::npos, elsewhere.error().render());
  auto const policy = assess("v2.0.0", {}, "defualt");
  BOOST_REQUIRE(!policy);
  BOOST_TEST(policy.error().render().find("default") != std::string::npos, policy.error().render());
  BOOST_TEST(counted == 0);
}

BOOST_FIXTURE_TEST_CASE(a_release_of_several_projects_is_asked_back, assessment) {
  world->releases = [](std::string const& project) {
    return release_list{.project_key = project, .releases = {{.version = "v2.0.0", .project_key = project}}};
  };
  begin();
  auto const unclear = assess("v2.0.0");
  BOOST_REQUIRE(!unclear);
  BOOST_TEST((unclear.error().code == errc::refused));
  BOOST_TEST(unclear.error().message.find("PROJ (v2.0.0)") != std::string::npos, unclear.error().render());
  auto const clear = assess("v2.0.0", "PROJ");
  BOOST_REQUIRE(clear);
  BOOST_TEST(clear->project == "PROJ");
}

BOOST_FIXTURE_TEST_CASE(an_outage_is_inconclusive_and_degraded_and_a_missing_candidate_is_not_degraded, assessment) {
  max_age = 0ms;
  begin();
  world->scan = [] { return fail(errc::upstream, "GitHub answered 500"); };
  auto const outage = assess("v2.0.0");
  BOOST_REQUIRE(outage);
  BOOST_TEST((outage->verdict == release_decision::inconclusive));
  BOOST_TEST(outage->degraded);
  world->candidate = [] { return fail(errc::not_found, "no tag, no branch"); };
  auto const early = assess("v2.0.0");
  BOOST_REQUIRE(early);
  BOOST_TEST((early->verdict == release_decision::inconclusive));
  BOOST_TEST(!early->degraded);
  BOOST_TEST(early->commit.empty());
  world->releases = [](auto const&) { return fail(errc::upstream, "Jira answered 500"); };
  auto const nothing = assess("v2.0.0");
  BOOST_REQUIRE(!nothing);
  BOOST_TEST((nothing.error().code == errc::upstream));
}

BOOST_FIXTURE_TEST_CASE(evidence_is_read_once_for_all_who_ask_while_it_is_fresh, assessment) {
  begin();
  auto all = std::vector<std::future<expected<decision>>>{};
  for (auto i = 0; i < 20; ++i) all.push_back(send(assess_release_readiness{"v2.0.0", {}, {}}));
  auto ids_seen = std::set<std::string>{};
  for (auto& one : all) ids_seen.insert(await(std::move(one)).value().decision_id);
  ids_seen.insert(assess("v2.0.0").value().decision_id);
  BOOST_TEST(ids_seen.size() == 1u);
  BOOST_TEST(world->stats_read == 1);
  BOOST_TEST(counted == 1);
}

BOOST_FIXTURE_TEST_CASE(with_no_age_allowed_each_reads_for_itself, assessment) {
  max_age = 0ms;
  begin();
  BOOST_TEST((verdict("v2.0.0") == release_decision::go));
  world->stats = [] {
    return jira_release_stats{
        .total_tickets = 10, .completed_tickets = 9, .blocked_tickets = 1, .ticket_completion_rate = 90.0};
  };
  BOOST_TEST((verdict("v2.0.0") == release_decision::no_go));
  BOOST_TEST(world->stats_read == 2);
}

BOOST_FIXTURE_TEST_CASE(who_asks_survives_the_agents_that_are_asked, assessment) {
  auto hold = std::make_shared<std::atomic<bool>>(true);
  world->stats = [hold]() -> std::optional<expected<jira_release_stats>> {
    if (*hold) return std::nullopt;
    return jira_release_stats{.total_tickets = 1, .completed_tickets = 1, .ticket_completion_rate = 100.0};
  };
  begin();
  auto waiting = send(assess_release_readiness{"v2.0.0", {}, {}});
  BOOST_REQUIRE(supervision::eventually([&] { return world->stats_read == 1; }));
  kill("agent");
  BOOST_REQUIRE(supervision::eventually([&] { return world->stats_read == 2; }));
  *hold = false;
  kill("jira");
  auto const made = await(std::move(waiting));
  BOOST_REQUIRE_MESSAGE(made, (made ? std::string{} : made.error().render()));
  BOOST_TEST((made->verdict == release_decision::go));
}

BOOST_FIXTURE_TEST_CASE(decisions_are_listed_newest_first_by_release_and_project, assessment) {
  max_age = 0ms;
  begin();
  auto made = std::vector<std::string>{};
  for (auto i = 0; i < 5; ++i) made.push_back(assess(i % 2 == 0 ? "v1.9.0" : "v2.0.0").value().decision_id);
  auto const ids_of = [&](list_decisions wanted) {
    auto found = std::vector<std::string>{};
    wanted.limit = 2;
    for (;;) {
      auto const page = await(send(wanted));
      BOOST_REQUIRE(page);
      for (auto const& each : page->decisions) found.push_back(each.decision_id);
      if (!page->next_cursor) return found;
      wanted.cursor = page->next_cursor;
    }
  };
  BOOST_TEST(ids_of({}) == std::vector<std::string>(made.rbegin(), made.rend()), boost::test_tools::per_element());
  BOOST_TEST(ids_of({.release = "v2.0.0"}) == (std::vector{made[3], made[1]}), boost::test_tools::per_element());
  BOOST_TEST(ids_of({.project = "PROJ"}).empty());
}

BOOST_FIXTURE_TEST_CASE(earlier_releases_come_from_the_bundles_of_their_decisions, assessment) {
  max_age = 0ms;
  policy_text = "name: default\nversion: \"1\"\nobjectives:\n"
                "  - {name: coverage, fact: coverage.line_percentage, pass: \">= previous - 2\"}\n";
  auto coverage = std::make_shared<std::atomic<double>>(82);
  world->build = [coverage, usual = world->build] {
    auto build = usual();
    (*build)->coverage_percentage = coverage->load();
    return build;
  };
  begin();
  auto const first = assess("v1.9.0");
  BOOST_REQUIRE_MESSAGE(first, (first ? std::string{} : first.error().render()));
  BOOST_TEST((first->verdict == release_decision::inconclusive));
  *coverage = 80.5;
  auto const second = assess("v2.0.0");
  BOOST_REQUIRE(second);
  BOOST_TEST((second->verdict == release_decision::go), second->rationale);
  BOOST_REQUIRE(second->baselines.size() == 1u);
  BOOST_TEST(second->baselines[0].decision_id == first->decision_id);
  BOOST_TEST(second->objectives[0].baseline == "82 % in v1.9.0");
  *coverage = 70;
  BOOST_TEST((verdict("v2.0.0") == release_decision::no_go));
  // A later release is none to be compared with, nor is the release itself.
  BOOST_TEST((verdict("v1.9.0") == release_decision::inconclusive));
}

BOOST_FIXTURE_TEST_CASE(projects_environments_and_labels_have_their_say, assessment) {
  policy_text = "name: default\nversion: \"1\"\nobjectives:\n"
                "  - {name: coverage, fact: coverage.line_percentage, pass: \">= 80 %\"}\n"
                "projects:\n  NEXUS:\n    objectives: [{name: coverage, pass: \">= 95 %\"}]\n"
                "environments:\n  staging:\n    objectives: [{name: coverage, pass: \">= 10 %\"}]\n"
                "freezes:\n  - {name: always, recurrence: daily from 00:00 to 24:00, exempt_labels: [security]}\n";
  begin();
  auto const ask = [&](std::optional<std::string> environment, std::vector<std::string> labels) {
    return await(send(assess_release_readiness{"v2.0.0", {}, {}, std::move(environment), std::move(labels)}));
  };
  auto const frozen = ask({}, {});
  BOOST_REQUIRE(frozen);
  BOOST_TEST((frozen->verdict == release_decision::no_go));
  BOOST_TEST(frozen->objectives[0].pass == ">= 95 %");
  auto const staged = ask("staging", {"security"});
  BOOST_REQUIRE(staged);
  BOOST_TEST((staged->verdict == release_decision::go), staged->rationale);
  BOOST_TEST(staged->environment == "staging");
  BOOST_TEST(staged->labels.front() == "security");
  auto const unknown = ask("stagging", {});
  BOOST_REQUIRE(!unknown);
  BOOST_TEST(unknown.error().render().find("did you mean 'staging'?") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_badge_shows_the_newest_decision_and_judges_nothing, assessment) {
  begin();
  auto const none = await(send(get_readiness_badge{"v2.0.0", {}}));
  BOOST_REQUIRE(none);
  BOOST_TEST(none->content_type == "image/svg+xml");
  BOOST_TEST(none->cache_control == "max-age=60");
  BOOST_TEST(none->body.find("not judged") != std::string::npos);
  BOOST_TEST(counted == 0);
  BOOST_REQUIRE(assess("v2.0.0"));
  auto const drawn = await(send(get_readiness_badge{"v2.0.0", "NEXUS"}));
  BOOST_REQUIRE(drawn);
  BOOST_TEST(drawn->body.find("v2.0.0: GO 100") != std::string::npos);
}
