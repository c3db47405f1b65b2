#include "simulator/jql.hpp"
#include "tests/simulator/fixture.hpp"

#include <rapidcheck/boost_test.h>

#include <algorithm>

using namespace nexus;
using namespace nexus::simulator;
using namespace nexus::simulator::testing;

namespace {

auto small_world() -> data_set const& {
  static auto const world =
      generate(1, std::chrono::sys_days{std::chrono::year{2026} / 1 / 15} + std::chrono::hours{10}, names{{}});
  return world;
}

auto keys(std::string_view text) -> std::vector<std::string> {
  auto const& world = small_world();
  auto parsed = jql::parse(text);
  BOOST_REQUIRE_MESSAGE(parsed, text << ": " << (parsed ? "" : parsed.error().message));
  auto found = jql::select(world, *parsed, world.anchor);
  BOOST_REQUIRE_MESSAGE(found, text << ": " << (found ? "" : found.error().message));
  std::vector<std::string> result;
  for (auto i : *found) result.push_back(world.tickets[i].key);
  return result;
}

auto complaint(std::string_view text) -> std::string {
  auto parsed = jql::parse(text);
  if (!parsed) return parsed.error().message;
  auto found = jql::select(small_world(), *parsed, small_world().anchor);
  return found ? std::string{} : found.error().message;
}

/// A query that is right more often than random text would be.
auto random_query() -> rc::Gen<std::string> {
  auto piece = rc::gen::element<std::string>(
      "project", "status", "=", "!=", "in", "not", "is", "(", ")", ",", "\"Done\"", "'", "AND", "OR", "EMPTY", "NEXUS",
      "-7d", "~", "<", ">=", "created", "ORDER", "BY", "DESC", "sprint", "openSprints()", "\\", "\xff", "key",
      "NEXUS-123", "labels", "&&", "!", "text", "*", "now(", "due");
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece), [](std::vector<std::string> const& pieces) {
    std::string text;
    for (auto const& each : pieces) (text += each) += ' ';
    return text;
  });
}

} // namespace

BOOST_AUTO_TEST_SUITE(jql_queries)

BOOST_AUTO_TEST_CASE(conditions_and_their_negations_part_the_tickets) {
  auto all = keys("project in (NEXUS, PROJ, OPS)").size();
  BOOST_TEST(all == small_world().tickets.size());
  for (std::string condition :
       {"status = Done", "type = Bug", "statusCategory = Done", "priority >= High", "summary ~ export",
        "fixVersion in releasedVersions()", "key = NEXUS-123", "assignee is EMPTY", "created < -30d",
        "project = PROJ AND status = Done OR labels = security"})
    BOOST_TEST(keys(condition).size() + keys("NOT (" + condition + ")").size() == all, condition);
}

BOOST_AUTO_TEST_CASE(empty_fields_are_neither_equal_nor_unequal) {
  auto assigned = keys("assignee is not EMPTY").size(), unassigned = keys("assignee is EMPTY").size();
  BOOST_TEST(unassigned > 0u);
  BOOST_TEST(keys("assignee = \"Priya Raman\"").size() + keys("assignee != \"Priya Raman\"").size() == assigned);
  BOOST_TEST(keys("assignee = EMPTY").size() == unassigned);
  BOOST_TEST(keys("assignee in (EMPTY, \"Priya Raman\")").size() ==
             unassigned + keys("assignee = 'Priya Raman'").size());
  BOOST_TEST(keys("resolution = Unresolved").size() == keys("status != Done").size());
}

BOOST_AUTO_TEST_CASE(and_binds_stronger_than_or_unless_parentheses_say_otherwise) {
  BOOST_TEST(keys("key = NEXUS-1 OR key = NEXUS-2 AND key = NEXUS-3").size() == 1u);
  BOOST_TEST(keys("(key = NEXUS-1 OR key = NEXUS-2) AND key = NEXUS-3").empty());
  BOOST_TEST(keys("key in (NEXUS-1, nexus-2) && ! key = NEXUS-1").size() == 1u);
}

BOOST_AUTO_TEST_CASE(sprints_are_found_by_number_name_and_function) {
  auto open = keys("project = NEXUS AND sprint in openSprints()");
  BOOST_TEST(open.size() > 5u);
  BOOST_TEST((keys("sprint = 226") == open));
  BOOST_TEST((keys("sprint = \"NEXUS Sprint 27\"") == open));
  BOOST_TEST(keys("sprint in closedSprints() AND project = NEXUS").size() > 100u);
  BOOST_TEST(keys("sprint in futureSprints()").empty());
}

BOOST_AUTO_TEST_CASE(epics_are_found_by_parent_everywhere_and_by_link_where_the_project_has_it) {
  auto children = keys("parent = PROJ-100");
  BOOST_TEST(std::count(children.begin(), children.end(), "PROJ-101") == 1);
  BOOST_TEST((keys("\"Epic Link\" = PROJ-100") == children));
  BOOST_TEST(!keys("parent = NEXUS-100").empty());
  BOOST_TEST(keys("'Epic Link' = NEXUS-100").empty());
  BOOST_TEST(keys("parent = NEXUS-123").size() == 2u);
}

