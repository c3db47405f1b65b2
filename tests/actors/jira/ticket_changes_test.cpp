#include "actors/jira/jira_client.hpp"
#include "actors/jira/text_document.hpp"
#include "actors/jira/ticket_changes.hpp"
#include "actors/jira/ticket_fields.hpp"
#include "tests/actors/outside_world.hpp"

#include <boost/test/unit_test.hpp>

using namespace nexus;
using namespace nexus::jira;
using json = nlohmann::json;

namespace {

template <class World>
struct changing : World {
  jira_client client{
      {.url = "http://simulator/jira", .username = "nexus", .api_token = "simulator-token", .fields = {}},
      this->exchange(),
      this->clock()};
  call context{.idempotency_key = "run_1.1.0"};

  template <class Request>
  auto write(Request const& request) -> expected<typename Request::reply> {
    return nexus::testing::write(client, context, request);
  }
  auto refusal(auto const& request) -> error {
    auto outcome = write(request);
    BOOST_REQUIRE(!outcome.has_value());
    return outcome.error();
  }
  auto bodies(std::string_view method) -> std::vector<json> {
    auto found = std::vector<json>{};
    for (auto const& each : this->sent)
      if (each.method == method) found.push_back(json::parse(each.body));
    return found;
  }
};
using simulated = changing<nexus::testing::outside_world>;
using scripted = changing<nexus::testing::scripted_world>;

auto contains(std::string const& text, std::string_view part) -> bool { return text.find(part) != std::string::npos; }

} // namespace

BOOST_AUTO_TEST_SUITE(ticket_changes)

BOOST_FIXTURE_TEST_CASE(a_ticket_goes_to_the_status_that_is_named_however_its_transition_is_called, simulated) {
  auto const moved = write(update_ticket{"proj-123", "in review", std::nullopt});
  BOOST_REQUIRE(moved.has_value());
  BOOST_TEST(moved->status.value() == "In Review");
  BOOST_TEST(moved->message == "PROJ-123 is In Review now");
  BOOST_TEST(!moved->comment_added);
  BOOST_TEST(nexus::testing::must(client, get_ticket{"PROJ-123"}).status_name == "In Review");
}

BOOST_FIXTURE_TEST_CASE(a_ticket_that_is_there_already_is_not_moved, simulated) {
  auto const moved = write(update_ticket{"PROJ-123", "In Progress", std::nullopt});
  BOOST_REQUIRE(moved.has_value());
  BOOST_TEST(moved->message == "PROJ-123 is In Progress already");
  BOOST_TEST(bodies("POST").empty());
}

BOOST_FIXTURE_TEST_CASE(a_status_that_cannot_be_reached_is_refused_with_those_that_can, simulated) {
  auto const problem = refusal(update_ticket{"PROJ-123", "Shipped", std::nullopt});
  BOOST_TEST((problem.code == errc::refused));
  BOOST_TEST(problem.message == "PROJ-123 cannot go from In Progress to Shipped");
  BOOST_TEST(problem.remedy == "it can go to: To Do, In Review, Blocked, Done");
}

BOOST_FIXTURE_TEST_CASE(an_update_without_anything_to_do_is_refused_in_the_words_of_old, simulated) {
  auto const problem = refusal(update_ticket{"PROJ-123", std::nullopt, std::nullopt});
  BOOST_TEST((problem.code == errc::refused));
  BOOST_TEST(problem.render() == "Either status or comment must be provided");
  BOOST_TEST((refusal(update_ticket{"PROJ-123", std::nullopt, " \n"}).code == errc::invalid_argument));
  BOOST_TEST(sent.empty());
}

BOOST_FIXTURE_TEST_CASE(a_comment_carries_its_key_where_nobody_sees_it, simulated) {
  auto const done = write(update_ticket{"PROJ-123", std::nullopt, "first\nline\n\nsecond *paragraph*"});
  BOOST_REQUIRE(done.has_value());
  BOOST_TEST(done->message == "PROJ-123: the comment was added");
  auto const body = bodies("POST").at(0);
  BOOST_TEST(body["properties"] == json::parse(R"([{"key":"nexus.write","value":{"idempotency_key":"run_1.1.0"}}])"));
  BOOST_TEST(!contains(body["body"].dump(), "run_1"));
  auto const read = nexus::testing::must(client, get_ticket{"PROJ-123"});
  BOOST_REQUIRE_EQUAL(read.comments.value().size(), 1u);
  BOOST_TEST(read.comments->front().body == "first\nline\nsecond *paragraph*");
}

