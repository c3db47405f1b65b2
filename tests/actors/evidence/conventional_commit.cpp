#include "actors/evidence/conventional_commit.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

using namespace nexus::evidence;
namespace data = boost::unit_test::data;

BOOST_AUTO_TEST_SUITE(conventional_commits)

BOOST_AUTO_TEST_CASE(the_examples_of_the_specification_are_read) {
  auto const footer =
      parse_conventional(
          "feat: allow provided config object to extend other configs\n\nBREAKING CHANGE: `extends` key is used")
          .value();
  BOOST_TEST(footer.type == "feat");
  BOOST_TEST(footer.scope.empty());
  BOOST_TEST(footer.breaking);
  auto const both = parse_conventional("feat(api)!: send an email to the customer when a product is shipped").value();
  BOOST_TEST(both.scope == "api");
  BOOST_TEST(both.description == "send an email to the customer when a product is shipped");
  BOOST_TEST(both.breaking);
  BOOST_TEST(!parse_conventional("docs: correct spelling of CHANGELOG").value().breaking);
  BOOST_TEST(
      parse_conventional("fix: prevent racing of requests\n\nIntroduce a request id.\n\nReviewed-by: Z\nRefs: #123")
          .value()
          .type == "fix");
  BOOST_TEST(parse_conventional("FEAT: shout").value().type == "feat");
}

BOOST_DATA_TEST_CASE(other_first_lines_are_not_conventional,
                     data::make({"", "Merge branch 'x'", "feat", "feat:", "feat: ", "feat:no space", "feat (x): y",
                                 "feat(): y", "feat(x: y", ": y", "!: y", "f/x: y", "1feat: y", "\n\nfeat: y"}),
                     message) {
  BOOST_TEST(!parse_conventional(message).has_value());
}

BOOST_AUTO_TEST_CASE(a_breaking_footer_stands_after_a_blank_line_in_upper_case) {
  BOOST_TEST(breaking_footer("x\n\nbody\n\nBREAKING-CHANGE: gone").value() == "gone");
  BOOST_TEST(breaking_footer("x\r\n\r\nRefs: #1\r\nBREAKING CHANGE: gone\r\n").value() == "gone");
  for (auto const* message : {"BREAKING CHANGE: gone", "x\nBREAKING CHANGE: gone", "x\n\nbreaking change: gone",
                              "x\n\nBREAKING CHANGE:", "x\n\nno BREAKING CHANGE: x"})
    BOOST_TEST(!breaking_footer(message).has_value(), message);
}

BOOST_AUTO_TEST_CASE(a_commit_asks_for_a_bump) {
  auto const bump = [](char const* message) {
    return std::string{to_string(implied_bump(parse_conventional(message).value()))};
  };
  BOOST_TEST(bump("docs!: x") == "major");
  BOOST_TEST(bump("feat: x") == "minor");
  BOOST_TEST(bump("fix: x") == "patch");
  BOOST_TEST(bump("chore: x") == "none");
}

RC_BOOST_PROP(any_message_is_read_without_harm, (std::string const& message)) {
  auto const parsed = parse_conventional(message);
  if (breaking_footer(message) && parsed) RC_ASSERT(parsed->breaking);
}

BOOST_AUTO_TEST_SUITE_END()
