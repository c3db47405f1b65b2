#include "tests/simulator/fixture.hpp"

#include <set>

using namespace nexus::simulator;
using namespace nexus::simulator::testing;

BOOST_FIXTURE_TEST_SUITE(jira_api, asking)

BOOST_AUTO_TEST_CASE(an_issue_has_the_shape_of_the_real_one) {
  auto issue = read("/jira/rest/api/3/issue/PROJ-123");
  BOOST_TEST(issue["key"] == "PROJ-123");
  BOOST_TEST(issue["self"] == "http://outside:9/jira/rest/api/3/issue/" + issue["id"].get<std::string>());
  auto const& fields = issue["fields"];
  BOOST_TEST(fields["status"]["name"] == "In Progress");
  BOOST_TEST(fields["status"]["statusCategory"]["key"] == "indeterminate");
  BOOST_TEST(fields["issuetype"]["name"] == "Story");
  BOOST_TEST(fields["issuetype"]["subtask"] == false);
  BOOST_TEST(fields["issuetype"]["hierarchyLevel"] == 0);
  BOOST_TEST(fields["subtasks"].size() == 2u);
  BOOST_TEST(fields["subtasks"][0]["fields"]["issuetype"]["subtask"] == true);
  BOOST_TEST(fields["assignee"].contains("accountId"));
  BOOST_TEST(fields["resolutiondate"].is_null());
  BOOST_TEST(fields["created"].get<std::string>().ends_with(".000+0000"));
  BOOST_TEST(fields["description"]["type"] == "doc");
  BOOST_TEST(fields["description"]["version"] == 1);
  BOOST_TEST(fields["customfield_10016"].is_number());
  BOOST_TEST(fields["customfield_10020"].back()["state"] == "active");
  BOOST_TEST(fields.contains("customfield_10014"));
}

BOOST_AUTO_TEST_CASE(company_managed_children_carry_the_epic_link_and_team_managed_ones_the_parent_alone) {
  auto shop = read("/jira/rest/api/3/issue/PROJ-101")["fields"];
  BOOST_TEST(shop["customfield_10014"] == "PROJ-100");
  BOOST_TEST(shop["parent"]["key"] == "PROJ-100");
  BOOST_TEST(shop["parent"]["fields"]["issuetype"]["hierarchyLevel"] == 1);
  auto platform = issues("project = NEXUS AND parent = NEXUS-100")[0]["fields"];
  BOOST_TEST(!platform.contains("customfield_10014"));
  BOOST_TEST(platform["parent"]["key"] == "NEXUS-100");
  BOOST_TEST(!read("/jira/rest/api/3/issue/PROJ-100")["fields"].contains("parent"));
}

BOOST_AUTO_TEST_CASE(fields_can_be_chosen) {
  auto some = read("/jira/rest/api/3/issue/NEXUS-123?fields=summary,status,nonsense")["fields"];
  BOOST_TEST(some.size() == 2u);
  auto without = read("/jira/rest/api/3/issue/nexus-123?fields=-description")["fields"];
  BOOST_TEST(!without.contains("description"));
  BOOST_TEST(without.contains("summary"));
}

BOOST_AUTO_TEST_CASE(an_unknown_issue_is_404_in_jiras_words) {
  auto answer = get("/jira/rest/api/3/issue/NEXUS-99999");
  BOOST_TEST(answer.status == 404);
  BOOST_TEST(json::parse(answer.body)["errorMessages"][0] ==
             "Issue does not exist or you do not have permission to see it.");
  BOOST_TEST(json::parse(answer.body)["errors"].is_object());
}

BOOST_AUTO_TEST_CASE(pages_hold_every_ticket_exactly_once) {
  for (int page : {1, 7, 100}) {
    std::set<std::string> seen;
    auto all = issues("project = NEXUS ORDER BY key", "summary", page);
    for (auto const& issue : all) seen.insert(issue["key"].get<std::string>());
    BOOST_TEST(all.size() == 360u);
    BOOST_TEST(seen.size() == 360u);
  }
}

BOOST_AUTO_TEST_CASE(a_search_without_fields_gives_ids_only_and_no_total) {
  auto result = read("/jira/rest/api/3/search/jql?jql=project%20%3D%20PROJ&maxResults=500");
  BOOST_TEST(result["issues"].size() == 100u);
  BOOST_TEST(result["issues"][0].size() == 1u);
  BOOST_TEST(result["issues"][0].contains("id"));
  BOOST_TEST(!result.contains("total"));
  BOOST_TEST(result["isLast"] == false);
  BOOST_TEST(get("/jira/rest/api/3/search/jql?jql=project%3DPROJ&nextPageToken=5.bad").status == 400);
}

