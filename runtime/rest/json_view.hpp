#pragma once

#include "messages/core/describe.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nexus::rest {

/// Reads JSON of outside services without trusting its shape: what is absent, null or of another type is simply not
/// there. A view; the JSON must outlive it.
///
///     auto view = json_view{body};
///     auto name = view["fields"]["status"]["name"].text();  // std::optional<std::string>
class json_view {
public:
  explicit json_view(nlohmann::json const& value) : value_(&value) {}

  /// The member of that name; a null view when this is no object or has none.
  auto operator[](std::string_view member) const -> json_view;

  auto is_null() const -> bool { return value_->is_null(); }
  /// The text, unless it is no string.
  auto text() const -> std::optional<std::string>;
  /// The text, unless it is no string or empty.
  auto words() const -> std::optional<std::string>;
  auto boolean() const -> std::optional<bool>;
  auto number() const -> std::optional<double>;
  /// A whole number, also one written as "3.0" or as digits in a string.
  auto integer() const -> std::optional<std::int64_t>;
  /// The same for counts and numbers of things: 0 to 2^31-1.
  auto count() const -> std::optional<std::int32_t>;
  /// RFC 3339 or Jira's way to write times.
  auto time() const -> std::optional<timestamp>;
  /// Milliseconds since 1970, as Jenkins writes times.
  auto epoch_time() const -> std::optional<timestamp>;
  /// The elements of a list; none when this is no list.
  auto items() const -> nlohmann::json::array_t const&;
  /// The value itself.
  auto raw() const -> nlohmann::json const& { return *value_; }

private:
  nlohmann::json const* value_;
};

} // namespace nexus::rest
