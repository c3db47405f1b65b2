#include "tests/runtime/operations/sample_operations.hpp"

#include <boost/test/unit_test.hpp>

using namespace nexus;

namespace nexus {
NEXUS_DEFINE_CODECS(sample_severity, sample_link, sample_item, read_item, link_item, tag_item, read_document)
} // namespace nexus

namespace {

using parameters = std::vector<std::pair<std::string, std::string>>;

auto bind(parameters const& path, parameters const& query, nlohmann::json body = nullptr) -> std::string {
  auto const table = sample_table({});
  auto const bound = bind_arguments(table.operations[0], path, query, std::move(body));
  return bound ? bound->dump() : fmt::format("{}: {}", to_string(bound.error().code), bound.error().render());
}

} // namespace

BOOST_AUTO_TEST_CASE(members_come_from_path_query_and_body_alike) {
  BOOST_TEST(bind({{"repo_name", "nexus/backend"}, {"number", "7"}}, {{"labels", "a,b"}}, {{"severity", "high"}}) ==
             R"({"labels":["a","b"],"number":7,"repo_name":"nexus/backend","severity":"high"})");
  BOOST_TEST(bind({}, {}) == "{}");
}

BOOST_AUTO_TEST_CASE(the_same_member_twice_is_fine_with_one_value_and_refused_with_two) {
  BOOST_TEST(bind({{"number", "7"}}, {{"number", "7"}}, {{"number", 7.0}}) == R"({"number":7})");
  auto const twice = "invalid_argument: $.number: given twice with different values";
  BOOST_TEST(bind({{"number", "7"}}, {{"number", "8"}}) == twice);
  BOOST_TEST(bind({{"number", "7"}}, {}, {{"number", 8}}) == twice);
  BOOST_TEST(bind({}, {{"number", "7"}, {"number", "8"}}) == twice);
  BOOST_TEST(bind({{"number", "7"}}, {}, {{"number", "7"}}) == twice);
}

BOOST_AUTO_TEST_CASE(a_parameter_of_the_wrong_shape_is_named_with_its_origin) {
  BOOST_TEST(bind({{"number", "x"}}, {}) == "invalid_argument: path parameter 'number': expected integer, got 'x'");
  BOOST_TEST(bind({}, {{"number", "1.5"}}) ==
             "invalid_argument: query parameter 'number': expected integer, got '1.5'");
}

BOOST_AUTO_TEST_CASE(a_body_that_is_no_object_is_refused) {
  BOOST_TEST(bind({}, {}, nlohmann::json::array()) == "invalid_argument: $: expected object, got array");
  BOOST_TEST(bind({}, {}, "text") == "invalid_argument: $: expected object, got string");
}

BOOST_AUTO_TEST_CASE(unknown_parameters_reach_the_decoder_which_knows_whether_to_refuse_them) {
  BOOST_TEST(bind({}, {{"nubmer", "7"}}) == R"({"nubmer":"7"})");
}

BOOST_AUTO_TEST_CASE(an_action_is_an_operations_name_or_an_alias_that_renames_members) {
  auto const table = sample_table({});
  auto payload = nlohmann::json{{"repo", "backend"}, {"id", 7}};
  auto const direct = resolve_action(table, "read_item", payload);
  BOOST_TEST_REQUIRE(direct.has_value());
  BOOST_TEST(payload.contains("repo"));
  auto const alias = resolve_action(table, "get_item", payload);
  BOOST_TEST_REQUIRE(alias.has_value());
  BOOST_TEST((*alias)->name == "read_item");
  BOOST_TEST(payload.dump() == R"({"number":7,"repo_name":"backend"})");
  // What has our name already keeps it.
  payload = {{"repo", "theirs"}, {"repo_name", "ours"}};
  BOOST_TEST(resolve_action(table, "get_item", payload).has_value());
  BOOST_TEST(payload["repo_name"] == "ours");
  auto array = nlohmann::json::array({1});
  BOOST_TEST(resolve_action(table, "get_item", array).has_value());
}

BOOST_AUTO_TEST_CASE(an_unknown_action_is_refused_with_what_there_is) {
  auto payload = nlohmann::json::object();
  auto const unknown = resolve_action(sample_table({}), std::string(5000, 'x'), payload);
  BOOST_TEST_REQUIRE(!unknown.has_value());
  BOOST_TEST((unknown.error().code == errc::refused));
  BOOST_TEST(unknown.error().message.size() < 200u);
  BOOST_TEST(unknown.error().remedy == "known actions: get_item, read_item, link_item, tag_item, read_document");
}

BOOST_AUTO_TEST_CASE(a_body_that_is_one_member_never_meets_the_others) {
  auto const table = sample_table({});
  auto const& tagged = *table.find("tag_item");
  auto const bound = bind_arguments(tagged, {{"key", "a"}}, {{"quietly", "true"}}, {{"key", "b"}, {"x", "y"}});
  BOOST_TEST_REQUIRE(bound.has_value());
  BOOST_TEST(*bound == nlohmann::json::parse(R"({"key":"a","quietly":true,"tags":{"key":"b","x":"y"}})"));
  BOOST_TEST(*bind_arguments(tagged, {{"key", "a"}}, {}, nullptr) == nlohmann::json::parse(R"({"key":"a"})"));
}
