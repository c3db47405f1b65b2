#include "runtime/rest/gather.hpp"
#include "runtime/rest/json_view.hpp"
#include "runtime/rest/service.hpp"

#include <boost/test/unit_test.hpp>

using namespace nexus;
using namespace nexus::rest;
using json = nlohmann::json;

namespace {

auto settings() -> service_settings {
  return {.name = "Thing",
          .base_url = "http://thing/api",
          .url_setting = "THING_URL",
          .credentials_setting = "THING_TOKEN",
          .fields = {},
          .problem_text = [](json const& body) { return json_view{body}["message"].text().value_or(""); },
          .now = [] { return timestamp{std::chrono::seconds{1000}}; }};
}

auto failure(int status, std::string body = "{}", http::headers fields = {}) -> error {
  return interpret(settings(), "Thing GET /x", {status, std::move(fields), std::move(body)}).error();
}

} // namespace

BOOST_AUTO_TEST_SUITE(rest_gather)

BOOST_AUTO_TEST_CASE(results_come_in_order_whatever_the_order_of_answers) {
  std::vector<continuation<int>> open;
  std::vector<int> results;
  std::size_t most = 0;
  gather<int>(
      7, 3,
      [&](std::size_t i, continuation<int> done) {
        open.push_back([i, done = std::move(done)](expected<int>) { done(static_cast<int>(i)); });
        most = std::max(most, open.size());
      },
      [&](std::vector<expected<int>> all) {
        for (auto const& each : all) results.push_back(each.value());
      });
  while (!open.empty()) {
    auto last = std::move(open.back());
    open.pop_back();
    last(0);
  }
  BOOST_TEST(results == (std::vector<int>{0, 1, 2, 3, 4, 5, 6}), boost::test_tools::per_element());
  BOOST_TEST(most == 3u);
}

BOOST_AUTO_TEST_CASE(answers_inside_the_call_do_not_grow_the_stack) {
  std::size_t count = 0;
  gather<int>(
      1'000'000, 4, [](std::size_t, continuation<int> done) { done(1); },
      [&](std::vector<expected<int>> all) { count = all.size(); });
  BOOST_TEST(count == 1'000'000u);
}

BOOST_AUTO_TEST_CASE(nothing_to_do_is_done_at_once) {
  int finished = 0;
  gather<int>(0, 4, {}, [&](auto) { ++finished; });
  join({}, [&] { ++finished; });
  BOOST_TEST(finished == 2);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(rest_service)

BOOST_AUTO_TEST_CASE(each_status_has_its_meaning) {
  BOOST_TEST((failure(400, R"({"message": "no such field"})").code == errc::refused));
  BOOST_TEST(failure(400, R"({"message": "no such field"})").message == "Thing refused the request: no such field");
  BOOST_TEST((failure(401).code == errc::upstream));
  BOOST_TEST(failure(401).remedy == "check THING_TOKEN");
  BOOST_TEST((failure(403).code == errc::permission_denied));
  BOOST_TEST((failure(404).code == errc::not_found));
  BOOST_TEST((failure(409).code == errc::conflict));
  BOOST_TEST((failure(302).code == errc::upstream));
  BOOST_TEST((failure(503).code == errc::upstream));
  BOOST_TEST(failure(500).where == "Thing GET /x");
}

BOOST_AUTO_TEST_CASE(an_answer_to_a_write_that_is_too_large_leaves_open_whether_it_happened) {
  auto const thing = service{settings(), [](call const&, http::request, http::response_callback done) {
                               done(fail(errc::too_large, "the answer is larger than 8 MiB"));
                             }};
  auto codes = std::vector<errc>{};
  auto const note = [&](expected<answer> got) { codes.push_back(got.error().code); };
  thing.get({}, "/x", note);
  thing.change({}, "POST", "/x", {}, note);
  thing.submit({}, "/x", {}, note);
  BOOST_TEST((codes == std::vector{errc::too_large, errc::upstream, errc::upstream}));
}

BOOST_AUTO_TEST_CASE(limits_say_how_long_to_wait) {
  BOOST_TEST((failure(429, "{}", {{"Retry-After", "7"}}).retry_after == std::chrono::seconds{7}));
  BOOST_TEST((failure(429, "{}", {{"Retry-After", "soon"}}).retry_after == std::chrono::seconds{0}));
  BOOST_TEST((failure(429, "{}", {{"Retry-After", "99999999999"}}).retry_after == std::chrono::hours{24}));
  auto const used_up = failure(403, "{}", {{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "1060"}});
  BOOST_TEST((used_up.code == errc::overloaded));
  BOOST_TEST((used_up.retry_after == std::chrono::seconds{60}));
}

BOOST_AUTO_TEST_CASE(a_body_that_is_no_json_says_what_is_wrong) {
  auto const page = failure(200, "<html>");
  BOOST_TEST((page.code == errc::upstream));
  BOOST_TEST(page.remedy.find("THING_URL") != std::string::npos);
  BOOST_TEST(interpret(settings(), "w", {204, {}, ""}).value().body.is_null());
}

BOOST_AUTO_TEST_CASE(the_next_page_is_below_the_base_url_whatever_host_it_names) {
  auto const next = [](std::string link) { return next_page(settings(), {{"Link", std::move(link)}}); };
  BOOST_TEST(next("<http://thing/api/list?page=2>; rel=\"next\"") == "/list?page=2");
  BOOST_TEST(next("<http://evil/api/list?page=1>; rel=\"prev\", <http://evil/api/list?page=3>; rel=\"next\"") ==
             "/list?page=3");
  for (auto const* none : {"", "<", "<>", "<http://thing/other>; rel=\"next\"", "<http://thing>; rel=\"next\"",
                           "<http://thing/api/x>; rel=\"last\"", ">;<"})
    BOOST_TEST(next(none).empty(), none);
}

BOOST_AUTO_TEST_CASE(credentials_are_encoded_as_rfc_7617_shows) {
  BOOST_TEST(basic_authorization("Aladdin", "open sesame") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

BOOST_AUTO_TEST_CASE(foreign_text_is_one_bounded_line) {
  BOOST_TEST(one_line(" a\r\n\tb  c ") == "a b c");
  BOOST_TEST(one_line("abc\xc3\xa9", 4) == "abc...");
  BOOST_TEST(one_line(std::string("a\x1b[31mb")) == "a [31mb");
}

BOOST_AUTO_TEST_CASE(views_give_nothing_for_what_has_another_shape) {
  auto const value = json::parse(R"({"n": 3.0, "s": "12", "big": 1e300, "t": "2026-01-01T00:00:00Z", "l": [1]})");
  auto const view = json_view{value};
  BOOST_TEST(view["n"].integer().value() == 3);
  BOOST_TEST(view["s"].integer().value() == 12);
  BOOST_TEST(!view["big"].integer().has_value());
  BOOST_TEST(!view["big"].count().has_value());
  BOOST_TEST(view["t"].time().has_value());
  BOOST_TEST(view["l"].items().size() == 1u);
  BOOST_TEST(view["l"]["x"]["y"].is_null());
  BOOST_TEST(!view["absent"].text().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
