#include "runtime/http/outbound.hpp"

#include "messages/core/text.hpp"

#include <algorithm>

namespace nexus::http {
namespace {

auto is_token(std::string_view text) -> bool {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
  });
}

auto is_one_line(std::string_view text) -> bool {
  return std::none_of(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

auto is_visible(std::string_view text) -> bool {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

} // namespace

auto parse_url(std::string_view url) -> expected<outbound_url> {
  outbound_url parts;
  auto mark = url.find("://");
  parts.scheme = lower_case(url.substr(0, mark == std::string_view::npos ? 0 : mark));
  if (parts.scheme != "http" && parts.scheme != "https")
    return fail(errc::invalid_argument, "an outbound URL must start with http:// or https://");
  if (!is_visible(url))
    return fail(errc::invalid_argument, "an outbound URL must be visible ASCII; encode other characters as %XX");
  auto rest = url.substr(mark + 3);
  auto end = std::min(rest.find_first_of("/?#"), rest.size());
  auto authority = rest.substr(0, end);
  if (auto at = authority.rfind('@'); at != std::string_view::npos) authority = authority.substr(at + 1);
  if (authority.empty()) return fail(errc::invalid_argument, "an outbound URL must name a host");
  parts.authority = authority;
  auto target = rest.substr(end);
  target = target.substr(0, target.find('#'));
  parts.target = target.empty() || target.front() != '/' ? "/" : "";
  parts.target += target;
  parts.shown = parts.scheme + "://" + parts.authority + parts.target.substr(0, parts.target.find('?'));
  return parts;
}

auto check_outbound(request const& outbound) -> expected<outbound_url> {
  auto url = parse_url(outbound.target);
  if (!url) return url;
  if (!is_token(outbound.method))
    return fail_at(url->shown, errc::invalid_argument, "the request's method is no HTTP method");
  for (auto const& [name, value] : outbound.fields)
    if (!is_token(name) || !is_one_line(value))
      return tl::unexpected{
          outbound_error(errc::invalid_argument, outbound, "a header field has a broken name or value")};
  return url;
}

auto outbound_error(errc code, request const& outbound, std::string_view what) -> error {
  auto url = parse_url(outbound.target);
  return error{code, std::string{what}, outbound.method + " " + (url ? url->shown : "(no usable URL)"), {}, {}};
}

} // namespace nexus::http
