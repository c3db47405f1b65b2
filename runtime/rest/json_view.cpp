#include "runtime/rest/json_view.hpp"

#include "messages/core/codec.hpp"

#include <charconv>
#include <cmath>
#include <limits>

namespace nexus::rest {

auto json_view::operator[](std::string_view member) const -> json_view {
  static nlohmann::json const null;
  if (!value_->is_object()) return json_view{null};
  auto const found = value_->find(member);
  return json_view{found == value_->end() ? null : *found};
}

auto json_view::text() const -> std::optional<std::string> {
  if (!value_->is_string()) return {};
  return value_->get_ref<std::string const&>();
}

auto json_view::words() const -> std::optional<std::string> {
  auto result = text();
  return result && result->empty() ? std::nullopt : result;
}

auto json_view::boolean() const -> std::optional<bool> {
  if (!value_->is_boolean()) return {};
  return value_->get<bool>();
}

auto json_view::number() const -> std::optional<double> {
  if (!value_->is_number()) return {};
  auto const result = value_->get<double>();
  return std::isfinite(result) ? std::optional{result} : std::nullopt;
}

auto json_view::integer() const -> std::optional<std::int64_t> {
  if (value_->is_number_unsigned()) {
    auto const whole = value_->get<std::uint64_t>();
    if (whole > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return {};
    return static_cast<std::int64_t>(whole);
  }
  if (value_->is_number_integer()) return value_->get<std::int64_t>();
  if (value_->is_number_float()) {
    auto const real = value_->get<double>();
    // Beyond 2^53 a double no longer says which integer was meant.
    if (real != std::floor(real) || std::abs(real) > 9007199254740992.0) return {};
    return static_cast<std::int64_t>(real);
  }
  if (value_->is_string()) {
    auto const& digits = value_->get_ref<std::string const&>();
    std::int64_t result = 0;
    auto const [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), result);
    if (code == std::errc{} && end == digits.data() + digits.size()) return result;
  }
  return {};
}

auto json_view::count() const -> std::optional<std::int32_t> {
  auto const whole = integer();
  if (!whole || *whole < 0 || *whole > std::numeric_limits<std::int32_t>::max()) return {};
  return static_cast<std::int32_t>(*whole);
}

auto json_view::time() const -> std::optional<timestamp> {
  if (!value_->is_string()) return {};
  auto const result = parse_timestamp(value_->get_ref<std::string const&>());
  return result ? std::optional{*result} : std::nullopt;
}

auto json_view::epoch_time() const -> std::optional<timestamp> {
  auto const since = integer();
  // The years that RFC 3339 can write.
  if (!since || *since < 0 || *since > 253'402'300'799'999) return {};
  return timestamp{std::chrono::milliseconds{*since}};
}

auto json_view::items() const -> nlohmann::json::array_t const& {
  static nlohmann::json::array_t const none;
  return value_->is_array() ? value_->get_ref<nlohmann::json::array_t const&>() : none;
}

} // namespace nexus::rest
