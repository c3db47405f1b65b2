#include "actors/jira/document_text.hpp"
#include "actors/jira/jql.hpp"
#include "actors/jira/sprint_mapping.hpp"
#include "actors/jira/ticket_mapping.hpp"
#include "actors/jira/ticket_statistics.hpp"
#include "messages/core/codec.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace nexus;
using namespace nexus::jira;
using json = nlohmann::json;

namespace {

/// As Jira Cloud answers GET /rest/api/3/issue/PROJ-7, shortened.
auto whole_issue() -> json {
  return json::parse(R"({
    "id": "10007", "key": "PROJ-7",
    "fields": {
      "summary": "Checkout fails", "issuetype": {"name": "Story", "hierarchyLevel": 0},
      "status": {"name": "In Review", "statusCategory": {"key": "indeterminate"}},
      "priority": {"name": "High"}, "project": {"key": "PROJ"}, "resolution": null,
      "parent": {"key": "PROJ-1", "fields": {"issuetype": {"name": "Epic", "hierarchyLevel": 1}}},
      "description": {"type": "doc", "version": 1, "content": [
        {"type": "paragraph", "content": [{"type": "text", "text": "Card is "}, {"type": "text", "text": "refused", "marks": [{"type": "strong"}]}]},
        {"type": "bulletList", "content": [
          {"type": "listItem", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "one"}]}]},
          {"type": "listItem", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "two"}]}]}]},
        {"type": "paragraph", "content": [{"type": "mention", "attrs": {"id": "1", "text": "@Ada"}}, {"type": "hardBreak"}, {"type": "text", "text": "end"}]}]},
      "subtasks": [{"id": "1", "key": "PROJ-8", "fields": {"summary": "Sub", "status": {"name": "Done", "statusCategory": {"key": "done"}}, "issuetype": {"name": "Sub-task"}, "priority": null}}],
      "issuelinks": [{"type": {"name": "Blocks", "inward": "is blocked by", "outward": "blocks"}, "inwardIssue": {"key": "OPS-1", "fields": {"summary": "Firewall", "status": {"name": "To Do", "statusCategory": {"key": "new"}}}}}],
      "assignee": {"accountId": "a1", "displayName": "Ada", "active": true, "avatarUrls": {"48x48": "https://x/48"}},
      "reporter": null, "customfield_10014": null, "customfield_10016": 5.0,
      "customfield_10020": [{"id": 41, "name": "Sprint 41", "state": "closed"}, {"id": 42, "name": "Sprint 42", "state": "active"}],
      "customfield_10021": [{"value": "Impediment"}],
      "customfield_10050": {"value": "Gold"},
      "timeoriginalestimate": 3600, "timeestimate": null, "timespent": 60,
      "fixVersions": [{"name": "v2.0.0"}], "labels": ["backend"], "components": [{"name": "core"}],
      "created": "2026-01-02T10:00:00.000+0100", "updated": "2026-01-03T10:00:00.000+0000", "resolutiondate": null, "duedate": "2026-02-01",
      "comment": {"comments": [{"id": "5", "author": {"accountId": "b"}, "body": {"type": "doc", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Hi"}]}]}, "created": "2026-01-02T10:00:00.000+0000"}]},
      "worklog": {"worklogs": [{"id": "6", "timeSpentSeconds": 60, "started": "2026-01-02T10:00:00.000+0000"}]}
    }})");
}

