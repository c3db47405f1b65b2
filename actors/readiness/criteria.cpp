#include "actors/readiness/criteria.hpp"

#include "actors/readiness/evidence.hpp"
#include "messages/core/codec.hpp"
#include "messages/core/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace nexus::readiness {
namespace {

constexpr std::size_t maximum_text = 200;
constexpr std::size_t maximum_comparisons = 8;
constexpr std::size_t maximum_values = 32;
constexpr std::uint32_t maximum_releases = 20;
constexpr double maximum_factor = 1000;

constexpr std::array<std::pair<std::string_view, comparison>, 7> operators{{{">=", comparison::greater_equal},
                                                                            {"<=", comparison::less_equal},
                                                                            {"==", comparison::equal},
                                                                            {"!=", comparison::not_equal},
                                                                            {">", comparison::greater},
                                                                            {"<", comparison::less},
                                                                            {"in", comparison::in}}};

auto is_digit(char c) -> bool { return c >= '0' && c <= '9'; }
auto is_letter(char c) -> bool { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
auto is_word(char c) -> bool { return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.' || c == '/'; }

auto same(fact_value const& left, fact_value const& right) -> bool {
  auto const* text = std::get_if<std::string>(&left);
  auto const* other = std::get_if<std::string>(&right);
  return text && other ? same_word(*text, *other) : left == right;
}

class criteria_parser {
public:
  criteria_parser(std::string_view text, fact_description const& fact) : text_(text), fact_(fact) {}

  auto parse() -> expected<criteria> {
    auto result = criteria{};
    for (;;) {
      if (result.all.size() == maximum_comparisons)
        return problem(position_, "there are more than {} comparisons", maximum_comparisons);
      auto next = parse_comparison();
      if (!next) return tl::unexpected{next.error()};
      result.all.push_back(std::move(*next));
      skip_space();
      if (position_ == text_.size()) return result;
      auto const start = position_;
      if (word() != "and") return problem(start, "expected 'and' or the end");
    }
  }

private:
  template <class... Args>
  auto problem(std::size_t at, fmt::format_string<Args...> text, Args&&... args) const -> tl::unexpected<error> {
    return fail(errc::invalid_argument, "'{}', column {}: {}", text_, at + 1,
                fmt::format(text, std::forward<Args>(args)...));
  }

  void skip_space() {
    while (position_ < text_.size() && text_[position_] == ' ') ++position_;
  }

  auto peek() const -> char { return position_ < text_.size() ? text_[position_] : '\0'; }

  auto accept(char c) -> bool {
    skip_space();
    if (peek() != c) return false;
    ++position_;
    return true;
  }

  auto word() -> std::string_view {
    auto const start = position_;
    while (is_word(peek())) ++position_;
    return text_.substr(start, position_ - start);
  }

  auto parse_comparison() -> expected<criterion> {
    skip_space();
    auto const start = position_;
    auto const found = std::ranges::find_if(
        operators, [&](auto const& entry) { return text_.substr(position_).starts_with(entry.first); });
    if (found == operators.end() ||
        (found->second == comparison::in && start + 2 < text_.size() && is_word(text_[start + 2])))
      return problem(start, "expected one of >=, <=, >, <, ==, !=, in");
    position_ += found->first.size();
    auto result = criterion{found->second, {}, {}};
    auto const ordered =
        found->second != comparison::equal && found->second != comparison::not_equal && found->second != comparison::in;
    if (ordered && fact_.kind != fact_kind::number)
      return problem(start, "{} is {} and cannot be compared by {} (use ==, != or in)", fact_.name,
                     fact_.kind == fact_kind::text ? "a text" : "true or false", found->first);
    if (found->second != comparison::in) {
      if (starts_relative()) {
        auto relative = parse_relative();
        if (!relative) return tl::unexpected{relative.error()};
        result.relative = *relative;
        return result;
      }
      auto operand = parse_value();
      if (!operand) return tl::unexpected{operand.error()};
      result.operands.push_back(std::move(*operand));
      return result;
    }
    if (!accept('[')) return problem(position_, "expected '[' after in");
    do {
      if (result.operands.size() == maximum_values)
        return problem(position_, "there are more than {} values", maximum_values);
      auto operand = parse_value();
      if (!operand) return tl::unexpected{operand.error()};
      result.operands.push_back(std::move(*operand));
    } while (accept(','));
    if (!accept(']')) return problem(position_, "expected ',' or ']'");
    return result;
  }

  auto parse_value() -> expected<fact_value> {
    skip_space();
    switch (fact_.kind) {
    case fact_kind::number:
      return parse_number();
    case fact_kind::flag:
      return parse_flag();
    case fact_kind::text:
      return parse_text();
    }
    return problem(position_, "expected a value");
  }

  /// Whether what comes is no value but earlier releases: "previous", "median(", "1.1 x".
  auto starts_relative() -> bool {
    if (fact_.kind != fact_kind::number) return false;
    skip_space();
    if (is_letter(peek())) return true;
    auto const start = position_;
    auto const number = parse_bare_number();
    skip_space();
    auto const is_factor = number && word() == "x";
    position_ = start;
    return is_factor;
  }

  auto parse_relative() -> expected<relative_operand> {
    auto result = relative_operand{};
    auto const start = position_;
    if (!is_letter(peek())) {
      result.factor = *parse_bare_number();
      if (result.factor <= 0 || result.factor > maximum_factor)
        return problem(start, "the factor must be above 0 and at most {}", maximum_factor);
      skip_space();
      word();
      skip_space();
    }
    auto const at = position_;
    while (is_letter(peek())) ++position_;
    auto const name = text_.substr(at, position_ - at);
    if (name == "median") {
      if (!accept('(')) return problem(position_, "expected '(' and how many releases");
      skip_space();
      auto const count_at = position_;
      auto const count = parse_bare_number();
      if (!count) return problem(count_at, "expected how many releases");
      if (*count != std::floor(*count) || *count < 1 || *count > maximum_releases)
        return problem(count_at, "expected 1 to {} releases", maximum_releases);
      result.releases = static_cast<std::uint32_t>(*count);
      if (!accept(')')) return problem(position_, "expected ')'");
    } else if (name != "previous") {
      return problem(at, "expected a number, 'previous' or 'median(5)'");
    }
    skip_space();
    if (peek() != '+' && peek() != '-') return result;
    auto const sign = peek() == '-' ? -1.0 : 1.0;
    ++position_;
    skip_space();
    if (peek() == '-') return problem(position_, "expected a number without a sign");
    auto const offset = parse_number();
    if (!offset) return tl::unexpected{offset.error()};
    result.offset = sign * std::get<double>(*offset);
    return result;
  }

  auto parse_number() -> expected<fact_value> {
    auto const value = parse_bare_number();
    if (!value) return tl::unexpected{value.error()};
    if (auto done = parse_unit(); !done) return tl::unexpected{done.error()};
    return *value;
  }

  auto parse_bare_number() -> expected<double> {
    auto const start = position_;
    if (peek() == '-') ++position_;
    auto const digits = [&] {
      auto const first = position_;
      while (is_digit(peek())) ++position_;
      return position_ > first;
    };
    auto complete = digits();
    if (complete && peek() == '.') {
      ++position_;
      complete = digits();
    }
    if (!complete) return problem(start, "expected a number such as 90 or 0.5");
    auto value = double{};
    auto const parsed = std::from_chars(text_.data() + start, text_.data() + position_, value);
    if (parsed.ec != std::errc{} || !std::isfinite(value)) return problem(start, "the number is out of range");
    // Zero has no sign here, so that equal policies read equal.
    if (value == 0) value = 0;
    return value;
  }

  auto parse_unit() -> expected<void> {
    auto const end_of_number = position_;
    skip_space();
    auto const start = position_;
    if (peek() == '%') {
      ++position_;
      if (fact_.unit == "percent") return {};
      return problem(start, "{} is counted in {}, not in percent", fact_.name, fact_.unit);
    }
    auto const unit = word();
    if (unit.empty() || (unit == "and" && start > end_of_number)) {
      position_ = end_of_number;
      return {};
    }
    if (unit == fact_.unit || unit == unit_for(fact_.unit, 1)) return {};
    return problem(start, "{} is counted in {}, not in '{}'", fact_.name, fact_.unit, unit);
  }

  auto parse_flag() -> expected<fact_value> {
    auto const start = position_;
    auto const written = word();
    if (written == "true") return true;
    if (written == "false") return false;
    return problem(start, "expected true or false");
  }

  auto parse_text() -> expected<fact_value> {
    auto const start = position_;
    auto value = std::string{};
    if (auto const quote = peek(); quote == '"' || quote == '\'') {
      auto const end = text_.find(quote, position_ + 1);
      if (end == std::string_view::npos) return problem(start, "the quote is not closed");
      value = text_.substr(start + 1, end - start - 1);
      position_ = end + 1;
    } else {
      value = word();
    }
    if (value.empty()) return problem(start, "expected a word or a quoted text");
    if (fact_.values.empty() || std::ranges::any_of(fact_.values, [&](auto known) { return same_word(known, value); }))
      return value;
    auto const near = did_you_mean(value, {fact_.values.begin(), fact_.values.end()});
    return near.empty() ? problem(start, "{} is one of {}", fact_.name, fmt::join(fact_.values, ", "))
                        : problem(start, "{} is never '{}' (did you mean '{}'?)", fact_.name, value, near);
  }

  std::string_view text_;
  fact_description const& fact_;
  std::size_t position_ = 0;
};

} // namespace

auto criterion::holds(fact_value const& value) const -> bool {
  auto const equals = [&](fact_value const& operand) { return same(value, operand); };
  switch (compare) {
  case comparison::equal:
  case comparison::in:
    return std::ranges::any_of(operands, equals);
  case comparison::not_equal:
    return !operands.empty() && operands.front().index() == value.index() && !equals(operands.front());
  default:
    break;
  }
  if (relative) return false;
  auto const* number = std::get_if<double>(&value);
  auto const* limit = operands.empty() ? nullptr : std::get_if<double>(&operands.front());
  if (!number || !limit) return false;
  switch (compare) {
  case comparison::less:
    return *number < *limit;
  case comparison::less_equal:
    return *number <= *limit;
  case comparison::greater:
    return *number > *limit;
  default:
    return *number >= *limit;
  }
}

auto criteria::holds(fact_value const& value) const -> bool {
  return std::ranges::all_of(all, [&](auto const& one) { return one.holds(value); });
}

auto criteria::releases() const -> std::uint32_t {
  auto most = std::uint32_t{0};
  for (auto const& one : all)
    if (one.relative) most = std::max(most, one.relative->releases);
  return most;
}

auto criteria::resolved(std::function<std::optional<double>(std::uint32_t)> const& median) const
    -> std::optional<criteria> {
  auto result = *this;
  for (auto& one : result.all) {
    if (!one.relative) continue;
    auto const basis = median(one.relative->releases);
    if (!basis) return {};
    auto const limit = one.relative->factor * *basis + one.relative->offset;
    auto const rounded = std::round(limit * 1e9) / 1e9;
    if (!std::isfinite(rounded)) return {};
    // Zero has no sign here either.
    one.operands = {rounded == 0 ? 0.0 : rounded};
    one.relative.reset();
  }
  return result;
}

auto criteria::text(fact_description const& fact) const -> std::string {
  auto parts = std::vector<std::string>{};
  for (auto const& one : all) {
    auto const sign =
        std::ranges::find(operators, one.compare, &std::pair<std::string_view, comparison>::second)->first;
    auto values = std::vector<std::string>{};
    for (auto const& operand : one.operands) {
      auto const* flag = std::get_if<bool>(&operand);
      values.push_back(flag ? (*flag ? "true" : "false") : show(operand, fact.unit, {}));
    }
    if (one.relative) {
      auto const& from = *one.relative;
      auto written = from.releases == 1 ? std::string{"previous"} : fmt::format("median({})", from.releases);
      if (from.factor != 1) written = fmt::format("{} x {}", from.factor, written);
      if (from.offset != 0) written += fmt::format(" {} {}", from.offset < 0 ? '-' : '+', std::abs(from.offset));
      values.push_back(std::move(written));
    }
    auto const list = fmt::format("{}", fmt::join(values, ", "));
    parts.push_back(one.compare == comparison::in ? fmt::format("in [{}]", list) : fmt::format("{} {}", sign, list));
  }
  return fmt::format("{}", fmt::join(parts, " and "));
}

auto parse_criteria(std::string_view text, fact_description const& fact) -> expected<criteria> {
  if (text.size() > maximum_text)
    return fail(errc::invalid_argument, "criteria of {} bytes are longer than {}", text.size(), maximum_text);
  return criteria_parser{text, fact}.parse();
}

auto parse_age(std::string_view text) -> expected<std::chrono::seconds> {
  constexpr std::int64_t maximum = 10LL * 365 * 86'400;
  constexpr std::array<std::pair<char, std::int64_t>, 4> units{{{'d', 86'400}, {'h', 3'600}, {'m', 60}, {'s', 1}}};
  auto const shown = text.substr(0, 32);
  auto total = std::int64_t{0};
  auto largest = units.begin();
  for (auto rest = text; !rest.empty();) {
    auto count = std::uint32_t{0};
    auto const [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
    auto const unit = end == rest.data() + rest.size()
                          ? units.end()
                          : std::find_if(largest, units.end(), [&, c = *end](auto const& u) { return u.first == c; });
    if (problem != std::errc{} || unit == units.end())
      return fail(errc::invalid_argument, "'{}' is no duration (write 90s, 30m, 24h, 7d or 1h30m)", shown);
    total += count * unit->second;
    if (total > maximum) return fail(errc::invalid_argument, "'{}' is longer than ten years", shown);
    largest = unit + 1;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()) + 1);
  }
  if (total == 0)
    return fail(errc::invalid_argument, "'{}' is no duration above zero (write 90s, 30m, 24h, 7d or 1h30m)", shown);
  return std::chrono::seconds{total};
}

} // namespace nexus::readiness
