#include "actors/readiness/render.hpp"
#include "fixture.hpp"

using namespace nexus;
using namespace nexus::readiness;
using namespace nexus::readiness::testing;

namespace {

auto mixed() -> decision {
  auto facts = with(with(sound_release(), "tickets.blocked", 2.0), "vulnerabilities.high", 3.0);
  auto items = evidence_of(without(facts, "tests.failed"), now - std::chrono::minutes{12});
  items.push_back(missing("tests.failed", "Jenkins answered 503", "http://jenkins/job/nexus-main", now));
  return decide(default_policy(), {"dec-1", "v2.0.0", "PROJ", "4f2a9c1be0d5aa77"}, items, now, {"jenkins: 503"}).result;
}

auto contains(std::string const& text, std::string_view part) -> bool { return text.find(part) != std::string::npos; }

auto lines_of(std::string const& text) -> std::vector<std::string> {
  auto lines = std::vector<std::string>{};
  auto stream = std::istringstream{text};
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

auto columns(std::string const& line) -> std::size_t {
  return static_cast<std::size_t>(std::ranges::count_if(line, [](char c) { return (c & 0xc0) != 0x80; }));
}

} // namespace

BOOST_AUTO_TEST_SUITE(rendering)

BOOST_AUTO_TEST_CASE(the_terminal_shows_table_verdict_and_remedies) {
  auto const text = render_text(mixed(), {.width = 120});
  BOOST_TEST_MESSAGE(text);
  for (auto part :
       {"Release v2.0.0 of PROJ", "policy default 1, decided 2026-11-23T12:00:00.000Z, commit 4f2a9c1be0d5\n",
        "✗ fail     No blocked tickets", "? missing  No failing tests", "✓ pass     Last build successful", "2 tickets",
        "== 0", "12 min", "0/1", "1/1", "✗ NO_GO  score 57.1 of 100 (GO from 90, NO_GO below 70)",
        "NO_GO: a key objective is not met (blocked-tickets)", "Blockers\n  - No blocked tickets: 2 tickets",
        "Unknown\n  - No failing tests: no usable evidence: Jenkins answered 503", "Risks\n",
        "Degraded\n  - jenkins: 503", "To turn it green\n  - blocked-tickets: unblock 2 tickets"})
    BOOST_TEST(contains(text, part), part);
}

BOOST_AUTO_TEST_CASE(no_line_is_wider_than_asked) {
  for (auto width : {60, 80, 100, 120, 200})
    for (auto const& line : lines_of(render_text(mixed(), {.width = width})))
      BOOST_TEST(columns(line) <= static_cast<std::size_t>(width), width << ": " << line);
}

BOOST_AUTO_TEST_CASE(colour_and_unicode_are_choices) {
  BOOST_TEST(!contains(render_text(mixed()), "\x1b"));
  BOOST_TEST(contains(render_text(mixed(), {.colour = true}), "\x1b[31m"));
  auto const ascii = render_text(mixed(), {.unicode = false});
  BOOST_TEST(std::ranges::all_of(ascii, [](unsigned char c) { return c < 0x80; }));
  BOOST_TEST(contains(ascii, "x fail     No blocked tickets"));
  BOOST_TEST(contains(ascii, "? missing"));
}

BOOST_AUTO_TEST_CASE(markdown_is_a_comment_with_a_table) {
  auto const text = render_markdown(mixed());
  for (auto part : {"### ✗ NO\\_GO: Release v2.0.0 of PROJ", "| ✗ fail | No blocked tickets | `2 tickets` | `== 0` |",
                    "**Blockers**\n\n- No blocked tickets", "**To turn it green**", "Commit `4f2a9c1be0d5`",
                    "<details><summary>", "decision `dec-1`"})
    BOOST_TEST(contains(text, part), part << "\n" << text);
}

BOOST_AUTO_TEST_CASE(markdown_from_outside_has_no_effect) {
  auto items = evidence_of(sound_release());
  items.push_back(missing("tests.flaky", "x", "`<script>`|a", now));
  auto policy = default_policy().source();
  policy.objectives[0].description = "<img src=x> **b** [l](u) @ada | # `c`";
  policy.objectives[1].fact = "tests.flaky";
  auto const decision = decide(*policy::check(policy), {"d", "v1 @team <b>", "", ""}, items, now, {"@all <i>"}).result;
  auto const text = render_markdown(decision);
  BOOST_TEST_MESSAGE(text);
  for (auto part : {"<script>`", "<img", "<i>", "<b>", "@ada", "@team", "@all", " **b**", "[l](u)"})
    BOOST_TEST(!contains(text, part), part);
  for (auto const& line : lines_of(text))
    if (line.starts_with("| ") && !contains(line, "\\|")) {
      auto const bars = std::ranges::count(line, '|');
      BOOST_TEST((bars == 6 || bars == 5), line); // objectives, and their evidence
    }
}

BOOST_AUTO_TEST_SUITE_END()