BOOST_AUTO_TEST_CASE(an_index_finds_what_a_look_at_every_ticket_finds) {
  auto const condition = rc::gen::element<std::string>(
      "parent = PROJ-100", "parent in (NEXUS-100, proj-100, NEXUS-123)", "'Epic Link' in (PROJ-100, NEXUS-100)",
      "key = NEXUS-124", "key in (PROJ-101, nexus-1, PROJ-101)", "key != PROJ-101", "parent is EMPTY",
      "parent in (EMPTY, PROJ-100)", "parent not in (PROJ-100)", "key > NEXUS-300", "status = Done", "type = Sub-task");
  auto const joint = rc::gen::element<std::string>(" AND ", " OR ", " AND NOT ");
  rc::check([&] {
    auto const query =
        "(" + *condition + *joint + *condition + ")" + *joint + "(" + *condition + *joint + *condition + ")";
    // Negations are never looked up.
    RC_ASSERT(keys(query) == keys("NOT (NOT (" + query + "))"));
  });
}

BOOST_AUTO_TEST_CASE(dates_are_relative_to_now_or_absolute) {
  BOOST_TEST(keys("created >= -1w").size() == keys("created >= '2026-01-08 10:00'").size());
  BOOST_TEST(keys("created >= startOfDay(-7d)").size() == keys("created >= 2026-01-08").size());
  BOOST_TEST(keys("due < now() AND status != Done").size() > 0u);
  BOOST_TEST(keys("created > now()").empty());
  BOOST_TEST(keys("updated >= -2d AND updated <= now()").size() > 0u);
}

BOOST_AUTO_TEST_CASE(results_come_in_the_order_asked_for) {
  auto oldest = keys("project = NEXUS ORDER BY key ASC");
  BOOST_TEST(oldest.front() == "NEXUS-1");
  BOOST_TEST(oldest.back() == "NEXUS-360");
  auto newest = keys("project = NEXUS ORDER BY created DESC, key");
  BOOST_TEST((newest.front() == "NEXUS-360" || newest.front() == "NEXUS-359"));
  auto urgent = keys("project = PROJ order by priority desc");
  BOOST_TEST(keys("key = " + urgent.front() + " AND priority = Highest").size() == 1u);
}

BOOST_AUTO_TEST_CASE(errors_are_worded_as_jira_words_them) {
  constexpr std::string_view valid =
      "The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'.";
  BOOST_TEST(complaint("colour = red") == "Field 'colour' does not exist or you do not have permission to view it.");
  BOOST_TEST(complaint("project = NOPE") == "The value 'NOPE' does not exist for the field 'project'.");
  BOOST_TEST(complaint("fixVersion = v9.9.9") == "The value 'v9.9.9' does not exist for the field 'fixVersion'.");
  BOOST_TEST(complaint("parent = NEXUS-9999") == "An issue with key 'NEXUS-9999' does not exist for field 'parent'.");
  BOOST_TEST(complaint("status") ==
             "Error in the JQL Query: Expecting operator before the end of the query. " + std::string{valid});
  BOOST_TEST(complaint("status Done") == "Error in the JQL Query: Expecting operator but got 'Done'. " +
                                             std::string{valid} + " (line 1, character 8)");
  BOOST_TEST(complaint("status = Done project = X") ==
             "Error in the JQL Query: Expecting either 'OR' or 'AND' but got 'project'. (line 1, character 15)");
  BOOST_TEST(complaint("status = ") ==
             "Error in the JQL Query: Expecting either a value, list or function before the end of the query.");
  BOOST_TEST(complaint("status = \"Done") ==
             "Error in the JQL Query: The quoted string 'Done' has not been completed. (line 1, character 10)");
  BOOST_TEST(complaint("status > Done") == "The operator '>' is not supported by the 'status' field.");
  BOOST_TEST(complaint("summary = x") == "The operator '=' is not supported by the 'summary' field.");
  BOOST_TEST(complaint("created > yesterday")
                 .starts_with("Date value 'yesterday' for field 'created' is invalid. Valid formats include"));
  BOOST_TEST(complaint("sprint in magic()").starts_with("Unable to find JQL function 'magic()'"));
  BOOST_TEST(complaint("key # 1").find("is a reserved JQL character") != std::string::npos);
  BOOST_TEST(complaint("(key = NEXUS-1").find("Expecting ')' before the end of the query") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(size_and_depth_are_bounded) {
  BOOST_TEST(!complaint(std::string(jql::max_length + 1, 'a')).empty());
  BOOST_TEST(!complaint(std::string(5'000, '(')).empty());
  std::string many_nots;
  for (int i = 0; i < 2'000; ++i) many_nots += "NOT ";
  BOOST_TEST(complaint(many_nots + "key = NEXUS-1") == "The JQL query is nested too deeply. Simplify it.");
}

RC_BOOST_PROP(any_text_is_parsed_or_refused_with_a_reason, (std::string const& text)) {
  auto parsed = jql::parse(text);
  if (parsed)
    (void)jql::select(small_world(), *parsed, small_world().anchor);
  else
    RC_ASSERT(!parsed.error().message.empty());
}

BOOST_AUTO_TEST_CASE(text_made_of_the_languages_own_words_is_answered_or_refused) {
  rc::check([] {
    auto parsed = jql::parse(*random_query());
    if (!parsed) return;
    auto found = jql::select(small_world(), *parsed, small_world().anchor);
    RC_ASSERT(found || !found.error().message.empty());
  });
}

BOOST_AUTO_TEST_SUITE_END()
