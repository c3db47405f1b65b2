#include "runtime/http/forwarded.hpp"

#include <boost/beast/core/string.hpp>

#include <algorithm>

namespace nexus::http {
namespace {

constexpr std::size_t most_elements = 32;
constexpr std::size_t longest_host = 255;

auto is_space(char c) -> bool { return c == ' ' || c == '\t'; }

auto is_token(char c) -> bool {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
}

auto trimmed(std::string_view text) -> std::string_view {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// "192.0.2.1:47", "[2001:db8::1]:47" and "2001:db8::1" without what does not belong to the address.
auto without_port(std::string_view node) -> std::string {
  if (node.starts_with('[')) return std::string{node.substr(1, node.find(']') - 1)};
  auto const colon = node.find(':');
  auto const several = colon != std::string_view::npos && node.find(':', colon + 1) != std::string_view::npos;
  return std::string{several ? node : node.substr(0, colon)};
}

auto known_scheme(std::string_view text) -> std::string {
  for (auto const* known : {"http", "https"})
    if (boost::beast::iequals(text, known)) return known;
  return {};
}

/// A host that may stand in a link: a name or address with an optional port, and nothing that could end it.
auto known_host(std::string_view text) -> std::string {
  auto const usual = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' ||
           c == '_' || c == ':' || c == '[' || c == ']';
  };
  if (text.empty() || text.size() > longest_host || !std::all_of(text.begin(), text.end(), usual)) return {};
  return std::string{text};
}

/// Reads a Forwarded field's value from left to right.
class forwarded_reader {
public:
  explicit forwarded_reader(std::string_view value) : rest_(value) {}

  auto elements() -> expected<std::vector<forwarded_element>> {
    auto result = std::vector<forwarded_element>{};
    while (true) {
      skip_spaces();
      auto found = element();
      if (!found) return tl::unexpected{found.error()};
      if (result.size() == most_elements) return fail(errc::malformed, "more than {} elements", most_elements);
      result.push_back(std::move(*found));
      skip_spaces();
      if (rest_.empty()) return result;
      if (rest_.front() != ',') return fail(errc::malformed, "expected ',' or ';'");
      rest_.remove_prefix(1);
    }
  }

private:
  /// Pairs between semicolons; any of them may be missing.
  auto element() -> expected<forwarded_element> {
    auto result = forwarded_element{};
    while (true) {
      if (!rest_.empty() && is_token(rest_.front()))
        if (auto good = pair(result); !good) return tl::unexpected{good.error()};
      skip_spaces();
      if (rest_.empty() || rest_.front() != ';') return result;
      rest_.remove_prefix(1);
      skip_spaces();
    }
  }

  auto pair(forwarded_element& into) -> expected<void> {
    auto const name = token();
    if (rest_.empty() || rest_.front() != '=') return fail(errc::malformed, "expected '='");
    rest_.remove_prefix(1);
    auto const written = value();
    if (!written) return tl::unexpected{written.error()};
    if (boost::beast::iequals(name, "for"))
      into.client = without_port(*written);
    else if (boost::beast::iequals(name, "proto"))
      into.scheme = known_scheme(*written);
    else if (boost::beast::iequals(name, "host"))
      into.host = known_host(*written);
    return {};
  }

  auto value() -> expected<std::string> {
    if (rest_.empty()) return fail(errc::malformed, "expected a value");
    if (rest_.front() != '"') {
      auto text = token();
      if (text.empty()) return fail(errc::malformed, "expected a value");
      return std::string{text};
    }
    auto text = std::string{};
    for (rest_.remove_prefix(1); !rest_.empty(); rest_.remove_prefix(1)) {
      if (rest_.front() == '"') {
        rest_.remove_prefix(1);
        return text;
      }
      if (rest_.front() == '\\') rest_.remove_prefix(1);
      if (rest_.empty()) break;
      text += rest_.front();
    }
    return fail(errc::malformed, "a quoted text has no end");
  }

  auto token() -> std::string_view {
    auto const end = std::find_if_not(rest_.begin(), rest_.end(), is_token);
    auto const text = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(text.size());
    return text;
  }

  void skip_spaces() {
    while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
  }

  std::string_view rest_;
};

/// All fields of a name as one list: a proxy may add a field instead of an element.
auto joined(headers const& fields, std::string_view name) -> std::string {
  auto text = std::string{};
  for (auto const& [field, value] : fields) {
    if (!boost::beast::iequals(field, name)) continue;
    if (!text.empty()) text += ',';
    text += value;
  }
  return text;
}

auto last_of(std::string_view list) -> std::string_view {
  auto const comma = list.rfind(',');
  return trimmed(comma == std::string_view::npos ? list : list.substr(comma + 1));
}

auto elements_of(std::string_view forwarded_for) -> std::vector<forwarded_element> {
  auto result = std::vector<forwarded_element>{};
  // From the right, where our own proxies write; whatever stands further left than anybody has proxies is not read.
  while (!forwarded_for.empty() && result.size() < most_elements) {
    auto const comma = forwarded_for.rfind(',');
    auto const text = trimmed(comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1));
    result.push_back({without_port(text), {}, {}});
    forwarded_for = comma == std::string_view::npos ? std::string_view{} : forwarded_for.substr(0, comma);
  }
  std::reverse(result.begin(), result.end());
  return result;
}

/// The element that tells of the client: the first from the right whose address is none of ours, else the leftmost one
/// that is. Nothing when the nearest element already is no address.
auto outermost(std::vector<forwarded_element> const& elements, std::span<address_range const> trusted)
    -> forwarded_element const* {
  auto const* result = static_cast<forwarded_element const*>(nullptr);
  for (auto element = elements.rbegin(); element != elements.rend(); ++element) {
    auto const address = ip_address::parse(element->client);
    if (!address) return result;
    result = &*element;
    auto const ours = [&](address_range const& range) { return range.contains(*address); };
    if (std::none_of(trusted.begin(), trusted.end(), ours)) return result;
  }
  return result;
}

} // namespace

auto parse_forwarded(std::string_view value) -> expected<std::vector<forwarded_element>> {
  return forwarded_reader{value}.elements();
}

auto client_of(std::string_view peer, headers const& fields, std::span<address_range const> trusted) -> client_origin {
  auto result = client_origin{std::string{peer}, false, {}, {}};
  auto const address = ip_address::parse(peer);
  if (!address) return result;
  result.proxied =
      std::any_of(trusted.begin(), trusted.end(), [&](auto const& range) { return range.contains(*address); });
  if (!result.proxied) return result;

  auto const standard = joined(fields, "Forwarded");
  auto const usual = joined(fields, "X-Forwarded-For");
  auto const read = standard.empty() ? expected<std::vector<forwarded_element>>{} : parse_forwarded(standard);
  if (!read) return result;
  auto const common = elements_of(usual);
  auto const* by_standard = outermost(*read, trusted);
  auto const* by_usual = outermost(common, trusted);
  auto const both = !standard.empty() && !usual.empty();
  if (both &&
      (!by_standard || !by_usual || ip_address::parse(by_standard->client) != ip_address::parse(by_usual->client)))
    return result;
  if (by_standard) {
    result.address = ip_address::parse(by_standard->client)->to_string();
    result.scheme = by_standard->scheme;
    result.host = by_standard->host;
    return result;
  }
  if (by_usual) result.address = ip_address::parse(by_usual->client)->to_string();
  if (!standard.empty()) return result;
  result.scheme = known_scheme(last_of(joined(fields, "X-Forwarded-Proto")));
  result.host = known_host(last_of(joined(fields, "X-Forwarded-Host")));
  return result;
}

} // namespace nexus::http