auto ticket_with(std::string key, ticket_status status, std::optional<double> points = {}) -> ticket {
  ticket result;
  result.key = std::move(key);
  result.status = status;
  result.story_points = points;
  return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(ticket_mapping)

BOOST_AUTO_TEST_CASE(every_field_of_an_issue_is_read) {
  auto ids = field_ids{};
  ids.others = {"customfield_10050"};
  auto const got = ticket_from_json(whole_issue(), ids).value();
  BOOST_TEST(got.key == "PROJ-7");
  BOOST_TEST(got.id.value() == "10007");
  BOOST_TEST(got.description.value() == "Card is refused\n- one\n- two\n@Ada\nend");
  BOOST_TEST((got.status == ticket_status::in_review));
  BOOST_TEST(got.parent_key.value() == "PROJ-1");
  BOOST_TEST(got.epic_key.value() == "PROJ-1");
  BOOST_REQUIRE(got.subtasks.size() == 1u);
  BOOST_TEST((got.subtasks[0].status == ticket_status::done));
  BOOST_TEST(!got.subtasks[0].priority.has_value());
  BOOST_REQUIRE(got.linked_issues.size() == 1u);
  BOOST_TEST(got.linked_issues[0].relation == "is blocked by");
  BOOST_TEST(got.assignee.value().avatar_url.value() == "https://x/48");
  BOOST_TEST(!got.reporter.has_value());
  BOOST_TEST(got.story_points.value() == 5);
  BOOST_TEST(got.sprint_name.value() == "Sprint 42");
  BOOST_TEST(got.flagged);
  BOOST_TEST(!got.remaining_estimate_seconds.has_value());
  BOOST_TEST(format_timestamp(got.created_at.value()) == "2026-01-02T09:00:00.000Z");
  BOOST_TEST(got.comments.value().at(0).body == "Hi");
  BOOST_TEST(got.worklogs.value().size() == 1u);
  BOOST_TEST(!got.watchers.has_value());
  BOOST_TEST(got.custom_fields.at("customfield_10050").text == R"({"value":"Gold"})");
}

BOOST_AUTO_TEST_CASE(an_epic_link_names_the_epic_of_company_managed_projects) {
  auto issue = whole_issue();
  issue["fields"]["parent"] = nullptr;
  issue["fields"]["customfield_10014"] = "PROJ-2";
  auto const got = ticket_from_json(issue, {}).value();
  BOOST_TEST(!got.parent_key.has_value());
  BOOST_TEST(got.epic_key.value() == "PROJ-2");
}

BOOST_AUTO_TEST_CASE(the_text_form_of_sprints_is_read) {
  auto issue = whole_issue();
  issue["fields"]["customfield_10020"] =
      json::array({"com.atlassian.greenhopper.service.sprint.Sprint@14b[completeDate=<null>,goal=,id=42,name=Sprint "
                   "42,rapidViewId=1,state=ACTIVE]"});
  auto const got = ticket_from_json(issue, {}).value();
  BOOST_TEST(got.sprint_id.value() == 42);
  BOOST_TEST(got.sprint_name.value() == "Sprint 42");
}

BOOST_AUTO_TEST_CASE(any_field_may_be_null_or_of_another_type) {
  auto const whole = whole_issue();
  for (auto const& [name, value] : whole["fields"].items())
    for (auto const& odd :
         {json(nullptr), json(3), json("text"), json::array({nullptr, 1, json::object()}), json::object()}) {
      auto issue = whole;
      issue["fields"][name] = odd;
      BOOST_TEST(ticket_from_json(issue, {}).has_value(), name);
    }
  BOOST_TEST(ticket_from_json({{"key", "A-1"}}, {}).value().summary.empty());
  BOOST_TEST(!ticket_from_json({{"key", nullptr}}, {}).has_value());
}

BOOST_AUTO_TEST_CASE(statuses_follow_their_names_and_then_their_category) {
  using enum ticket_status;
  BOOST_TEST((status_of("Backlog", "new") == to_do));
  BOOST_TEST((status_of("QA", "indeterminate") == in_progress));
  BOOST_TEST((status_of("Code Review", "indeterminate") == in_review));
  BOOST_TEST((status_of("Blocked by vendor", "indeterminate") == blocked));
  BOOST_TEST((status_of("Unblocked", "indeterminate") == in_progress));
  BOOST_TEST((status_of("Released", "done") == done));
  BOOST_TEST((status_of("Blocked", "done") == done));
  BOOST_TEST((status_of("Cancelled", "done") == cancelled));
  BOOST_TEST((status_of("Won't Do", "done") == cancelled));
  BOOST_TEST((status_of("Reviewed", "done") == done));
  BOOST_TEST((status_of("Closed", "") == done));
}

BOOST_AUTO_TEST_CASE(texts_are_bounded_and_never_cut_inside_a_character) {
  auto const text = document_text(std::string(100, 'x') + "\xc3\xa9", 101);
  BOOST_TEST(text == std::string(100, 'x') + "...");
  BOOST_TEST(document_text(nullptr).empty());
  BOOST_TEST(document_text({{"type", "tableRow"},
                            {"content",
                             {{{"type", "tableCell"}, {"content", {{{"type", "text"}, {"text", "a"}}}}},
                              {{"type", "tableCell"}, {"content", {{{"type", "text"}, {"text", "b"}}}}}}}}) == "a | b");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(jql)

BOOST_AUTO_TEST_CASE(quoted_texts_can_never_end_early) {
  BOOST_TEST(rc::check("a quoted text reads back as itself and as nothing more", [](std::string const& text) {
    auto const quoted = jql_quoted(text);
    // Reads as Jira's lexer does: a string ends at the first quote that no backslash precedes.
    RC_ASSERT(quoted.size() >= 2 && quoted.front() == '"');
    std::string read;
    std::size_t at = 1;
    for (; at < quoted.size() && quoted[at] != '"'; ++at) {
      RC_ASSERT(static_cast<unsigned char>(quoted[at]) >= 0x20);
      if (quoted[at] != '\\') {
        read += quoted[at];
        continue;
      }
      ++at;
      RC_ASSERT(at < quoted.size());
      if (quoted[at] == 'u') {
        read += static_cast<char>(std::stoi(quoted.substr(at + 1, 4), nullptr, 16));
        at += 4;
      } else {
        RC_ASSERT(quoted[at] == '"' || quoted[at] == '\\');
        read += quoted[at];
      }
    }
    RC_ASSERT(at == quoted.size() - 1);
    RC_ASSERT(read == text);
  }));
  BOOST_TEST(jql_quoted("a\" OR project = SECRET --") == R"("a\" OR project = SECRET --")");
  BOOST_TEST(jql_quoted("a\\") == R"("a\\")");
  std::vector<std::string> const keys{"A-1", "A-2"};
  BOOST_TEST(jql_any_of("parent", keys) == R"(parent in ("A-1", "A-2"))");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(ticket_figures)

BOOST_AUTO_TEST_CASE(tickets_are_counted_once_and_cancelled_ones_not_at_all) {
  using enum ticket_status;
  std::vector<ticket> tickets{ticket_with("A-1", done, 3),   ticket_with("A-2", in_progress, 2),
                              ticket_with("A-3", in_review), ticket_with("A-4", blocked, 1),
                              ticket_with("A-5", to_do),     ticket_with("A-6", cancelled, 8),
                              ticket_with("A-1", done, 3)};
  auto const got = tally(tickets);
  BOOST_TEST(got.total == 5);
  BOOST_TEST(got.completed == 1);
  BOOST_TEST(got.in_progress == 2);
  BOOST_TEST(got.blocked == 1);
  BOOST_TEST(got.cancelled == 1);
  BOOST_TEST(got.points.value() == 6);
  BOOST_TEST(got.completed_points.value() == 3);
  BOOST_TEST(got.completion().value() == 20);
}

BOOST_AUTO_TEST_CASE(nothing_counted_is_absent_and_not_zero) {
  auto const got = tally({});
  BOOST_TEST(!got.completion().has_value());
  BOOST_TEST(!got.points.has_value());
}

BOOST_AUTO_TEST_CASE(a_hundred_percent_means_all) {
  std::vector<ticket> tickets;
  for (int i = 0; i < 2999; ++i) tickets.push_back(ticket_with(fmt::format("A-{}", i), ticket_status::done));
  tickets.push_back(ticket_with("A-2999", ticket_status::to_do));
  BOOST_TEST(tally(tickets).completion().value() < 100);
}

BOOST_AUTO_TEST_CASE(a_flag_blocks_what_is_open) {
  auto open = ticket_with("A-1", ticket_status::in_progress), closed = ticket_with("A-2", ticket_status::done);
  open.flagged = closed.flagged = true;
  BOOST_TEST(is_blocked(open));
  BOOST_TEST(!is_blocked(closed));
}

BOOST_AUTO_TEST_CASE(a_release_lists_what_is_open_with_the_blocked_first) {
  std::vector<ticket> tickets;
  for (int i = 1; i <= 30; ++i) tickets.push_back(ticket_with(fmt::format("A-{}", i), ticket_status::to_do));
  tickets[28].status = ticket_status::blocked;
  tickets[4].priority = "Highest";
  auto const got = release_statistics({.version = "v1", .project_key = "A"}, tickets, false);
  BOOST_TEST(got.open_tickets.size() == 20u);
  BOOST_TEST(got.open_tickets[0].key == "A-29");
  BOOST_TEST(got.open_tickets[1].key == "A-5");
  BOOST_TEST(got.open_tickets[2].key == "A-1");
  BOOST_TEST(got.blockers.size() == 1u);
  BOOST_TEST(got.notes.size() == 2u);
}

BOOST_AUTO_TEST_CASE(the_sprint_that_is_meant_is_found) {
  std::vector<sprint> const sprints{{.id = 1, .name = "Sprint 41", .state = "closed"},
                                    {.id = 2, .name = "Sprint 42", .state = "active"},
                                    {.id = 3, .name = "Sprint 43", .state = "future"}};
  BOOST_TEST(choose_sprint(sprints, {}, "A").value().id == 2);
  BOOST_TEST(choose_sprint(sprints, "sprint 41", "A").value().id == 1);
  BOOST_TEST(choose_sprint(sprints, "43", "A").value().id == 3);
  BOOST_TEST((choose_sprint(sprints, "3", "A").error().code == errc::not_found));
  BOOST_TEST((choose_sprint({}, {}, "A").error().code == errc::not_found));
}

BOOST_AUTO_TEST_SUITE_END()
