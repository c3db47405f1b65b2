#include "runtime/http/problem.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

using namespace nexus;
using namespace nexus::http;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(http_problem)

BOOST_AUTO_TEST_CASE(a_problem_has_the_members_of_rfc_9457) {
  auto answer = problem(404, "no ticket PROJ-9", "id-1");
  BOOST_TEST(answer.status == 404);
  BOOST_TEST(*answer.fields.find("Content-Type") == "application/problem+json");
  BOOST_TEST(
      answer.body ==
      R"({"type":"about:blank","title":"Not Found","status":404,"detail":"no ticket PROJ-9","instance":"id-1"})");
  BOOST_TEST(!nlohmann::json::parse(problem(404, "x").body).contains("instance"));
}

BOOST_AUTO_TEST_CASE(a_detail_that_is_not_utf8_is_still_json) {
  BOOST_TEST(nlohmann::json::accept(problem(400, "a\xff\xfe b\x01").body));
}

BOOST_AUTO_TEST_CASE(an_error_keeps_its_place_and_its_remedy) {
  auto answer = problem_of(error{errc::invalid_argument, "must be a string", "$.query", "quote it", {}}, "id-1");
  BOOST_TEST(answer.status == 422);
  BOOST_TEST(nlohmann::json::parse(answer.body).at("detail") == "$.query: must be a string (quote it)");
}

BOOST_AUTO_TEST_CASE(try_again_later_says_when_in_whole_seconds) {
  auto after = [](errc code, std::chrono::milliseconds wait) {
    return std::string{problem_of(error{code, "full", {}, {}, wait}).fields.find("Retry-After").value_or("none")};
  };
  BOOST_TEST(after(errc::overloaded, 0ms) == "1");
  BOOST_TEST(after(errc::overloaded, 1000ms) == "1");
  BOOST_TEST(after(errc::unavailable, 1001ms) == "2");
  BOOST_TEST(!problem_of(error{errc::not_found, "x", {}, {}, 5s}).fields.find("Retry-After"));
}

BOOST_AUTO_TEST_CASE(a_defect_of_ours_keeps_its_text_to_itself) {
  BOOST_TEST(problem_of(error{errc::internal, "pointer 0xdead", {}, {}, {}}).body.find("dead") == std::string::npos);
  BOOST_TEST(status_of(errc::corrupt) == 500);
}

BOOST_AUTO_TEST_SUITE_END()