BOOST_FIXTURE_TEST_CASE(a_recovering_call_adds_its_comment_only_if_it_is_not_there, simulated) {
  auto const wanted = update_ticket{"PROJ-123", "Done", "shipped"};
  context.recovering = true;
  BOOST_REQUIRE(write(wanted).has_value());
  auto const again = write(wanted);
  BOOST_REQUIRE(again.has_value());
  BOOST_TEST(again->message == "PROJ-123 is Done already; the comment was added before");
  context.idempotency_key = "run_2.1.0";
  BOOST_TEST(write(wanted)->message == "PROJ-123 is Done already; the comment was added");
  BOOST_TEST(nexus::testing::must(client, get_ticket{"PROJ-123"}).comments->size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_recovering_call_that_cannot_look_says_so_and_writes_nothing, simulated) {
  context.recovering = true;
  world.add_fault({.service = "jira", .match = "/rest/api/3/issue/PROJ-123/comment", .status = 403});
  auto const problem = refusal(update_ticket{"PROJ-123", std::nullopt, "shipped"});
  BOOST_TEST((problem.code == errc::unavailable));
  BOOST_TEST(contains(problem.message, "cannot be told"));
  BOOST_TEST(bodies("POST").empty());
}

BOOST_FIXTURE_TEST_CASE(a_recovering_call_that_is_stopped_before_its_comment_does_not_deny_it, simulated) {
  context.recovering = true;
  auto const unreachable = refusal(update_ticket{"PROJ-123", "Shipped", "shipped"});
  BOOST_TEST((unreachable.code == errc::unavailable));
  BOOST_TEST(contains(unreachable.message, "cannot be told"));
  BOOST_TEST(contains(unreachable.message, "PROJ-123 cannot go from In Progress to Shipped"));
  for (auto const* where : {"/rest/api/3/issue/PROJ-123/transitions", "/rest/api/3/issue/PROJ-123"})
    for (auto const status : {403, 404, 429}) {
      world.clear_faults();
      world.add_fault({.service = "jira", .match = where, .status = status});
      BOOST_TEST((refusal(update_ticket{"PROJ-123", "Done", "shipped"}).code == errc::unavailable));
    }
  for (auto const& each : sent) BOOST_TEST(!each.target.ends_with("/comment"));
}

BOOST_FIXTURE_TEST_CASE(a_move_is_told_although_its_comment_failed, simulated) {
  world.add_fault({.service = "jira", .match = "/rest/api/3/issue/PROJ-123/comment", .status = 400});
  auto const problem = refusal(update_ticket{"PROJ-123", "Done", "shipped"});
  BOOST_TEST(problem.message.starts_with("PROJ-123 is Done now, but it was not commented on: "));
}

BOOST_FIXTURE_TEST_CASE(unknown_tickets_are_named, simulated) {
  BOOST_TEST(refusal(update_ticket{"PROJ-99999", "Done", std::nullopt}).message == "Jira shows no ticket PROJ-99999");
  BOOST_TEST(refusal(update_ticket{"PROJ-99999", std::nullopt, "x"}).message == "Jira shows no ticket PROJ-99999");
  BOOST_TEST(refusal(update_ticket_fields{"PROJ-99999", {{"summary", {R"("x")"}}}, {}}).message ==
             "Jira shows no ticket PROJ-99999");
}

BOOST_FIXTURE_TEST_CASE(fields_are_set_by_id_or_name_and_seen_afterwards, simulated) {
  auto const done = write(update_ticket_fields{"PROJ-123",
                                               {{"summary", {R"("a new name")"}},
                                                {"Priority", {R"("Highest")"}},
                                                {"story_points", {"8"}},
                                                {"description", {R"("one\n\ntwo")"}},
                                                {"assignee", {"null"}}},
                                               "ann"});
  BOOST_REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().render()));
  BOOST_TEST((done->fields_updated ==
              std::vector<std::string>{"assignee", "customfield_10016", "description", "priority", "summary"}));
  BOOST_TEST(done->updated_by.value() == "ann");
  auto const read = nexus::testing::must(client, get_ticket{"PROJ-123"});
  BOOST_TEST(read.summary == "a new name");
  BOOST_TEST(read.priority.value() == "Highest");
  BOOST_TEST(read.story_points.value() == 8);
  BOOST_TEST(read.description.value() == "one\ntwo");
  BOOST_TEST(!read.assignee.has_value());
}