BOOST_AUTO_TEST_CASE(the_removed_search_says_where_to_go) {
  auto answer = get("/jira/rest/api/3/search?jql=project=PROJ");
  BOOST_TEST(answer.status == 410);
  BOOST_TEST(answer.body.find("/rest/api/3/search/jql") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_unbounded_query_is_refused) {
  auto answer = post("/jira/rest/api/3/search/jql", {{"jql", "order by created"}});
  BOOST_TEST(answer.status == 400);
  BOOST_TEST(json::parse(answer.body)["errorMessages"][0] ==
             "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.");
  BOOST_TEST(count("project = PROJ") == 240u);
}

BOOST_AUTO_TEST_CASE(projects_versions_fields_and_the_server_are_shown) {
  auto projects = read("/jira/rest/api/3/project/search");
  BOOST_TEST(projects["total"] == 3);
  BOOST_TEST(projects["isLast"] == true);
  auto platform = read("/jira/rest/api/3/project/NEXUS");
  BOOST_TEST(platform["style"] == "next-gen");
  BOOST_TEST(read("/jira/rest/api/3/project/PROJ")["style"] == "classic");
  BOOST_TEST(get("/jira/rest/api/3/project/NOPE").status == 404);
  auto versions = read("/jira/rest/api/3/project/NEXUS/versions");
  BOOST_TEST(versions.size() == 12u);
  for (auto name : {"id", "name", "released", "archived", "releaseDate", "projectId"})
    BOOST_TEST(versions[0].contains(name));
  BOOST_TEST(!versions[0].contains("overdue"));
  BOOST_TEST(versions.back()["overdue"] == false);
  BOOST_TEST(read("/jira/rest/api/3/field").size() > 15u);
  BOOST_TEST(read("/jira/rest/api/3/myself")["displayName"] == "Nexus Bot");
  BOOST_TEST(read("/jira/rest/api/3/serverInfo")["deploymentType"] == "Cloud");
}

BOOST_AUTO_TEST_CASE(boards_lead_to_sprints_and_sprints_to_their_issues) {
  auto boards = read("/jira/rest/agile/1.0/board?projectKeyOrId=NEXUS")["values"];
  BOOST_TEST(boards.size() == 1u);
  auto id = boards[0]["id"].dump();
  auto active = read("/jira/rest/agile/1.0/board/" + id + "/sprint?state=active")["values"];
  BOOST_TEST(active.size() == 1u);
  BOOST_TEST(active[0]["startDate"] == "2026-01-08T09:00:00.000Z");
  BOOST_TEST(active[0]["endDate"] == "2026-01-22T09:00:00.000Z");
  std::set<std::string> seen;
  auto sprint = active[0]["id"].dump();
  std::size_t total = 0;
  for (std::size_t start = 0;; start += 5) {
    auto page = read("/jira/rest/agile/1.0/sprint/" + sprint +
                     "/issue?maxResults=5&fields=summary&startAt=" + std::to_string(start));
    total = page["total"];
    if (page["issues"].empty()) break;
    for (auto const& issue : page["issues"]) seen.insert(issue["key"].get<std::string>());
  }
  BOOST_TEST(seen.size() == total);
  BOOST_TEST(total == count("sprint = " + sprint));
  BOOST_TEST(read("/jira/rest/agile/1.0/sprint/" + sprint)["state"] == "active");
  BOOST_TEST(get("/jira/rest/agile/1.0/sprint/9").status == 404);
  BOOST_TEST(get("/jira/rest/agile/1.0/board/" + id + "/sprint?state=odd").status == 400);
  BOOST_TEST(read("/jira/rest/agile/1.0/board/" + id + "/sprint")["values"].size() == 28u);
}

BOOST_AUTO_TEST_CASE(a_blocked_ticket_names_its_blocker) {
  for (auto const& issue : issues("status = Blocked", "issuelinks")) {
    auto const& links = issue["fields"]["issuelinks"];
    BOOST_REQUIRE(!links.empty());
    BOOST_TEST(links[0]["type"]["inward"] == "is blocked by");
    BOOST_TEST(links[0].contains("inwardIssue"));
  }
}

BOOST_AUTO_TEST_SUITE_END()
