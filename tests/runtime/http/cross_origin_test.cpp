#include "runtime/http/cross_origin.hpp"

#include <boost/test/unit_test.hpp>

using namespace nexus::http;

namespace {

auto const listed = cross_origin_rules{{"https://dashboard.example.com", "http://localhost:3000"}, false};

auto preflight(std::string origin) -> request {
  return {"OPTIONS", "/query", {{"Origin", std::move(origin)}, {"Access-Control-Request-Method", "POST"}}, {}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(cross_origin)

BOOST_AUTO_TEST_CASE(without_origins_no_answer_says_anything_about_them) {
  BOOST_TEST(cross_origin_fields({}, {{"Origin", "https://dashboard.example.com"}}).size() == 0U);
  BOOST_TEST(!answer_preflight({}, preflight("https://dashboard.example.com")));
}

BOOST_AUTO_TEST_CASE(a_listed_origin_may_read_and_only_it_is_named) {
  auto const fields = cross_origin_fields(listed, {{"Origin", "https://dashboard.example.com"}});
  BOOST_TEST(*fields.find("Access-Control-Allow-Origin") == "https://dashboard.example.com");
  BOOST_TEST(*fields.find("Vary") == "Origin");
  BOOST_TEST(fields.find("Access-Control-Expose-Headers").has_value());
  BOOST_TEST(!fields.find("Access-Control-Allow-Credentials"));
}

BOOST_AUTO_TEST_CASE(an_origin_that_is_not_listed_is_never_repeated) {
  for (auto const* origin : {"https://evil.example", "https://dashboard.example.com.evil.example", "null",
                             "https://dashboard.example.com:444", "http://dashboard.example.com",
                             "https://DASHBOARD.example.com", "https://dashboard.example.com/", ""}) {
    auto const fields = cross_origin_fields(listed, {{"Origin", origin}});
    BOOST_TEST(fields.size() == 1U, origin);
    BOOST_TEST(*fields.find("Vary") == "Origin");
    auto const answer = answer_preflight(listed, preflight(origin));
    BOOST_TEST(answer->status == 403, origin);
    BOOST_TEST(!answer->fields.find("Access-Control-Allow-Methods"));
  }
  BOOST_TEST(*cross_origin_fields(listed, {}).find("Vary") == "Origin");
}

BOOST_AUTO_TEST_CASE(a_preflight_is_answered_without_a_body) {
  auto const answer = answer_preflight(listed, preflight("http://localhost:3000"));
  BOOST_TEST(answer->status == 204);
  BOOST_TEST(answer->body == "");
  BOOST_TEST(answer->fields.find("Access-Control-Allow-Methods")->find("POST") != std::string_view::npos);
  for (auto const* field : {"Authorization", "Content-Type", "Idempotency-Key"})
    BOOST_TEST(answer->fields.find("Access-Control-Allow-Headers")->find(field) != std::string_view::npos);
  auto plain = preflight("http://localhost:3000");
  plain.fields.erase("Access-Control-Request-Method");
  BOOST_TEST(!answer_preflight(listed, plain), "an OPTIONS request of its own");
}

BOOST_AUTO_TEST_CASE(everybody_is_a_star_and_never_with_credentials) {
  auto const fields = cross_origin_fields({{"*"}, true}, {{"Origin", "https://any.example"}});
  BOOST_TEST(*fields.find("Access-Control-Allow-Origin") == "*");
  BOOST_TEST(!fields.find("Access-Control-Allow-Credentials"));
  BOOST_TEST(!fields.find("Vary"));
  auto trusted = listed;
  trusted.credentials = true;
  BOOST_TEST(
      *cross_origin_fields(trusted, {{"Origin", "http://localhost:3000"}}).find("Access-Control-Allow-Credentials") ==
      "true");
}

BOOST_AUTO_TEST_CASE(what_no_browser_sends_cannot_be_listed) {
  for (auto const* good :
       {"*", "https://a.example", "http://localhost:3000", "http://127.0.0.1:8088", "http://[::1]:1"})
    BOOST_TEST(check_origin(good).has_value(), good);
  for (auto const* bad : {"", "null", "a.example", "https://", "https://a.example/", "https://a.example/x",
                          "https://a.example?x", "https://A.example", "ftp://a.example", "https://u@a.example",
                          "https://a.example:443", "http://a.example:80", "https://*.a.example x", "https://a b"}) {
    auto const result = check_origin(bad);
    BOOST_TEST(!result, bad);
    if (!result) BOOST_TEST(!result.error().remedy.empty());
  }
  BOOST_TEST(!check_origin("https://" + std::string(1'000, 'a')));
}

BOOST_AUTO_TEST_SUITE_END()
