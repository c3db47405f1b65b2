#include "runtime/operations/router.hpp"

#include <boost/test/unit_test.hpp>

using namespace nexus;

namespace {

struct table {
  router routes;
  std::vector<std::string> names;
  table(std::initializer_list<std::pair<char const*, char const*>> entries) {
    for (auto const& [method, path] : entries) {
      BOOST_TEST(routes.add(method, path) == names.size());
      names.push_back(std::string{method} + " " + path);
    }
  }
  /// "GET /a/{x} x=1", or the name of the error and its remedy.
  auto find(std::string_view method, std::string_view target) const -> std::string {
    auto const parts = http::parse_target(target);
    BOOST_TEST_REQUIRE(parts.has_value());
    auto const found = routes.find(method, *parts);
    if (!found) return fmt::format("{} {}", to_string(found.error().code), found.error().remedy);
    auto text = names[found->route];
    for (auto const& [name, value] : found->members) text += " " + name + "=" + value;
    return text;
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(literals_win_over_members_whatever_the_order_of_the_table) {
  auto const t = table{{"GET", "/runs/{id}"}, {"GET", "/runs/latest"}, {"GET", "/{kind}/latest"}};
  BOOST_TEST(t.find("GET", "/runs/latest") == "GET /runs/latest");
  BOOST_TEST(t.find("GET", "/runs/7") == "GET /runs/{id} id=7");
  BOOST_TEST(t.find("GET", "/other/latest") == "GET /{kind}/latest kind=other");
}

BOOST_AUTO_TEST_CASE(a_greedy_member_takes_one_segment_or_more) {
  auto const t =
      table{{"GET", "/repos/{name...}"}, {"GET", "/repos/{name...}/health"}, {"GET", "/repos/{name...}/pr/{number}"}};
  BOOST_TEST(t.find("GET", "/repos/backend") == "GET /repos/{name...} name=backend");
  BOOST_TEST(t.find("GET", "/repos/nexus/backend") == "GET /repos/{name...} name=nexus/backend");
  BOOST_TEST(t.find("GET", "/repos/nexus/backend/health") == "GET /repos/{name...}/health name=nexus/backend");
  BOOST_TEST(t.find("GET", "/repos/backend/pr/7") == "GET /repos/{name...}/pr/{number} name=backend number=7");
  BOOST_TEST(t.find("GET", "/repos/a/b/c/pr/7") == "GET /repos/{name...}/pr/{number} name=a/b/c number=7");
  BOOST_TEST(t.find("GET", "/repos") == "not_found ");
}

BOOST_AUTO_TEST_CASE(members_are_decoded_and_an_encoded_slash_does_not_separate) {
  auto const t = table{{"GET", "/jobs/{name}"}};
  BOOST_TEST(t.find("GET", "/jobs/team%2Fmain%20line") == "GET /jobs/{name} name=team/main line");
  BOOST_TEST(t.find("GET", "/jobs/%E2%82%AC?x=1") == "GET /jobs/{name} name=\xe2\x82\xac");
}

BOOST_AUTO_TEST_CASE(an_empty_member_matches_nothing) {
  auto const t = table{{"GET", "/jobs/{name}"}, {"GET", "/repos/{name...}/health"}};
  BOOST_TEST(t.find("GET", "/jobs/") == "not_found ");
  BOOST_TEST(t.find("GET", "/repos//health") == "not_found ");
}

BOOST_AUTO_TEST_CASE(a_known_path_with_another_method_names_what_is_allowed) {
  auto const t = table{{"GET", "/runs"}, {"POST", "/runs"}, {"GET", "/runs/{id}"}};
  BOOST_TEST(t.find("DELETE", "/runs") == "refused GET, POST");
  BOOST_TEST(t.find("POST", "/runs/7") == "refused GET");
  BOOST_TEST(t.find("POST", "/nothing") == "not_found ");
  BOOST_TEST(t.find("HEAD", "/runs") == "GET /runs");
}

BOOST_AUTO_TEST_CASE(a_less_specific_route_serves_the_method_that_the_specific_one_lacks) {
  auto const t = table{{"GET", "/runs/latest"}, {"DELETE", "/runs/{id}"}};
  BOOST_TEST(t.find("DELETE", "/runs/latest") == "DELETE /runs/{id} id=latest");
}

BOOST_AUTO_TEST_CASE(the_root_is_a_path) {
  auto const t = table{{"GET", "/"}, {"GET", "/{name}"}};
  BOOST_TEST(t.find("GET", "/") == "GET /");
  BOOST_TEST(t.find("GET", "/x") == "GET /{name} name=x");
}

BOOST_AUTO_TEST_CASE(a_long_unknown_path_is_not_repeated_in_full) {
  auto const t = table{{"GET", "/runs"}};
  auto const parts = http::parse_target("/" + std::string(5000, 'x'));
  BOOST_TEST(t.routes.find("GET", *parts).error().message.size() < 300u);
}
