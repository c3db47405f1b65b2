#include "actors/evidence/xml_text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace nexus::evidence {

namespace {

constexpr std::ptrdiff_t most_tags = 5'000'000;

/// The first element below the depth limit, found without recursion.
auto too_deep(pugi::xml_node root) -> pugi::xml_node {
  std::size_t depth = 1;
  for (auto node = root; node;) {
    if (depth > depth_limit && node.type() == pugi::node_element) return node;
    if (auto const child = node.first_child()) {
      node = child;
      ++depth;
      continue;
    }
    while (node != root && !node.next_sibling()) {
      node = node.parent();
      --depth;
    }
    if (node == root) break;
    node = node.next_sibling();
  }
  return {};
}

template <class Number>
auto read_number(std::string_view text) -> std::optional<Number> {
  auto value = Number{};
  auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

} // namespace

auto parse_xml(std::string_view text, std::string const& source) -> expected<std::unique_ptr<pugi::xml_document>> {
  if (text.size() > report_limit)
    return fail_at(source, errc::too_large, "the XML is larger than {} MiB", report_limit / (1024 * 1024));
  if (auto const nul = text.find('\0'); nul != std::string_view::npos)
    return fail_at(place(source, text, nul), errc::malformed, "a NUL byte: this is no XML in UTF-8");
  if (std::ranges::count(text, '<') > most_tags)
    return fail_at(source, errc::too_large, "the XML has more than {} tags", most_tags);

  auto document = std::make_unique<pugi::xml_document>();
  auto const parsed = document->load_buffer(text.data(), text.size());
  auto const where = [&](std::ptrdiff_t offset) {
    return place(source, text, static_cast<std::size_t>(std::max<std::ptrdiff_t>(offset, 0)));
  };
  if (parsed.status == pugi::status_out_of_memory)
    return fail_at(source, errc::too_large, "the XML does not fit into memory");
  if (!parsed) return fail_at(where(parsed.offset), errc::malformed, "not well-formed XML: {}", parsed.description());
  auto const root = document->document_element();
  for (auto other = root.next_sibling(); other; other = other.next_sibling())
    if (other.type() == pugi::node_element)
      return fail_at(where(other.offset_debug()), errc::malformed, "not well-formed XML: a second root element <{}>",
                     clip(other.name(), 64));
  if (auto const deep = too_deep(root))
    return fail_at(where(deep.offset_debug()), errc::malformed, "XML is nested deeper than {} levels", depth_limit);
  return document;
}

auto count_attribute(pugi::xml_node node, char const* name) -> std::optional<std::uint64_t> {
  auto const value = read_number<std::uint64_t>(node.attribute(name).value());
  return value && *value <= 1'000'000'000'000'000 ? value : std::nullopt;
}

auto number_attribute(pugi::xml_node node, char const* name) -> std::optional<double> {
  auto text = std::string{node.attribute(name).value()};
  std::erase(text, ',');
  auto const value = read_number<double>(text);
  return value && std::isfinite(*value) && *value >= 0 ? value : std::nullopt;
}

auto text_attribute(pugi::xml_node node, char const* name) -> std::optional<std::string_view> {
  auto const value = std::string_view{node.attribute(name).value()};
  return value.empty() ? std::nullopt : std::optional{value};
}

} // namespace nexus::evidence
