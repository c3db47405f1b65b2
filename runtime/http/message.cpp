#include "runtime/http/message.hpp"

#include "messages/core/text.hpp"

#include <boost/beast/http/status.hpp>

namespace nexus::http {
namespace {

auto hex_digit(char c) -> int {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

} // namespace

auto headers::find(std::string_view name) const -> std::optional<std::string_view> {
  for (auto const& [key, value] : fields_)
    if (same_word(key, name)) return value;
  return std::nullopt;
}

void headers::set(std::string_view name, std::string value) {
  erase(name);
  add(name, std::move(value));
}

void headers::erase(std::string_view name) {
  std::erase_if(fields_, [&](auto const& field) { return same_word(field.first, name); });
}

void headers::add(std::string_view name, std::string value) {
  fields_.emplace_back(std::string{name}, std::move(value));
}

auto percent_decode(std::string_view text, bool plus_is_space) -> expected<std::string> {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] == '%') {
      auto high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
      auto low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return fail(errc::malformed, "broken percent escape at offset {}", i);
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

auto percent_encode(std::string_view text) -> std::string {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (unsigned char c : text) {
    auto unreserved = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                      c == '.' || c == '_' || c == '~';
    if (unreserved) {
      out += static_cast<char>(c);
    } else {
      out += '%';
      out += digits[c >> 4];
      out += digits[c & 15];
    }
  }
  return out;
}

auto target_parts::parameter(std::string_view name) const -> std::optional<std::string_view> {
  for (auto const& [key, value] : query)
    if (key == name) return value;
  return std::nullopt;
}

auto parse_target(std::string_view target) -> expected<target_parts> {
  if (auto scheme = target.find("://"); scheme != std::string_view::npos && scheme < target.find('/')) {
    auto slash = target.find('/', scheme + 3);
    target = slash == std::string_view::npos ? std::string_view{"/"} : target.substr(slash);
  }
  if (target.empty() || target.front() != '/') return fail(errc::malformed, "request target must start with '/'");
  target = target.substr(0, target.find('#'));
  target_parts parts;
  auto question = target.find('?');
  parts.path = std::string{target.substr(0, question)};
  auto path = std::string_view{parts.path}.substr(1);
  while (!path.empty()) {
    auto slash = path.find('/');
    auto segment = percent_decode(path.substr(0, slash), false);
    if (!segment) return tl::unexpected{segment.error()};
    parts.segments.push_back(std::move(*segment));
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  }
  auto query = question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
  while (!query.empty()) {
    auto ampersand = query.find('&');
    auto pair = query.substr(0, ampersand);
    query = ampersand == std::string_view::npos ? std::string_view{} : query.substr(ampersand + 1);
    if (pair.empty()) continue;
    auto equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals), true);
    auto value = percent_decode(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1), true);
    if (!name) return tl::unexpected{name.error()};
    if (!value) return tl::unexpected{value.error()};
    parts.query.emplace_back(std::move(*name), std::move(*value));
  }
  return parts;
}

auto reason_phrase(int status) -> std::string_view {
  auto text = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(static_cast<unsigned>(status)));
  return {text.data(), text.size()};
}

} // namespace nexus::http
