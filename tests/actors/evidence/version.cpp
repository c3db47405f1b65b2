#include "actors/evidence/version.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

#include <algorithm>

using namespace nexus;
using namespace nexus::evidence;
namespace data = boost::unit_test::data;

namespace {

auto arbitrary_version() -> rc::Gen<version> {
  auto const identifier = rc::gen::element<std::string>("0", "1", "2", "10", "alpha", "beta", "rc", "rc1", "x-y");
  auto const small = rc::gen::inRange<std::uint64_t>(0, 4);
  return rc::gen::build<version>(
      rc::gen::set(&version::major, small), rc::gen::set(&version::minor, small), rc::gen::set(&version::patch, small),
      rc::gen::set(&version::pre_release, rc::gen::resize(3, rc::gen::container<std::vector<std::string>>(identifier))),
      rc::gen::set(&version::build, rc::gen::element<std::string>("", "5", "sha.abc")));
}

auto ordering(std::vector<std::string> const& ascending) -> bool {
  for (std::size_t i = 0; i < ascending.size(); ++i)
    for (std::size_t j = 0; j < ascending.size(); ++j)
      if ((parse_version(ascending[i]).value() <=> parse_version(ascending[j]).value()) != (i <=> j)) return false;
  return true;
}

} // namespace

BOOST_AUTO_TEST_CASE(precedence_is_that_of_the_specification) {
  // Section 11 of Semantic Versioning 2.0.0.
  BOOST_TEST(ordering({"1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
                       "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "2.0.0", "2.1.0", "2.1.1"}));
  BOOST_CHECK(parse_version("1.0.0+a").value() == parse_version("1.0.0+b").value());
  BOOST_CHECK(parse_version("1.0.0-99999999999999999999").value() <
              parse_version("1.0.0-100000000000000000000").value());
}

BOOST_DATA_TEST_CASE(what_the_specification_forbids_is_refused,
                     data::make({"", "1", "1.2", "v1.2.3", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3-a..b", "1.2.3+",
                                 "1.2.3+a+b", "1.2.3.4", " 1.2.3", "1.2.-3", "1.2.3-\xc3\xa4",
                                 "99999999999999999999.0.0"}),
                     text) {
  BOOST_TEST((parse_version(text).error().code == errc::invalid_argument));
}

BOOST_DATA_TEST_CASE(a_version_is_read_as_people_write_it,
                     data::make({"2.0.0", "v2.0", "V2", "release 2.0", "Release-2.0.0", "release/v2.0", "version 2",
                                 "ver. 2.0", " v 2.0.0 ", "2.0.0+build.7"}),
                     text) {
  BOOST_TEST(matches(text, "v2.0.0"));
  BOOST_TEST(matches("2.0.0", text));
}

BOOST_DATA_TEST_CASE(the_forms_of_a_pre_release_are_the_same,
                     data::make({"2.0.0-rc1", "v2.0 RC1", "2.0rc1", "release 2.0.0-RC.1", "2.0.0.rc1"}), text) {
  BOOST_TEST(matches(text, "v2.0.0-rc.1"));
  BOOST_TEST(!matches(text, "v2.0.0"));
}

BOOST_DATA_TEST_CASE(other_names_are_no_versions,
                     data::make({"", "v", "main", "frontend-1.2.3", "1.2.3.4", "release", "x2.0", "2..0", "2.0-",
                                 "2.0 --rc", "1.2.x.y.\xff"}),
                     text) {
  BOOST_TEST(!read_version(text).has_value());
}

BOOST_AUTO_TEST_CASE(one_match_wins_and_exact_comes_before_prefix) {
  auto const names = std::vector<std::string>{"v1.9.0", "v2.0.0", "v2.0.1", "v2.1.0-rc.1", "v3.0.2", "Nightly"};
  BOOST_TEST(find_version("v2.0", names).value() == "v2.0.0");
  BOOST_TEST(find_version("release 2.0", names).value() == "v2.0.0");
  BOOST_TEST(find_version("3", names).value() == "v3.0.2");
  BOOST_TEST(find_version("V3.0", names).value() == "v3.0.2");
  BOOST_TEST(find_version("2.1.0-rc", names).value() == "v2.1.0-rc.1");
  BOOST_TEST(find_version("nightly", names).value() == "Nightly");
  auto const spellings = std::vector<std::string>{"2.0.0", "v2.0.0"};
  BOOST_TEST(find_version("v2.0.0", spellings).value() == "v2.0.0");
}

BOOST_AUTO_TEST_CASE(no_match_lists_what_there_is) {
  auto const names = std::vector<std::string>{"v1.9.0", "v1.10.0", "v2.1.0-rc.1"};
  auto const missing = find_version("v2.1.0", names);
  BOOST_TEST((missing.error().code == errc::not_found));
  BOOST_TEST(missing.error().message == "there is no version 'v2.1.0'; there are: v2.1.0-rc.1, v1.10.0, v1.9.0");
  BOOST_TEST((find_version("1", {}).error().code == errc::not_found));
  BOOST_TEST((find_version("  ", names).error().code == errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(several_matches_are_refused_and_listed) {
  auto const names = std::vector<std::string>{"v2.0.1", "v2.0.2", "v1.0.0"};
  auto const several = find_version("2.0", names);
  BOOST_TEST((several.error().code == errc::refused));
  BOOST_TEST(several.error().message == "'2.0' can mean v2.0.2, v2.0.1; name one of them");
}

BOOST_AUTO_TEST_CASE(lists_are_bounded) {
  auto names = std::vector<std::string>{};
  for (int i = 0; i < 1000; ++i) names.push_back(fmt::format("1.0.{}", i));
  auto const message = find_version("7", names).error().message;
  BOOST_TEST(message.ends_with("1.0.980 and 980 more"));
}

BOOST_AUTO_TEST_CASE(a_bump_is_the_most_significant_difference) {
  auto const bump = [](char const* from, char const* to) {
    return std::string{to_string(bump_between(parse_version(from).value(), parse_version(to).value()))};
  };
  BOOST_TEST(bump("1.2.3", "2.0.0") == "major");
  BOOST_TEST(bump("1.2.3", "1.3.0") == "minor");
  BOOST_TEST(bump("1.2.3", "1.2.4") == "patch");
  BOOST_TEST(bump("2.0.0-rc.1", "2.0.0") == "pre_release");
  BOOST_TEST(bump("2.0.0+1", "2.0.0+2") == "none");
}

BOOST_AUTO_TEST_CASE(a_bump_suffices_when_it_announces_the_change) {
  auto const enough = [](char const* from, char const* to, version_bump required) {
    return bump_suffices(parse_version(from).value(), parse_version(to).value(), required);
  };
  BOOST_TEST(enough("1.2.3", "2.0.0", version_bump::major));
  BOOST_TEST(!enough("1.2.3", "1.3.0", version_bump::major));
  BOOST_TEST(enough("1.2.3", "1.3.0", version_bump::minor));
  BOOST_TEST(!enough("1.2.3", "1.2.4", version_bump::minor));
  BOOST_TEST(enough("2.0.0-rc.1", "2.0.0", version_bump::major));
  BOOST_TEST(!enough("1.3.0-rc.1", "1.3.0", version_bump::major));
  BOOST_TEST(enough("0.4.0", "0.5.0", version_bump::major));
  BOOST_TEST(!enough("0.4.0", "0.4.1", version_bump::major));
  BOOST_TEST(!enough("2.0.0", "1.0.0", version_bump::patch));
  BOOST_TEST(enough("2.0.0", "2.0.0", version_bump::none));
}

RC_BOOST_PROP(a_version_survives_its_own_text, ()) {
  auto const original = *arbitrary_version();
  auto const again = parse_version(original.text());
  RC_ASSERT(again.has_value());
  RC_ASSERT(again->text() == original.text());
}

RC_BOOST_PROP(precedence_is_a_total_order, ()) {
  auto const a = *arbitrary_version();
  auto const b = *arbitrary_version();
  auto const c = *arbitrary_version();
  RC_ASSERT((a < b) == (b > a));
  RC_ASSERT(!(a < b && b < c) || a < c);
  RC_ASSERT((a == b) == (!(a < b) && !(b < a)));
}

RC_BOOST_PROP(a_version_matches_itself_however_it_is_decorated, ()) {
  auto const text = (*arbitrary_version()).text();
  for (auto const* prefix : {"v", "V", "release ", "Release-", "release/v"}) RC_ASSERT(matches(prefix + text, text));
}

RC_BOOST_PROP(a_found_version_is_one_of_the_candidates, ()) {
  auto names = std::vector<std::string>{};
  for (auto const& v : *rc::gen::container<std::vector<version>>(arbitrary_version())) names.push_back("v" + v.text());
  auto const written = (*arbitrary_version()).text();
  if (auto const found = find_version(written, names)) RC_ASSERT(std::ranges::find(names, *found) != names.end());
}

RC_BOOST_PROP(any_text_is_read_without_harm, (std::string const& text)) {
  if (auto const read = read_version(text)) RC_ASSERT(read->components >= 1 && read->components <= 3);
  RC_ASSERT(matches(text, text));
}
