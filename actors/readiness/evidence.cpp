#include "actors/readiness/evidence.hpp"

#include "messages/core/codec.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace nexus::readiness {
namespace {

// What RFC 3339 can write: the years 1 to 9999.
constexpr auto first_moment = timestamp{std::chrono::sys_days{std::chrono::year{1} / 1 / 1}};
constexpr auto last_moment =
    timestamp{std::chrono::sys_days{std::chrono::year{10000} / 1 / 1}} - timestamp::duration{1};

auto kind_name(nlohmann::json const& value) -> std::string_view {
  if (value.is_number()) return "a number";
  if (value.is_boolean()) return "true or false";
  if (value.is_string()) return "a text";
  return value.is_array() ? "a list" : "an object";
}

auto kind_name(fact_kind kind) -> std::string_view {
  switch (kind) {
  case fact_kind::number:
    return "a number";
  case fact_kind::flag:
    return "true or false";
  case fact_kind::text:
    return "a text";
  }
  return "a value";
}

} // namespace

auto measured(std::string_view fact, fact_value const& value, std::string source, timestamp observed_at)
    -> evidence_item {
  auto const* number = std::get_if<double>(&value);
  if (number && !std::isfinite(*number))
    return missing(fact, "the value is not a finite number", std::move(source), observed_at);
  auto const* known = find_fact(fact);
  auto item = evidence_item{.fact = std::string{fact},
                            .value = {},
                            .unit = std::string{known ? known->unit : ""},
                            .source = std::move(source),
                            .observed_at = observed_at,
                            .missing_reason = {}};
  if (number && *number == std::floor(*number) && std::abs(*number) < 9007199254740992.0)
    item.value.text = fmt::format("{}", static_cast<std::int64_t>(*number));
  else
    item.value.text = std::visit([](auto const& v) { return dump_json(nlohmann::json(v)); }, value);
  return item;
}

auto missing(std::string_view fact, std::string reason, std::string source, timestamp observed_at) -> evidence_item {
  auto const* known = find_fact(fact);
  return {.fact = std::string{fact},
          .value = {},
          .unit = std::string{known ? known->unit : ""},
          .source = std::move(source),
          .observed_at = observed_at,
          .missing_reason = reason.empty() ? "no value" : std::move(reason)};
}

auto usable_value(evidence_item const& item, fact_description const& fact) -> tl::expected<fact_value, std::string> {
  auto const unusable = [](std::string reason) { return tl::unexpected<std::string>{std::move(reason)}; };
  if (!item.missing_reason.empty()) return unusable(item.missing_reason);
  if (item.value.text.empty() || item.value.text == "null") return unusable("there is no value");
  auto const value = parse_json(item.value.text);
  if (!value) return unusable("the value is not JSON");
  switch (fact.kind) {
  case fact_kind::number: {
    if (!value->is_number()) break;
    auto const number = value->get<double>();
    if (!std::isfinite(number)) return unusable("the value is not a finite number");
    if (number < 0 || (fact.unit == "percent" && number > 100))
      return unusable(fmt::format("{} is out of range for {}", show_number(number), fact.unit));
    return number;
  }
  case fact_kind::flag:
    if (!value->is_boolean()) break;
    return value->get<bool>();
  case fact_kind::text:
    if (!value->is_string()) break;
    return value->get<std::string>();
  }
  return unusable(fmt::format("the value is {} where {} is needed", kind_name(*value), kind_name(fact.kind)));
}

auto show_number(double number, int digits) -> std::string {
  auto text = fmt::format("{:.{}f}", number, digits);
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

auto show(fact_value const& value, std::string_view unit, std::optional<int> digits) -> std::string {
  if (auto const* text = std::get_if<std::string>(&value)) return *text;
  if (auto const* flag = std::get_if<bool>(&value)) return *flag ? "yes" : "no";
  auto const number = std::get<double>(value);
  auto const written = digits ? show_number(number, *digits) : fmt::format("{}", number);
  if (unit.empty()) return written;
  return unit == "percent" ? written + " %" : fmt::format("{} {}", written, unit_for(unit, number));
}

auto valid_text(std::string text) -> std::string {
  if (std::ranges::all_of(text, [](unsigned char c) { return c < 0x80; })) return text;
  // What the encoder would write, so that a decision made now and one made from the bytes see the same text.
  return nlohmann::json::parse(dump_json(nlohmann::json(text))).get<std::string>();
}

auto in_canonical_order(std::vector<evidence_item> items) -> std::vector<evidence_item> {
  for (auto& item : items) {
    for (auto* text : {&item.fact, &item.unit, &item.source, &item.missing_reason})
      *text = valid_text(std::move(*text));
    auto const value = parse_json(item.value.text);
    // As the encoder does: what is no JSON is a text.
    if (!item.value.text.empty())
      item.value.text = value ? dump_json(*value) : dump_json(nlohmann::json(item.value.text));
    if (item.value.text == "null") item.value.text.clear();
    // A time that RFC 3339 cannot write is no time.
    if (item.observed_at < first_moment || item.observed_at > last_moment) item.observed_at = {};
  }
  auto const key = [](evidence_item const& i) {
    return std::tie(i.fact, i.observed_at, i.source, i.value.text, i.missing_reason, i.unit);
  };
  std::ranges::sort(items, [&](auto const& left, auto const& right) { return key(left) < key(right); });
  return items;
}

} // namespace nexus::readiness
