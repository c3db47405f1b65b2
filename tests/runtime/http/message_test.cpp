#include "runtime/http/message.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace nexus;
using namespace nexus::http;

BOOST_AUTO_TEST_SUITE(http_message)

BOOST_AUTO_TEST_CASE(fields_are_found_whatever_their_case) {
  headers fields{{"Content-Type", "text/plain"}, {"Set-Cookie", "a"}, {"set-cookie", "b"}};
  BOOST_TEST(*fields.find("content-TYPE") == "text/plain");
  BOOST_TEST(*fields.find("SET-COOKIE") == "a");
  BOOST_TEST(!fields.find("Content"));
  fields.set("Set-cookie", "c");
  BOOST_TEST(fields.size() == 2);
  fields.add("Set-Cookie", "d");
  BOOST_TEST(*fields.find("set-cookie") == "c");
  fields.erase("SET-cookie");
  BOOST_TEST(fields.size() == 1);
}

BOOST_AUTO_TEST_CASE(decoding_undoes_encoding_for_any_bytes) {
  BOOST_TEST(rc::check([](std::string const& bytes) {
    auto encoded = percent_encode(bytes);
    RC_ASSERT(encoded.find_first_of(" /?#%+&=") == std::string::npos || encoded.find('%') != std::string::npos);
    RC_ASSERT(percent_decode(encoded, false).value() == bytes);
    RC_ASSERT(percent_decode(encoded, true).value() == bytes);
  }));
}

BOOST_AUTO_TEST_CASE(a_plus_is_a_space_in_queries_alone) {
  BOOST_TEST(percent_decode("a+b%2Bc", true).value() == "a b+c");
  BOOST_TEST(percent_decode("a+b%2Bc", false).value() == "a+b+c");
}

BOOST_AUTO_TEST_CASE(broken_escapes_are_malformed_and_say_where) {
  for (auto text : {"%", "ab%", "%1", "%zz", "%1z", "%%41"}) {
    auto decoded = percent_decode(text, false);
    BOOST_REQUIRE(!decoded);
    BOOST_TEST((decoded.error().code == errc::malformed));
  }
  BOOST_TEST(percent_decode("ab%", false).error().message == "broken percent escape at offset 2");
}

BOOST_AUTO_TEST_CASE(a_target_is_taken_apart) {
  auto parts = parse_target("/issue/PROJ%2F1/?a=1&b=x+y&a=2&&flag&%3D=%26#fragment").value();
  BOOST_TEST(parts.path == "/issue/PROJ%2F1/");
  BOOST_TEST(parts.segments == (std::vector<std::string>{"issue", "PROJ/1"}), boost::test_tools::per_element());
  BOOST_TEST(parts.query.size() == 5);
  BOOST_TEST(*parts.parameter("a") == "1");
  BOOST_TEST(*parts.parameter("b") == "x y");
  BOOST_TEST(*parts.parameter("flag") == "");
  BOOST_TEST(*parts.parameter("=") == "&");
  BOOST_TEST(!parts.parameter("c"));
}

BOOST_AUTO_TEST_CASE(scheme_and_host_of_an_absolute_url_are_ignored) {
  BOOST_TEST(parse_target("http://host:80/a?b=c").value().path == "/a");
  BOOST_TEST(parse_target("https://host").value().path == "/");
  BOOST_TEST(parse_target("/redirect?to=http://host/x").value().path == "/redirect");
}

BOOST_AUTO_TEST_CASE(what_is_no_target_is_malformed) {
  for (auto text : {"", "*", "a/b", "?a=b", "/%", "/?a=%", "/?%=a"})
    BOOST_TEST((parse_target(text).error().code == errc::malformed), text);
}

BOOST_AUTO_TEST_CASE(any_segments_and_parameters_survive_a_target) {
  BOOST_TEST(rc::check(
      [](std::vector<std::string> const& segments, std::vector<std::pair<std::string, std::string>> const& query) {
        std::string target;
        for (auto const& each : segments) {
          RC_PRE(!each.empty());
          target += "/" + percent_encode(each);
        }
        if (segments.empty()) target = "/";
        std::string separator = "?";
        for (auto const& [name, value] : query)
          target += std::exchange(separator, "&") + percent_encode(name) + "=" + percent_encode(value);
        auto parts = parse_target(target).value();
        RC_ASSERT(parts.segments == segments);
        RC_ASSERT(parts.query == query);
      }));
}

BOOST_AUTO_TEST_CASE(reason_phrases_are_known) {
  BOOST_TEST(reason_phrase(404) == "Not Found");
  BOOST_TEST(reason_phrase(431) == "Request Header Fields Too Large");
}

BOOST_AUTO_TEST_SUITE_END()
