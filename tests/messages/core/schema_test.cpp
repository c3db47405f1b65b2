#include "tests/messages/core/sample.hpp"

#include <boost/test/unit_test.hpp>

using namespace nexus;
using nlohmann::ordered_json;

namespace {

/// Every "$ref" of a document, anywhere in it.
void references(ordered_json const& value, std::vector<std::string>& found) {
  if (value.is_object() && value.contains("$ref")) found.push_back(value["$ref"]);
  if (value.is_structured())
    for (auto const& element : value) references(element, found);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_schema_says_types_bounds_descriptions_and_what_is_required) {
  auto definitions = ordered_json::object();
  auto const root = schema_of(descriptor_of<sample_rules>(), definitions, "#/$defs/", decode_mode::closed);
  BOOST_TEST(root.dump() == R"({"$ref":"#/$defs/sample_rules"})");
  BOOST_TEST(definitions["sample_rules"].dump() ==
             R"({"type":"object","properties":{"name":{"type":"string"},)"
             R"("weight":{"type":"integer","minimum":1,"maximum":10,"description":"How much it counts."},)"
             R"("share":{"type":["number","null"],"minimum":0.25,"maximum":0.75},)"
             R"("tags":{"type":"array","items":{"type":"string"},"maxItems":2},)"
             R"("key":{"type":"string","maxLength":3},"default":{"type":"boolean"}},)"
             R"("required":["name"],"additionalProperties":false})");
}

BOOST_AUTO_TEST_CASE(every_shape_has_a_schema) {
  auto definitions = ordered_json::object();
  schema_of(descriptor_of<sample>(), definitions);
  auto const& properties = definitions["sample"]["properties"];
  BOOST_TEST(properties["unsigned_wide"].dump() == R"({"type":"integer","minimum":0})");
  BOOST_TEST(properties["time"].dump() == R"({"type":"string","format":"date-time"})");
  BOOST_TEST(properties["free"].dump() == "{}");
  BOOST_TEST(properties["colour"].dump() == R"({"$ref":"#/$defs/sample_colour"})");
  BOOST_TEST(properties["maybe"].dump() == R"({"type":["number","null"]})");
  BOOST_TEST(properties["maybe_colour"].dump() == R"({"anyOf":[{"$ref":"#/$defs/sample_colour"},{"type":"null"}]})");
  BOOST_TEST(properties["table"].dump() == R"({"type":"object","additionalProperties":{"type":"integer"}})");
  BOOST_TEST(definitions["sample_colour"].dump() == R"({"type":"string","enum":["red","To Do","other"]})");
  BOOST_TEST(!definitions["sample"].contains("additionalProperties"));
  BOOST_TEST(!definitions["sample"].contains("required"));
}

BOOST_AUTO_TEST_CASE(a_type_that_contains_itself_refers_to_itself) {
  auto definitions = ordered_json::object();
  schema_of(descriptor_of<sample_node>(), definitions);
  BOOST_TEST(definitions.size() == 1u);
  BOOST_TEST(definitions["sample_node"]["properties"]["children"].dump() ==
             R"({"type":"array","items":{"$ref":"#/$defs/sample_node"}})");
}

BOOST_AUTO_TEST_CASE(a_schema_document_holds_everything_it_refers_to) {
  auto const document = schema_document(descriptor_of<sample>(), "https://example.org/sample.json", "A sample");
  BOOST_TEST(document["$schema"] == "https://json-schema.org/draft/2020-12/schema");
  BOOST_TEST(document["$id"] == "https://example.org/sample.json");
  auto found = std::vector<std::string>{};
  references(document, found);
  BOOST_TEST(found.size() >= 4u);
  for (auto const& reference : found)
    BOOST_TEST(document.contains(ordered_json::json_pointer(reference.substr(1))), reference);
}

BOOST_AUTO_TEST_CASE(a_layout_tells_types_apart_that_differ_in_any_member) {
  auto const layout = layout_of(descriptor_of<sample_rules>());
  BOOST_TEST(layout == "sample_rules{name:string;weight:integer;share:optional<number>;tags:list<string>;key:string;"
                       "default:boolean;}");
  BOOST_TEST(layout_of(descriptor_of<sample_node>()) == "sample_node{name:string;children:list<sample_node>;}");
  BOOST_TEST(layout_of(descriptor_of<sample>()).find("colour:sample_colour{red=0;To Do=1;other=2;}") !=
             std::string::npos);
}
