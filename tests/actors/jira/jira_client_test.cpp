#include "actors/jira/jira_client.hpp"
#include "tests/actors/outside_world.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

using namespace nexus;
using namespace nexus::jira;
using nexus::testing::ask;
using nexus::testing::must;
using json = nlohmann::json;

namespace {

struct simulated : nexus::testing::outside_world {
  jira_client client{
      {.url = "http://simulator/jira", .username = options.jira_user, .api_token = options.jira_token, .fields = {}},
      exchange(),
      clock()};
};

struct scripted : nexus::testing::scripted_world {
  jira_client client{{.url = "http://jira/", .username = "u", .api_token = "t", .fields = {}}, exchange(), clock()};
};

auto issue(std::string const& key, std::string const& parent = {}) -> json {
  auto fields =
      json{{"summary", "about " + key}, {"status", {{"name", "To Do"}, {"statusCategory", {{"key", "new"}}}}}};
  if (!parent.empty()) fields["parent"] = {{"key", parent}};
  return {{"key", key}, {"fields", fields}};
}

auto search_result(json issues) -> json { return {{"issues", std::move(issues)}, {"isLast", true}}; }

auto contains(std::string const& text, std::string_view part) -> bool { return text.find(part) != std::string::npos; }

/// The keys of a tree in its order, each with its depth.
void outline(ticket const& top, int depth, std::vector<std::pair<std::string, int>>& into) {
  into.emplace_back(top.key, depth);
  for (auto const& each : top.subtasks) outline(each, depth + 1, into);
}
auto outline(ticket_hierarchy const& tree) -> std::vector<std::pair<std::string, int>> {
  auto result = std::vector<std::pair<std::string, int>>{};
  outline(tree.hierarchy, 0, result);
  return result;
}

/// The same, by one search for each ticket.
void outline_by_searches(jira_client const& client, std::string const& key, int depth,
                         std::vector<std::pair<std::string, int>>& into) {
  into.emplace_back(key, depth);
  for (auto const& each : must(client, search_tickets{"parent = " + key + " ORDER BY key ASC", 0, 100}).issues)
    outline_by_searches(client, each.key, depth + 1, into);
}

/// The simulator, but answers wait until they are let through.
struct waiting : nexus::testing::outside_world {
  std::vector<std::function<void()>> held;
  jira_client client{
      {.url = "http://simulator/jira", .username = options.jira_user, .api_token = options.jira_token, .fields = {}},
      [this, at_once = exchange()](call const& context, http::request outbound, http::response_callback done) {
        held.push_back([=] { at_once(context, outbound, done); });
      },
      clock()};
};

} // namespace

BOOST_AUTO_TEST_SUITE(jira_over_the_simulator)

BOOST_FIXTURE_TEST_CASE(a_ticket_is_read_with_its_fields, simulated) {
  auto const got = must(client, get_ticket{"PROJ-123"});
  BOOST_TEST(got.key == "PROJ-123");
  BOOST_TEST(!got.summary.empty());
  BOOST_TEST(!got.issue_type.empty());
  BOOST_TEST(!got.status_name.empty());
  BOOST_TEST(got.project_key.value() == "PROJ");
  BOOST_TEST(got.created_at.has_value());
  BOOST_TEST(got.reporter.has_value());
  BOOST_TEST(got.description.has_value());
}

BOOST_FIXTURE_TEST_CASE(keys_may_be_written_in_lower_case, simulated) {
  BOOST_TEST(must(client, get_ticket{" proj-123 "}).key == "PROJ-123");
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_a_key_is_not_asked_for, simulated) {
  for (auto const* key : {"PROJ", "PROJ-", "-1", "PROJ-1/../2", "PROJ-1?x=1", "12-3", ""})
    BOOST_TEST((ask(client, get_ticket{key}).error().code == errc::invalid_argument), key);
  BOOST_TEST(sent.empty());
}

BOOST_FIXTURE_TEST_CASE(an_unknown_ticket_is_named, simulated) {
  auto const got = ask(client, get_ticket{"PROJ-99999"});
  BOOST_TEST((got.error().code == errc::not_found));
  BOOST_TEST(contains(got.error().render(), "PROJ-99999"));
}

