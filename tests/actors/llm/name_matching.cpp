#include "actors/llm/name_matching.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

namespace nexus::llm::tests {

namespace {

auto matched(std::string_view question, std::vector<std::string> const& names) -> std::vector<std::string> {
  std::vector<candidate> candidates;
  for (auto const& name : names) candidates.push_back({{name}});
  std::vector<std::string> result;
  for (auto i : match_names(split_words(question), candidates)) result.push_back(names[i]);
  return result;
}

using names = std::vector<std::string>;
names const jobs{"falcon-main", "otter-ci", "otter-ci-nightly", "tools/vole-scan"};

} // namespace

BOOST_AUTO_TEST_SUITE(name_matching)

BOOST_AUTO_TEST_CASE(a_name_is_found_however_it_is_written) {
  for (auto const* question : {"is falcon-main green", "is Falcon Main green", "FALCON_MAIN?", "the falconmain build",
                               "how is falcon-main's build"})
    BOOST_TEST(matched(question, jobs) == names{"falcon-main"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_part_that_only_one_name_has_is_enough) {
  BOOST_TEST(matched("how is the vole job", jobs) == names{"tools/vole-scan"}, boost::test_tools::per_element());
  BOOST_TEST(matched("is portal healthy", {"acme/portal", "acme/kernel"}) == names{"acme/portal"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_part_that_several_names_have_is_ambiguous) {
  BOOST_TEST(matched("how is otter", jobs).size() == 2u);
  BOOST_TEST(matched("acme", {"acme/portal", "acme/kernel"}).size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_whole_name_wins_over_a_longer_one_that_contains_it) {
  BOOST_TEST(matched("is otter ci green", jobs) == names{"otter-ci"}, boost::test_tools::per_element());
  BOOST_TEST(matched("is otter ci nightly green", jobs) == names{"otter-ci-nightly"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_typing_error_is_forgiven_when_nothing_else_fits) {
  BOOST_TEST(matched("is falkon green", jobs) == names{"falcon-main"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(everyday_words_name_nothing_by_a_part) {
  BOOST_TEST(matched("what is the main problem of the build", jobs).empty());
  BOOST_TEST(matched("is it green", jobs).empty());
}

BOOST_AUTO_TEST_CASE(an_everyday_word_names_something_that_is_called_just_that) {
  BOOST_TEST(matched("why did the build fail", {"build", "web"}) == names{"build"}, boost::test_tools::per_element());
}

RC_BOOST_PROP(a_candidate_in_the_question_is_always_among_the_matches, ()) {
  auto const syllable = rc::gen::element<std::string>("zor", "quix", "blem", "vant", "krell", "dusp");
  auto const name =
      rc::gen::map(rc::gen::resize(3, rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(syllable))),
                   [](std::vector<std::string> const& parts) {
                     std::string result;
                     for (auto const& part : parts) result += (result.empty() ? "" : "-") + part;
                     return result;
                   });
  auto const all = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(name));
  auto const meant = *rc::gen::elementOf(all);
  auto const found = matched("what is the status of " + meant + " today", all);
  RC_ASSERT(std::find(found.begin(), found.end(), meant) != found.end());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::llm::tests
