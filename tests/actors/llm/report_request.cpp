#include "actors/llm/report_request.hpp"

#include <boost/test/unit_test.hpp>

using namespace nexus::llm;

BOOST_AUTO_TEST_CASE(a_demand_for_a_report_is_understood) {
  for (auto const* text :
       {"generate a report for v2.0.0", "Generate the release report of release v2.0.0.",
        "please write a readiness report for v2.0.0", "Could you make me a report about version v2.0.0, please?",
        "generate a report for v2.0.0 as markdown"}) {
    auto const wanted = read_report_request(text);
    BOOST_REQUIRE_MESSAGE(wanted.has_value(), text);
    BOOST_TEST(wanted->tool == "generate_report", text);
    BOOST_TEST(wanted->arguments["release"] == "v2.0.0", text);
    BOOST_TEST(wanted->arguments["format"] == "markdown", text);
  }
}

BOOST_AUTO_TEST_CASE(a_demand_to_publish_names_release_and_space) {
  for (auto const* text : {"publish the report of v2.0.0 to space REL",
                           "Please publish the release report for v2.0.0 in the Confluence space REL.",
                           "post the report of release v2.0.0 to REL"}) {
    auto const wanted = read_report_request(text);
    BOOST_REQUIRE_MESSAGE(wanted.has_value(), text);
    BOOST_TEST(wanted->tool == "publish_report", text);
    BOOST_TEST(wanted->arguments["release"] == "v2.0.0", text);
    BOOST_TEST(wanted->arguments["space_key"] == "REL", text);
    BOOST_TEST(wanted->arguments["title"] == "Release v2.0.0: readiness report", text);
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_said_exactly_is_not_published) {
  for (auto const* text : {"publish the report", "publish the report of v2.0.0", "publish the report of v2.0.0 to",
                           "publish v2.0.0 to space REL", "do not publish the report of v2.0.0 to space REL",
                           "should I publish the report of v2.0.0 to space REL",
                           "publish the report of v2.0.0 to space REL and delete the old one",
                           "publish the report of the last release to REL", "what does the report of v2.0.0 say",
                           "generate a report for everything", "", "report"})
    BOOST_TEST(!read_report_request(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(what_was_published_is_told) {
  auto seen = observation{};
  seen.result = {{"page_id", "65547"}, {"title", "T"},     {"url", "https://wiki/x"}, {"space_key", "REL"},
                 {"version", 3},       {"created", false}, {"decision", "NO_GO"}};
  BOOST_TEST(
      tell_report(seen) ==
      "The report is now on the page \"T\" (page 65547, version 3) of the space REL: https://wiki/x. It says NO_GO.");
  seen.result = {{"markdown", "# Release"}};
  BOOST_TEST(tell_report(seen) == "# Release");
}