BOOST_FIXTURE_TEST_CASE(fields_that_cannot_be_set_are_refused_by_name_and_none_is_set, simulated) {
  auto const problem = refusal(update_ticket_fields{
      "PROJ-123", {{"summary", {R"("x")"}}, {"created", {"1"}}, {"comment", {"1"}}, {"colour", {"1"}}}, {}});
  BOOST_TEST((problem.code == errc::refused));
  BOOST_TEST(problem.message == "these fields are not known or cannot be set here: colour, comment, created");
  BOOST_TEST(contains(problem.remedy, "priority"));
  BOOST_TEST(bodies("PUT").empty());
  BOOST_TEST((refusal(update_ticket_fields{"PROJ-123", {}, {}}).code == errc::refused));
}

BOOST_FIXTURE_TEST_CASE(a_value_that_jira_refuses_is_told_in_jiras_words, simulated) {
  auto const problem = refusal(update_ticket_fields{"PROJ-123", {{"priority", {R"("Cosmic")"}}}, {}});
  BOOST_TEST((problem.code == errc::refused));
  BOOST_TEST(contains(problem.message, "The priority selected is invalid."));
}

BOOST_AUTO_TEST_CASE(texts_become_what_the_field_takes) {
  auto const known =
      json{{"fields",
            {{"components", {{"schema", {{"type", "array"}, {"items", "component"}}}, {"operations", {"set"}}}},
             {"customfield_1", {{"schema", {{"type", "option"}}}, {"name", "Team"}, {"operations", {"set"}}}},
             {"customfield_2",
              {{"schema", {{"type", "string"}, {"custom", "com.atlassian:textarea"}}}, {"operations", {"set"}}}},
             {"assignee", {{"schema", {{"type", "user"}}}, {"operations", {"set"}}}},
             {"broken", nullptr}}}};
  auto const set = fields_to_set(known,
                                 {{"components", {R"(["core",{"id":"7"}])"}},
                                  {"team", {R"("red")"}},
                                  {"customfield_2", {R"("long")"}},
                                  {"assignee", {R"("id-1")"}}},
                                 {});
  BOOST_REQUIRE(set.has_value());
  BOOST_TEST((*set)["components"] == json::parse(R"([{"name":"core"},{"id":"7"}])"));
  BOOST_TEST((*set)["customfield_1"] == json::parse(R"({"value":"red"})"));
  BOOST_TEST((*set)["customfield_2"]["type"] == "doc");
  BOOST_TEST((*set)["assignee"] == json::parse(R"({"accountId":"id-1"})"));
  for (auto const& odd : {json(), json::array(), json{{"fields", 3}}})
    BOOST_TEST((fields_to_set(odd, {{"x", {"1"}}}, {}).error().code == errc::upstream));
}

BOOST_AUTO_TEST_CASE(plain_text_becomes_a_document_and_nothing_in_it_is_mark_up) {
  auto const document = text_document("one\r\ntwo\n\n\n# three\n");
  BOOST_TEST(
      document.dump() ==
      R"({"content":[{"content":[{"text":"one","type":"text"},{"type":"hardBreak"},{"text":"two","type":"text"}],)"
      R"("type":"paragraph"},{"content":[{"text":"# three","type":"text"}],"type":"paragraph"}],"type":"doc","version":1})");
  BOOST_TEST(text_document("").at("content").empty());
}

BOOST_FIXTURE_TEST_CASE(odd_answers_to_a_look_for_transitions_are_no_way_to_go, scripted) {
  on("/jira/rest/api/3/issue/PROJ-1", json{{"fields", {{"status", nullptr}}}});
  on("/jira/rest/api/3/issue/PROJ-1/transitions",
     json{{"transitions",
           {nullptr,
            3,
            {{"id", "1"}},
            {{"to", {{"name", "Done"}}}},
            {{"id", "2"}, {"to", {{"name", "Done"}}}, {"isAvailable", false}}}}});
  auto const problem = refusal(update_ticket{"PROJ-1", "Done", std::nullopt});
  BOOST_TEST((problem.code == errc::refused));
  BOOST_TEST(problem.remedy == "no other status can be reached by these credentials");
}

BOOST_AUTO_TEST_SUITE_END()
