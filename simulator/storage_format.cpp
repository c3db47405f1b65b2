#include "simulator/storage_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <expat.h>
#include <limits>
#include <memory>
#include <string>

namespace nexus::simulator::confluence {
namespace {

/// A fragment becomes a document: namespaces for the macros, and the entities that people type.
constexpr std::string_view opening =
    R"(<!DOCTYPE page [<!ENTITY nbsp "&#160;"><!ENTITY ndash "&#8211;"><!ENTITY mdash "&#8212;"><!ENTITY hellip "&#8230;">]>)"
    R"(<page xmlns:ac="http://atlassian.com/content" xmlns:ri="http://atlassian.com/resource/identifier">)";
constexpr std::string_view closing = "</page>";

constexpr std::array<std::string_view, 14> forbidden{"html",   "head",   "body",   "title", "meta", "link",  "style",
                                                     "script", "iframe", "object", "embed", "form", "input", "page"};

struct reading {
  XML_Parser parser;
  int depth = 0;
  std::string refused;
};

void begin_element(void* user, XML_Char const* name, XML_Char const**) {
  auto& state = *static_cast<reading*>(user);
  if (state.depth++ == 0) return;
  if (std::find(forbidden.begin(), forbidden.end(), std::string_view{name}) == forbidden.end()) return;
  state.refused = name;
  XML_StopParser(state.parser, XML_FALSE);
}
void end_element(void* user, XML_Char const*) { --static_cast<reading*>(user)->depth; }

} // namespace

auto check_storage(std::string_view text) -> expected<void> {
  if (text.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    return fail(errc::malformed, "Error parsing xhtml: too long");
  // With a separator, names carry their namespace and a prefix that nobody declared is an error.
  auto const parser =
      std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)>{XML_ParserCreateNS("UTF-8", ' '), &XML_ParserFree};
  auto state = reading{parser.get(), 0, {}};
  XML_SetUserData(parser.get(), &state);
  XML_SetElementHandler(parser.get(), begin_element, end_element);
  auto const parse = [&](std::string_view part, bool last) {
    return XML_Parse(parser.get(), part.data(), static_cast<int>(part.size()), last ? XML_TRUE : XML_FALSE) ==
           XML_STATUS_OK;
  };
  if (parse(opening, false) && parse(text, false) && parse(closing, true)) return {};
  if (!state.refused.empty())
    return fail(errc::malformed, "Error parsing xhtml: the element '{}' cannot be part of a page", state.refused);
  return fail(errc::malformed, "Error parsing xhtml: {} at line {}, column {}",
              XML_ErrorString(XML_GetErrorCode(parser.get())), XML_GetCurrentLineNumber(parser.get()),
              XML_GetCurrentColumnNumber(parser.get()));
}

} // namespace nexus::simulator::confluence