BOOST_FIXTURE_TEST_CASE(an_epic_shows_what_is_under_it, simulated) {
  auto const got = must(client, get_ticket_hierarchy{"PROJ-100", 3});
  BOOST_TEST(got.hierarchy.key == "PROJ-100");
  BOOST_TEST(!got.hierarchy.subtasks.empty());
  BOOST_TEST(got.total_tickets > static_cast<int>(got.hierarchy.subtasks.size()));
  BOOST_TEST(got.complete);
  BOOST_TEST(got.notes.empty());
  auto const shallow = must(client, get_ticket_hierarchy{"PROJ-100", 1});
  BOOST_TEST(shallow.total_tickets == 1 + static_cast<int>(got.hierarchy.subtasks.size()));
}

BOOST_FIXTURE_TEST_CASE(a_tree_is_the_one_that_its_tickets_tell_in_projects_of_both_kinds, simulated) {
  for (auto const* root : {"PROJ-100", "NEXUS-100"}) {
    auto expected = std::vector<std::pair<std::string, int>>{};
    outline_by_searches(client, root, 0, expected);
    BOOST_TEST(expected.size() > 10u);
    BOOST_TEST((outline(must(client, get_ticket_hierarchy{root, 5})) == expected), root);
  }
}

BOOST_FIXTURE_TEST_CASE(a_tree_is_the_same_in_whatever_order_the_answers_come_and_few_are_awaited, waiting) {
  auto const read = [&](auto next) {
    auto result = std::optional<expected<ticket_hierarchy>>{};
    client.read(call{}, get_ticket_hierarchy{"PROJ-100", 5}, [&](auto got) { result = std::move(got); });
    while (!result) {
      BOOST_REQUIRE(!held.empty());
      BOOST_TEST(held.size() <= 8u);
      auto const which = next(held.size());
      auto const answer = held[which];
      held.erase(held.begin() + static_cast<std::ptrdiff_t>(which));
      answer();
    }
    return outline(result->value());
  };
  auto const in_order = read([](std::size_t) { return std::size_t{0}; });
  BOOST_TEST((read([](std::size_t count) { return count - 1; }) == in_order));
  BOOST_TEST((read([](std::size_t count) { return count / 2; }) == in_order));
}

