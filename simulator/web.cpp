#include "simulator/web.hpp"

#include "messages/core/text.hpp"

#include <algorithm>
#include <charconv>

namespace nexus::simulator {
namespace {

auto decode_base64(std::string_view text) -> std::optional<std::string> {
  std::string bytes;
  unsigned buffer = 0;
  int bits = 0;
  while (text.ends_with('=')) text.remove_suffix(1);
  for (char c : text) {
    unsigned value = 0;
    if (c >= 'A' && c <= 'Z')
      value = static_cast<unsigned>(c - 'A');
    else if (c >= 'a' && c <= 'z')
      value = static_cast<unsigned>(c - 'a') + 26;
    else if (c >= '0' && c <= '9')
      value = static_cast<unsigned>(c - '0') + 52;
    else if (c == '+')
      value = 62;
    else if (c == '/')
      value = 63;
    else
      return std::nullopt;
    buffer = (buffer << 6 | value) & 0xffffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(buffer >> bits & 0xff);
  }
  return bytes;
}

auto starts_with_word(std::string_view text, std::string_view word) -> bool {
  if (text.size() <= word.size() || text[word.size()] != ' ') return false;
  return same_word(text.substr(0, word.size()), word);
}

} // namespace

auto visit::number(std::string_view name, int low, int high, int otherwise) const -> int {
  auto text = parameter(name);
  if (!text) return otherwise;
  int value = 0;
  auto [end, bad] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (bad != std::errc{} || end != text->data() + text->size()) return otherwise;
  return std::clamp(value, low, high);
}

auto json_answer(int status, json const& body) -> http::response {
  return text_answer(status, "application/json; charset=utf-8",
                     body.dump(-1, ' ', false, json::error_handler_t::replace));
}

auto text_answer(int status, std::string content_type, std::string body) -> http::response {
  http::response answer;
  answer.status = status;
  answer.fields.add("Content-Type", std::move(content_type));
  answer.body = std::move(body);
  return answer;
}

auto body_object(http::request const& raw) -> std::optional<json> {
  auto parsed = json::parse(raw.body, nullptr, false);
  if (!parsed.is_object()) return std::nullopt;
  return parsed;
}

auto basic_authorization(http::request const& raw) -> std::optional<basic_credentials> {
  auto field = raw.fields.find("Authorization");
  if (!field || !starts_with_word(*field, "basic")) return std::nullopt;
  auto decoded = decode_base64(field->substr(6));
  if (!decoded) return std::nullopt;
  auto colon = decoded->find(':');
  if (colon == std::string::npos) return std::nullopt;
  return basic_credentials{decoded->substr(0, colon), decoded->substr(colon + 1)};
}

auto same_secret(std::string_view a, std::string_view b) -> bool {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]));
  return difference == 0;
}

auto split(std::string_view text, char separator) -> std::vector<std::string> {
  std::vector<std::string> parts;
  while (!text.empty()) {
    auto end = std::min(text.find(separator), text.size());
    auto part = text.substr(0, end);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) parts.emplace_back(part);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

} // namespace nexus::simulator
