#include "actors/llm/offline_planner.hpp"
#include "messages/core/codec.hpp"
#include "tests/actors/llm/fake_world.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

namespace nexus::llm::tests {

namespace {

using nlohmann::json;

// Any JSON, with the members that the planner looks for more often than others.
auto any_json(int depth) -> rc::Gen<json> {
  auto const text = rc::gen::map(rc::gen::string<std::string>(), [](std::string s) { return json(std::move(s)); });
  auto const scalar = rc::gen::oneOf(
      rc::gen::just(json(nullptr)), rc::gen::map(rc::gen::arbitrary<bool>(), [](bool b) { return json(b); }),
      rc::gen::map(rc::gen::arbitrary<std::int64_t>(), [](std::int64_t i) { return json(i); }),
      rc::gen::map(rc::gen::arbitrary<double>(), [](double d) { return json(d); }), text);
  if (depth == 0) return scalar;
  auto const name = rc::gen::element<std::string>(
      "projects", "project_key", "jobs", "job_name", "repositories", "repo_name", "releases", "version", "released",
      "issues", "key", "summary", "status", "assignee", "display_name", "subtasks", "hierarchy", "objectives",
      "verdict", "observed", "builds", "build_number", "test_results", "failed_test_names", "prs", "pr_number",
      "unavailable", "vulnerabilities", "sources", "error", "code", "message", "notes", "total", "blockers",
      "last_build_number");
  auto const list = rc::gen::map(rc::gen::resize(4, rc::gen::container<std::vector<json>>(any_json(depth - 1))),
                                 [](std::vector<json> items) { return json(std::move(items)); });
  auto const object = rc::gen::map(rc::gen::resize(6, rc::gen::container<std::vector<std::pair<std::string, json>>>(
                                                          rc::gen::pair(name, any_json(depth - 1)))),
                                   [](std::vector<std::pair<std::string, json>> const& members) {
                                     auto result = json::object();
                                     for (auto const& [key, value] : members) result[key] = value;
                                     return result;
                                   });
  return rc::gen::oneOf(scalar, list, object, object);
}

constexpr std::string_view questions[] = {
    "Is v3.4.0 ready?",      "are we ready to release?",  "blockers of 3.4",
    "release stats for 3.4", "which releases are there?", "what is ORCA-1?",
    "children of ORCA-1",    "open bugs in ORCA",         "what is assigned to Mira?",
    "how is the sprint?",    "why did build 7 fail?",     "is falcon-main green?",
    "is main green?",        "history of falcon-main",    "PR 3 of kernel",
    "open PRs of kernel",    "repo health of kernel",     "is kernel secure?",
    "list all jobs",         "how is kernel doing?"};

} // namespace

BOOST_AUTO_TEST_SUITE(offline_planner_robustness)

RC_BOOST_PROP(any_observation_leads_to_an_end, ()) {
  auto const question = *rc::gen::elementOf(std::vector<std::string_view>(std::begin(questions), std::end(questions)));
  auto const talk = converse(std::string{question}, [](auto, auto const&) {
    return *rc::gen::oneOf(rc::gen::map(any_json(4), [](json const& value) { return dump_json(value); }),
                           rc::gen::string<std::string>());
  });
  RC_ASSERT(talk.ended);
  RC_ASSERT(!talk.last.text.empty());
}

RC_BOOST_PROP(any_single_damaged_observation_leads_to_an_answer, ()) {
  auto const question = *rc::gen::elementOf(std::vector<std::string_view>(std::begin(questions), std::end(questions)));
  fake_world const world{first_world()};
  auto const damaged = *rc::gen::inRange(0, 4);
  auto made = 0;
  auto const talk = converse(std::string{question}, [&](auto tool, auto const& arguments) {
    auto said = world.call(tool, arguments);
    if (made++ == damaged && said.is_object() && !said.empty()) {
      auto it = said.begin();
      std::advance(it, *rc::gen::inRange<std::size_t>(0, said.size()));
      *it = *any_json(2);
    }
    return dump_json(said);
  });
  RC_ASSERT(talk.ended);
}

RC_BOOST_PROP(any_question_gets_a_completion, (std::string const& text)) {
  auto const talk = converse(text, fake_world{first_world()});
  RC_ASSERT(talk.ended);
}

BOOST_AUTO_TEST_CASE(huge_and_odd_questions_are_bounded) {
  fake_world const world{first_world()};
  for (auto const& text :
       {std::string{}, std::string(1'000'000, 'a'), std::string(100'000, '#'), std::string(100'000, '\xff'),
        std::string("\0\0", 2), std::string("is v3.4.0 ready? ") + std::string(1'000'000, 'x')})
    BOOST_TEST(converse(text, world).ended);
  std::string many;
  for (auto i = 0; i < 10'000; ++i) many += "ORCA-" + std::to_string(i) + " ";
  BOOST_TEST(converse(many, world).calls.size() <= 5u);
}

BOOST_AUTO_TEST_CASE(a_name_that_is_not_utf8_is_asked_for_once) {
  auto const talk = converse("is PR 17 of ke\x87nel approved?", [](auto, auto const&) { return std::string{"{}"}; });
  BOOST_TEST(talk.ended);
  BOOST_TEST(talk.calls.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_list_of_thousands_is_read_in_part) {
  auto jobs = json::array();
  for (auto i = 0; i < 20'000; ++i) jobs.push_back({{"job_name", "job-" + std::to_string(i)}});
  auto const talk = converse("is job-17 green?", [&](auto tool, auto const&) {
    return tool == "list_jobs" ? dump_json({{"jobs", jobs}}) : std::string{R"({"error":{"code":"not_found"}})"};
  });
  BOOST_TEST(talk.ended);
  BOOST_TEST(talk.last.text.size() < 2000u);
}

BOOST_AUTO_TEST_CASE(chats_that_no_orchestrator_would_make_are_survived) {
  BOOST_TEST((plan({}).finish_reason == finish_reason::refusal));
  // A call without its result is not repeated.
  complete_chat const unanswered{
      .messages = {{.role = chat_role::user, .text = "Is v3.4.0 ready?"},
                   {.role = chat_role::assistant,
                    .text = {},
                    .tool_calls = {{"x", "assess_release_readiness", {R"({"release":"v3.4.0"})"}}}}},
      .tools = all_tools()};
  auto const said = plan(unanswered);
  BOOST_TEST((said.finish_reason == finish_reason::stop));
  BOOST_TEST(said.text.find("did not answer") != std::string::npos);
  complete_chat broken{
      .messages = {{.role = chat_role::tool, .text = "{", .tool_calls = {}, .tool_call_id = "y"},
                   {.role = chat_role::user, .text = "list all jobs"},
                   {.role = chat_role::assistant, .text = {}, .tool_calls = {{"y", "list_jobs", {"[["}}}}},
      .tools = {{"list_jobs", "", {"not a schema"}}}};
  BOOST_TEST((plan(broken).finish_reason == finish_reason::stop));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::llm::tests