BOOST_FIXTURE_TEST_CASE(a_search_skips_limits_and_says_whether_there_is_more, simulated) {
  auto const all = must(client, search_tickets{"project = PROJ ORDER BY key ASC", 0, 100});
  BOOST_TEST(all.issues.size() == 100u);
  BOOST_TEST(all.more);
  BOOST_TEST(all.total.value() > 100);
  auto const later = must(client, search_tickets{"project = PROJ ORDER BY key ASC", 90, 20});
  BOOST_TEST(later.issues.size() == 20u);
  BOOST_TEST(later.issues.front().key == all.issues[90].key);
  auto const last =
      must(client, search_tickets{"project = PROJ ORDER BY key ASC", static_cast<int>(*all.total) - 1, 20});
  BOOST_TEST(last.issues.size() == 1u);
  BOOST_TEST(!last.more);
  BOOST_TEST(last.total.value() == *all.total);
  auto const none = must(client, search_tickets{"project = PROJ AND key = PROJ-1 AND key = PROJ-2"});
  BOOST_TEST(none.issues.empty());
  BOOST_TEST(none.total.value() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_query_that_jira_refuses_comes_back_with_its_words, simulated) {
  auto const got = ask(client, search_tickets{"colour = red"});
  BOOST_TEST((got.error().code == errc::refused));
  BOOST_TEST(contains(got.error().message, "colour"));
}

BOOST_FIXTURE_TEST_CASE(a_query_too_long_for_a_url_travels_in_a_body, simulated) {
  auto jql = std::string{"project = PROJ AND summary !~ \""} + std::string(3500, '\xc3') + "\"";
  for (std::size_t i = 1; i < 3500; i += 2) jql[30 + i] = '\xa9';
  (void)ask(client, search_tickets{jql});
  BOOST_TEST(sent.front().method == "POST");
}

BOOST_FIXTURE_TEST_CASE(the_open_sprint_is_counted, simulated) {
  auto const got = must(client, get_sprint_stats{"PROJ", {}});
  BOOST_TEST(got.sprint_id > 0);
  BOOST_TEST(got.sprint_state.value() == "active");
  BOOST_TEST(got.total_issues > 0);
  BOOST_TEST(got.completed_issues + got.in_progress_issues + got.blocked_issues <= got.total_issues);
  BOOST_TEST(got.blockers.size() == static_cast<std::size_t>(got.blocked_issues));
  auto const named = must(client, get_sprint_stats{"proj", got.sprint_name});
  BOOST_TEST(named.sprint_id == got.sprint_id);
  BOOST_TEST(named.total_issues == got.total_issues);
  auto const exact = must(client, search_tickets{"project = PROJ AND sprint in openSprints()", 0, 1});
  BOOST_TEST(exact.total.value() == got.total_issues);
}

BOOST_FIXTURE_TEST_CASE(an_unknown_sprint_names_those_there_are, simulated) {
  auto const got = ask(client, get_sprint_stats{"PROJ", "Sprint 9999"});
  BOOST_TEST((got.error().code == errc::not_found));
  BOOST_TEST(contains(got.error().message, "(active)"));
}

BOOST_FIXTURE_TEST_CASE(releases_and_projects_are_listed, simulated) {
  auto const projects = must(client, list_projects{});
  std::set<std::string> keys;
  for (auto const& each : projects.projects) keys.insert(each.project_key);
  BOOST_TEST(keys.contains("PROJ"));
  BOOST_TEST(keys.contains("NEXUS"));
  auto const releases = must(client, list_releases{"NEXUS"});
  auto const found = std::find_if(releases.releases.begin(), releases.releases.end(),
                                  [](auto const& each) { return each.version == "v1.9.0"; });
  BOOST_REQUIRE((found != releases.releases.end()));
  BOOST_TEST(found->released);
  BOOST_TEST(found->release_date.has_value());
}

BOOST_FIXTURE_TEST_CASE(an_unknown_project_names_those_there_are, simulated) {
  for (auto const& got :
       {ask(client, list_releases{"NEXU"}).error(), ask(client, get_sprint_stats{"NEXU", {}}).error()}) {
    BOOST_TEST((got.code == errc::not_found));
    BOOST_TEST(contains(got.render(), "did you mean NEXUS?"));
    BOOST_TEST(contains(got.render(), "PROJ"));
  }
}

BOOST_FIXTURE_TEST_CASE(releases_are_found_as_people_write_them, simulated) {
  auto const due = must(client, get_release_stats{"NEXUS", "v2.0.0"});
  BOOST_TEST(due.release == "v2.0.0");
  BOOST_TEST(due.total_tickets > 0);
  BOOST_TEST(!due.released);
  BOOST_TEST(due.open_tickets.size() <= 20u);
  BOOST_TEST(due.blockers.size() == std::min<std::size_t>(20, static_cast<std::size_t>(due.blocked_tickets)));
  for (auto const* written : {"2.0.0", "v2.0", "2.0", "release 2.0"}) {
    auto const same = must(client, get_release_stats{"nexus", written});
    BOOST_TEST(same.release == "v2.0.0");
    BOOST_TEST(same.total_tickets == due.total_tickets);
  }
  auto const out = must(client, get_release_stats{"NEXUS", "v1.9.0"});
  BOOST_TEST(out.released);
  BOOST_TEST(out.ticket_completion_rate.value() >= 90);
  BOOST_TEST(out.blocked_tickets == 0);
}

BOOST_FIXTURE_TEST_CASE(an_unknown_release_names_those_there_are, simulated) {
  auto const got = ask(client, get_release_stats{"NEXUS", "v7.7"});
  BOOST_TEST((got.error().code == errc::not_found));
  BOOST_TEST(contains(got.error().render(), "v2.0.0"));
}

BOOST_FIXTURE_TEST_CASE(a_change_in_jira_is_seen, simulated) {
  auto const before = must(client, get_ticket{"PROJ-101"});
  BOOST_TEST((before.status != ticket_status::done));
  BOOST_REQUIRE(world.set({{"ticket", "PROJ-101"}, {"status", "Done"}}).has_value());
  BOOST_TEST((must(client, get_ticket{"PROJ-101"}).status == ticket_status::done));
}

BOOST_FIXTURE_TEST_CASE(wrong_credentials_name_the_settings_and_not_the_secret, nexus::testing::outside_world) {
  auto const client = jira_client{
      {.url = "http://simulator/jira", .username = "nexus", .api_token = "very-secret-and-wrong", .fields = {}},
      exchange(),
      clock()};
  auto const got = ask(client, get_ticket{"PROJ-1"}).error();
  BOOST_TEST((got.code == errc::upstream));
  BOOST_TEST(contains(got.remedy, "JIRA_API_TOKEN"));
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
       {expectation{kind::status, 500, errc::upstream}, expectation{kind::status, 503, errc::upstream},
        expectation{kind::rate_limit, 0, errc::overloaded}, expectation{kind::cut_off, 0, errc::upstream},
        expectation{kind::malformed, 0, errc::upstream}}) {
    order("jira", what, status);
    for (auto const& failure :
         {ask(client, get_ticket{"PROJ-1"}).error(), ask(client, get_ticket_hierarchy{"PROJ-1"}).error(),
          ask(client, search_tickets{"project = PROJ"}).error(), ask(client, get_sprint_stats{"PROJ", {}}).error(),
          ask(client, list_releases{"NEXUS"}).error(), ask(client, get_release_stats{"NEXUS", "2.0"}).error(),
          ask(client, list_projects{}).error()}) {
      BOOST_TEST((failure.code == code), failure.render());
      BOOST_TEST(contains(failure.where, "Jira GET /rest/"), failure.render());
      if (what == kind::rate_limit) BOOST_TEST((failure.retry_after == std::chrono::seconds{1}));
      if (what == kind::malformed) BOOST_TEST(contains(failure.message, "JSON"), failure.render());
    }
    world.clear_faults();
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(jira_with_odd_answers)

BOOST_FIXTURE_TEST_CASE(tickets_that_stand_under_each_other_end_and_are_noted, scripted) {
  on("/rest/api/3/issue/A-1", issue("A-1", "A-2"));
  on("/rest/api/3/search/jql", search_result({issue("A-2", "A-1")}));
  on("/rest/api/3/search/jql", search_result({issue("A-1", "A-2")}));
  auto const got = must(client, get_ticket_hierarchy{"A-1", 5});
  BOOST_TEST(got.total_tickets == 2);
  BOOST_TEST(got.hierarchy.subtasks.size() == 1u);
  BOOST_REQUIRE(got.notes.size() == 1u);
  BOOST_TEST(contains(got.notes.front(), "A-1 stands under A-2 and above it"));
}

BOOST_FIXTURE_TEST_CASE(a_ticket_that_is_its_own_parent_ends_and_is_noted, scripted) {
  on("/rest/api/3/issue/A-1", issue("A-1", "A-1"));
  on("/rest/api/3/search/jql", search_result({issue("A-1", "A-1")}));
  auto const got = must(client, get_ticket_hierarchy{"A-1", 5});
  BOOST_TEST(got.total_tickets == 1);
  BOOST_TEST(got.notes.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(nothing_is_looked_for_under_sub_tasks, scripted) {
  auto below = issue("A-2", "A-1");
  below["fields"]["issuetype"] = {{"name", "Sub-task"}, {"subtask", true}, {"hierarchyLevel", -1}};
  on("/rest/api/3/issue/A-1", issue("A-1"));
  on("/rest/api/3/search/jql", search_result({below}));
  BOOST_TEST(must(client, get_ticket_hierarchy{"A-1", 5}).total_tickets == 2);
  BOOST_TEST(sent.size() == 2u);
}

struct wide : scripted {
  /// A-1 with so many tickets under it; what is under those is found by several searches.
  wide() {
    auto level = json::array();
    for (auto i = 100; i < 120; ++i) level.push_back(issue("A-" + std::to_string(i), "A-1"));
    on("/rest/api/3/issue/A-1", issue("A-1"));
    on("/rest/api/3/search/jql", search_result(level));
    for (auto i = 0; i < 3; ++i) on("/rest/api/3/search/jql", search_result(json::array()));
  }
};

BOOST_FIXTURE_TEST_CASE(a_level_is_shared_out_among_searches_and_each_parent_asked_for_once, wide) {
  BOOST_TEST(must(client, get_ticket_hierarchy{"A-1", 2}).total_tickets == 21);
  BOOST_TEST(sent.size() == 2u + 7u);
  for (auto i = 100; i < 120; ++i) {
    auto const named = "%22A-" + std::to_string(i) + "%22";
    // By parent and by epic link.
    auto searches = std::count_if(sent.begin(), sent.end(), [&](auto const& each) {
      auto const first = each.target.find(named);
      return first != std::string::npos && each.target.find(named, first + 1) != std::string::npos;
    });
    BOOST_TEST(searches == 1, named);
  }
}

BOOST_FIXTURE_TEST_CASE(a_tree_of_which_one_search_fails_is_an_error_and_no_smaller_tree, wide) {
  on("/rest/api/3/search/jql", {{"errorMessages", {"Internal server error"}}}, 500);
  on("/rest/api/3/search/jql", search_result({issue("A-200", "A-119")}));
  auto const got = ask(client, get_ticket_hierarchy{"A-1", 2});
  BOOST_REQUIRE(!got.has_value());
  BOOST_TEST((got.error().code == errc::upstream));
}

BOOST_FIXTURE_TEST_CASE(a_tree_of_which_one_search_does_not_end_says_that_it_is_not_whole, wide) {
  on("/rest/api/3/search/jql", {{"issues", {issue("A-200", "A-110")}}, {"nextPageToken", "same"}, {"isLast", false}});
  on("/rest/api/3/search/jql", {{"issues", json::array()}, {"nextPageToken", "same"}, {"isLast", false}});
  on("/rest/api/3/search/jql", search_result(json::array()));
  auto const got = must(client, get_ticket_hierarchy{"A-1", 2});
  BOOST_TEST(got.total_tickets == 22);
  BOOST_TEST(!got.complete);
  BOOST_TEST(got.notes.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_tree_at_its_limit_says_so_and_looks_no_further, wide) {
  auto const few = jira_client{
      {.url = "http://jira", .username = "u", .api_token = "t", .fields = {}, .max_hierarchy = 5}, exchange(), clock()};
  auto const got = must(few, get_ticket_hierarchy{"A-1", 5});
  BOOST_TEST(got.total_tickets == 5);
  BOOST_TEST(!got.complete);
  BOOST_TEST(got.notes.size() == 2u);
  BOOST_TEST(sent.size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_site_without_epic_links_is_asked_by_parent_alone, scripted) {
  on("/rest/api/3/issue/A-1", issue("A-1"));
  on("/rest/api/3/search/jql", {{"errorMessages", {"Field 'cf[10014]' does not exist"}}}, 400);
  on("/rest/api/3/search/jql", search_result({issue("A-2", "A-1")}));
  auto const got = must(client, get_ticket_hierarchy{"A-1", 1});
  BOOST_TEST(got.total_tickets == 2);
  BOOST_TEST(!contains(sent.back().target, "cf%5B10014"));
}

BOOST_FIXTURE_TEST_CASE(a_page_token_that_leads_nowhere_ends_the_search, scripted) {
  on("/rest/api/3/search/jql", {{"issues", {issue("A-1")}}, {"nextPageToken", "same"}, {"isLast", false}});
  auto const got = must(client, search_tickets{"project = A"});
  BOOST_TEST(got.more);
  BOOST_TEST(sent.size() <= 4u);
}

BOOST_FIXTURE_TEST_CASE(a_search_without_its_number_is_still_an_answer, scripted) {
  on("/rest/api/3/search/jql", {{"issues", {issue("A-1"), issue("A-2")}}, {"nextPageToken", "t"}});
  auto const got = must(client, search_tickets{"project = A", 0, 1});
  BOOST_TEST(got.issues.size() == 1u);
  BOOST_TEST(!got.total.has_value());
}

BOOST_FIXTURE_TEST_CASE(a_kanban_board_has_no_sprints_and_does_no_harm, scripted) {
  on("/rest/agile/1.0/board", {{"values", {{{"id", 1}}, {{"id", 2}}}}});
  on("/rest/agile/1.0/board/1/sprint", {{"errorMessages", {"The board does not support sprints"}}}, 400);
  on("/rest/agile/1.0/board/2/sprint",
     {{"isLast", true}, {"values", {{{"id", 7}, {"name", "S 7"}, {"state", "active"}}}}});
  on("/rest/api/3/search/jql", search_result(json::array()));
  auto const got = must(client, get_sprint_stats{"A", {}});
  BOOST_TEST(got.sprint_id == 7);
  BOOST_TEST(!got.completion_percentage.has_value());
  BOOST_TEST(!got.total_story_points.has_value());
}

BOOST_FIXTURE_TEST_CASE(answers_of_any_shape_are_errors_or_answers_and_never_a_crash, scripted) {
  for (auto const& body : {json(nullptr), json(1), json::array({1, nullptr}), json{{"issues", 3}}, json{{"key", 1}},
                           json{{"values", {1, nullptr, {{"id", "x"}}}}}, json("<html>login</html>")}) {
    auto world = scripted{};
    for (auto const* path : {"/rest/api/3/issue/A-1", "/rest/api/3/search/jql", "/rest/api/3/project/A/versions",
                             "/rest/api/3/project/search", "/rest/agile/1.0/board"})
      world.on(path, body);
    BOOST_TEST(!ask(world.client, get_ticket{"A-1"}).has_value());
    BOOST_TEST(!ask(world.client, search_tickets{"project = A"}).has_value());
    BOOST_TEST(!ask(world.client, get_sprint_stats{"A", {}}).has_value());
    (void)ask(world.client, list_projects{});
    (void)ask(world.client, list_releases{"A"});
  }
}

BOOST_AUTO_TEST_SUITE_END()
