#include "actors/jira/document_text.hpp"
#include "actors/jira/sprint_mapping.hpp"
#include "actors/jira/text_document.hpp"
#include "actors/jira/ticket_fields.hpp"
#include "actors/jira/ticket_mapping.hpp"
#include "actors/jira/ticket_statistics.hpp"
#include "messages/core/codec.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

/// Whatever JSON Jira sends: the mapping answers or refuses, and what it answers can be written again.
extern "C" auto LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) -> int {
  auto const value = nexus::parse_json({reinterpret_cast<char const*>(data), size});
  if (!value) return 0;
  auto ids = nexus::jira::field_ids{};
  ids.others = {"customfield_10050"};
  if (auto const ticket = nexus::jira::ticket_from_json(*value, ids)) {
    if (!nexus::parse_json(nexus::encode_json(*ticket), {.bytes = 64 * 1024 * 1024, .depth = 128})) std::abort();
    (void)nexus::jira::tally({&*ticket, 1});
  }
  (void)nexus::jira::sprint_from_json(*value);
  (void)nexus::jira::release_from_json(*value, "PROJ");
  if (nexus::jira::document_text(*value, 1000).size() > 1003) std::abort();
  (void)nexus::jira::text_document({reinterpret_cast<char const*>(data), size});
  // The value of a field may be anything, too.
  auto const set = nexus::jira::fields_to_set(
      *value, {{"summary", {R"("text")"}}, {"priority", {R"("High")"}}, {"labels", {nexus::dump_json(*value)}}}, ids);
  if (set ? !set->is_object() : set.error().message.empty()) std::abort();
  return 0;
}
