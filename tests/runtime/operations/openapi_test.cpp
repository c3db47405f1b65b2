#include "tests/runtime/operations/sample_operations.hpp"

#include <boost/test/unit_test.hpp>

using namespace nexus;
using nlohmann::ordered_json;

namespace {

auto document() -> ordered_json {
  return openapi_document(sample_table({}),
                          {{"GET", "/runs/{id}/events", "Events of a run.", "text/event-stream"},
                           {"GET", "/health", "Health.", "application/json", true}},
                          "1.2.3");
}

void references(ordered_json const& value, std::vector<std::string>& found) {
  if (value.is_object() && value.contains("$ref")) found.push_back(value["$ref"]);
  if (value.is_structured())
    for (auto const& element : value) references(element, found);
}

} // namespace

BOOST_AUTO_TEST_CASE(every_operation_and_every_other_route_is_described) {
  auto const api = document();
  BOOST_TEST(parse_json(api.dump()).has_value());
  BOOST_TEST(api["openapi"] == "3.1.0");
  BOOST_TEST(api["info"]["version"] == "1.2.3");
  auto paths = std::vector<std::string>{};
  for (auto const& [path, entry] : api["paths"].items()) paths.push_back(path);
  BOOST_CHECK((paths == std::vector<std::string>{"/repos/{repo_name}/items/{number}", "/link", "/items/{key}/tags",
                                                 "/documents/{name}", "/runs/{id}/events", "/health"}));
  auto const& read = api["paths"]["/repos/{repo_name}/items/{number}"]["get"];
  BOOST_TEST(read["operationId"] == "read_item");
  BOOST_TEST(read["tags"].dump() == R"(["sample"])");
  for (auto status : {"200", "400", "401", "404", "413", "422", "429", "503"})
    BOOST_TEST(read["responses"].contains(status), status);
}

BOOST_AUTO_TEST_CASE(every_reference_of_the_document_has_a_target_in_it) {
  auto const api = document();
  auto found = std::vector<std::string>{};
  references(api, found);
  BOOST_TEST(found.size() > 20u);
  for (auto const& reference : found) {
    BOOST_TEST_INFO(reference);
    BOOST_TEST_REQUIRE(reference.starts_with("#/"));
    auto const pointer = ordered_json::json_pointer(reference.substr(1));
    BOOST_TEST_REQUIRE(api.contains(pointer));
    BOOST_TEST(!api[pointer].is_null());
  }
}

BOOST_AUTO_TEST_CASE(parameters_come_from_path_and_query_with_their_schemas) {
  auto const api = document();
  auto const& parameters = api["paths"]["/repos/{repo_name}/items/{number}"]["get"]["parameters"];
  BOOST_TEST_REQUIRE(parameters.size() == 5u);
  BOOST_TEST(parameters[0].dump() == R"({"name":"repo_name","in":"path","required":true,"schema":{"type":"string"}})");
  BOOST_TEST(parameters[1].dump() == R"({"name":"number","in":"path","required":true,"description":"From 1.",)"
                                     R"("schema":{"type":"integer","minimum":1,"maximum":100}})");
  BOOST_TEST(parameters[2]["in"] == "query");
  BOOST_TEST(parameters[2]["required"] == false);
  BOOST_TEST(parameters[3]["schema"].dump() ==
             R"({"anyOf":[{"$ref":"#/components/schemas/sample_severity"},{"type":"null"}]})");
  BOOST_TEST(parameters[4]["schema"]["items"]["$ref"] == "#/components/schemas/sample_severity");
  BOOST_TEST(!api["paths"]["/repos/{repo_name}/items/{number}"]["get"].contains("requestBody"));
  BOOST_TEST(!api["components"]["schemas"].contains("read_item"));
}

BOOST_AUTO_TEST_CASE(a_body_refers_to_its_request_and_a_task_answers_in_the_references_envelope) {
  auto const api = document();
  auto const& link = api["paths"]["/link"]["post"];
  BOOST_TEST(link["requestBody"]["content"]["application/json"]["schema"]["$ref"] == "#/components/schemas/link_item");
  BOOST_TEST(!link.contains("parameters"));
  BOOST_TEST(!link["responses"].contains("404"));
  auto const& reply = link["responses"]["200"]["content"]["application/json"]["schema"]["allOf"];
  BOOST_TEST(reply[0]["$ref"] == "#/components/schemas/agent_task_response");
  BOOST_TEST(reply[1]["properties"]["data"]["anyOf"][0]["$ref"] == "#/components/schemas/sample_link");
  auto const& envelope = api["components"]["schemas"]["agent_task_response"];
  BOOST_TEST(envelope["properties"]["status"]["enum"].dump() == R"(["success","failed"])");
  BOOST_TEST(envelope["required"].dump() == R"(["task_id","status"])");
}

BOOST_AUTO_TEST_CASE(an_operation_says_whether_it_writes_and_how_that_is_settled) {
  auto const api = document();
  auto const& read = api["paths"]["/documents/{name}"]["get"];
  BOOST_TEST(read["x-nexus-effect"] == "read");
  BOOST_TEST(!read.contains("x-nexus-reconciliation"));
  auto const& write = api["paths"]["/link"]["post"];
  BOOST_TEST(write["x-nexus-effect"] == "write");
  BOOST_TEST(write["x-nexus-reconciliation"] == "none");
}

BOOST_AUTO_TEST_CASE(a_body_may_be_one_member_as_a_whole) {
  auto const api = document();
  auto const& entry = api["paths"]["/items/{key}/tags"]["post"];
  BOOST_TEST(entry["requestBody"]["required"] == false);
  BOOST_TEST(entry["requestBody"]["x-nexus-member"] == "tags");
  BOOST_TEST(entry["requestBody"]["content"]["application/json"]["schema"]["additionalProperties"]["type"] == "string");
  BOOST_TEST_REQUIRE(entry["parameters"].size() == 2u);
  BOOST_TEST(entry["parameters"][0]["in"] == "path");
  BOOST_TEST(entry["parameters"][1]["name"] == "quietly");
  BOOST_TEST(entry["parameters"][1]["in"] == "query");
}

BOOST_AUTO_TEST_CASE(open_routes_need_no_credentials_and_others_do) {
  auto const api = document();
  BOOST_TEST(api["security"].dump() == R"([{"bearer":[]}])");
  BOOST_TEST(api["paths"]["/health"]["get"]["security"].dump() == "[]");
  BOOST_TEST(!api["paths"]["/runs/{id}/events"]["get"].contains("security"));
  BOOST_TEST(api["paths"]["/runs/{id}/events"]["get"]["parameters"][0]["name"] == "id");
  BOOST_TEST(api["paths"]["/runs/{id}/events"]["get"]["responses"]["200"]["content"].contains("text/event-stream"));
}

BOOST_AUTO_TEST_CASE(the_schema_of_arguments_stands_alone) {
  auto const schema = argument_schema(sample_table({}).operations[0]);
  BOOST_TEST(schema["type"] == "object");
  BOOST_TEST(schema["additionalProperties"] == false);
  BOOST_TEST(schema["required"].dump() == R"(["repo_name","number"])");
  auto found = std::vector<std::string>{};
  references(schema, found);
  BOOST_TEST(!found.empty());
  for (auto const& reference : found) BOOST_TEST(schema.contains(ordered_json::json_pointer(reference.substr(1))));
}
