#include "actors/evidence/version.hpp"

#include "messages/core/text.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <tuple>

namespace nexus::evidence {

namespace {

constexpr std::size_t longest_version = 256;
constexpr std::size_t listed_candidates = 20;

// Not <cctype>, whose answers depend on the locale.
auto is_digit(char c) -> bool { return c >= '0' && c <= '9'; }
auto is_letter(char c) -> bool { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
auto is_identifier_character(char c) -> bool { return is_digit(c) || is_letter(c) || c == '-'; }
auto is_number(std::string_view text) -> bool { return !text.empty() && std::ranges::all_of(text, is_digit); }

auto trimmed(std::string_view text) -> std::string_view {
  constexpr auto space = std::string_view{" \t\r\n"};
  auto const first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

auto split(std::string_view text) -> std::vector<std::string> {
  auto parts = std::vector<std::string>{};
  for (std::size_t begin = 0;;) {
    auto const end = text.find('.', begin);
    parts.emplace_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

/// Takes digits from the front; nothing when there are none or too many.
auto take_number(std::string_view& text) -> std::optional<std::uint64_t> {
  std::uint64_t value{};
  auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

auto valid_identifiers(std::vector<std::string> const& identifiers, bool leading_zeros) -> bool {
  return std::ranges::all_of(identifiers, [&](auto const& identifier) {
    auto const zero_led = identifier.size() > 1 && identifier.front() == '0' && is_number(identifier);
    return !identifier.empty() && std::ranges::all_of(identifier, is_identifier_character) &&
           (leading_zeros || !zero_led);
  });
}

auto compare_identifiers(std::string const& left, std::string const& right) -> std::weak_ordering {
  auto const left_is_number = is_number(left);
  if (left_is_number != is_number(right))
    return left_is_number ? std::weak_ordering::less : std::weak_ordering::greater;
  // Numbers of any length: without leading zeros the longer one is the greater one.
  if (left_is_number && left.size() != right.size()) return left.size() <=> right.size();
  return left.compare(right) <=> 0;
}

auto core(version const& v) { return std::tie(v.major, v.minor, v.patch); }

/// "rc1", "RC.1" and "rc-1" are the same to a reader: lower case, split where letters meet digits.
auto pre_release_words(version const& v) -> std::vector<std::string> {
  auto words = std::vector<std::string>{};
  for (auto const& identifier : v.pre_release) {
    auto previous = '-';
    for (auto c : lower_case(identifier)) {
      if (c != '-') {
        if (previous == '-' || is_digit(c) != is_digit(previous) || words.empty()) words.emplace_back();
        words.back() += c;
      }
      previous = c;
    }
  }
  return words;
}

auto same_build(version const& left, version const& right) -> bool {
  return left.build.empty() || right.build.empty() || left.build == right.build;
}

auto begins_with(written_version const& candidate, written_version const& written) -> bool {
  if (!same_build(candidate.value, written.value)) return false;
  auto const theirs = std::array{candidate.value.major, candidate.value.minor, candidate.value.patch};
  auto const ours = std::array{written.value.major, written.value.minor, written.value.patch};
  if (!std::equal(ours.begin(), ours.begin() + written.components, theirs.begin())) return false;
  auto const words = pre_release_words(candidate.value);
  auto const wanted = pre_release_words(written.value);
  if (wanted.empty()) return words.empty();
  return core(candidate.value) == core(written.value) && wanted.size() <= words.size() &&
         std::equal(wanted.begin(), wanted.end(), words.begin());
}

auto listing(std::vector<std::string> names) -> std::string {
  std::ranges::sort(names, [](auto const& left, auto const& right) {
    auto const a = read_version(left);
    auto const b = read_version(right);
    // Newest first; names that are no versions come last, by name.
    if (a && b && a->value != b->value) return a->value > b->value;
    if (a.has_value() != b.has_value()) return a.has_value();
    return left < right;
  });
  auto const shown = std::span{names}.first(std::min(names.size(), listed_candidates));
  auto text = fmt::format("{}", fmt::join(shown, ", "));
  if (names.size() > shown.size()) text += fmt::format(" and {} more", names.size() - shown.size());
  return text;
}

} // namespace

auto version::text() const -> std::string {
  auto result = fmt::format("{}.{}.{}", major, minor, patch);
  if (!pre_release.empty()) result += fmt::format("-{}", fmt::join(pre_release, "."));
  if (!build.empty()) result += "+" + build;
  return result;
}

auto operator<=>(version const& left, version const& right) -> std::weak_ordering {
  if (core(left) != core(right))
    return core(left) < core(right) ? std::weak_ordering::less : std::weak_ordering::greater;
  if (left.pre_release.empty() || right.pre_release.empty())
    return left.pre_release.empty() <=> right.pre_release.empty();
  return std::lexicographical_compare_three_way(left.pre_release.begin(), left.pre_release.end(),
                                                right.pre_release.begin(), right.pre_release.end(),
                                                compare_identifiers);
}

auto parse_version(std::string_view text) -> expected<version> {
  auto const refuse = [&] {
    return fail(errc::invalid_argument, "'{}' is not a version of the form MAJOR.MINOR.PATCH[-PRE-RELEASE][+BUILD]",
                text.substr(0, 64));
  };
  if (text.size() > longest_version) return refuse();
  auto result = version{};
  auto rest = text;
  if (auto const plus = rest.find('+'); plus != std::string_view::npos) {
    result.build = rest.substr(plus + 1);
    if (!valid_identifiers(split(result.build), true)) return refuse();
    rest = rest.substr(0, plus);
  }
  if (auto const minus = rest.find('-'); minus != std::string_view::npos) {
    result.pre_release = split(rest.substr(minus + 1));
    if (!valid_identifiers(result.pre_release, false)) return refuse();
    rest = rest.substr(0, minus);
  }
  for (auto* component : {&result.major, &result.minor, &result.patch}) {
    if (component != &result.major) {
      if (!rest.starts_with('.')) return refuse();
      rest.remove_prefix(1);
    }
    if (rest.size() > 1 && rest[0] == '0' && is_digit(rest[1])) return refuse();
    auto const number = take_number(rest);
    if (!number) return refuse();
    *component = *number;
  }
  if (!rest.empty()) return refuse();
  return result;
}

auto read_version(std::string_view written) -> std::optional<written_version> {
  constexpr auto separators = std::string_view{" -_/."};
  if (written.size() > longest_version) return std::nullopt;
  auto rest = trimmed(written);
  auto const lowered = lower_case(rest);
  for (auto word : {"release", "version", "rel", "ver"})
    if (lowered.starts_with(word)) {
      rest.remove_prefix(std::string_view{word}.size());
      rest.remove_prefix(std::min(rest.find_first_not_of(separators), rest.size()));
      break;
    }
  if (rest.starts_with('v') || rest.starts_with('V')) rest = trimmed(rest.substr(1));

  auto result = written_version{};
  if (auto const plus = rest.find('+'); plus != std::string_view::npos) {
    result.value.build = rest.substr(plus + 1);
    if (!valid_identifiers(split(result.value.build), true)) return std::nullopt;
    rest = rest.substr(0, plus);
  }
  for (auto* component : {&result.value.major, &result.value.minor, &result.value.patch}) {
    if (component != &result.value.major) {
      if (rest.size() < 2 || rest[0] != '.' || !is_digit(rest[1])) break;
      rest.remove_prefix(1);
    }
    auto const number = take_number(rest);
    if (!number) return std::nullopt;
    *component = *number;
    ++result.components;
  }
  if (rest.empty()) return result;

  // A pre-release follows a separator, or begins with a letter: "2.0-rc1", "2.0 RC1", "2.0rc1".
  auto const first = rest.find_first_not_of(separators);
  if (first > 1 || (rest[0] == '.' && first < rest.size() && is_digit(rest[first]))) return std::nullopt;
  rest.remove_prefix(first);
  result.value.pre_release = split(rest);
  return valid_identifiers(result.value.pre_release, true) ? std::optional{result} : std::nullopt;
}

auto to_string(version_bump bump) noexcept -> std::string_view {
  switch (bump) {
  case version_bump::none:
    return "none";
  case version_bump::pre_release:
    return "pre_release";
  case version_bump::patch:
    return "patch";
  case version_bump::minor:
    return "minor";
  case version_bump::major:
    return "major";
  }
  return "none";
}

auto bump_between(version const& from, version const& to) -> version_bump {
  if (from.major != to.major) return version_bump::major;
  if (from.minor != to.minor) return version_bump::minor;
  if (from.patch != to.patch) return version_bump::patch;
  return from == to ? version_bump::none : version_bump::pre_release;
}

auto bump_suffices(version const& from, version const& to, version_bump required) -> bool {
  if (required == version_bump::none) return true;
  if (to <= from) return false;
  auto made = bump_between(from, to);
  // The pre-release announced what its target is: 2.0.0-rc.1 a major step, 1.3.0-rc.1 a minor one.
  if (!from.pre_release.empty()) {
    auto const announced = from.patch != 0   ? version_bump::patch
                           : from.minor != 0 ? version_bump::minor
                                             : version_bump::major;
    made = std::max(made, announced);
  }
  auto const needed = required == version_bump::major && from.major == 0 ? version_bump::minor : required;
  return made >= needed;
}

auto matches(std::string_view written, std::string_view candidate) -> bool {
  auto const ours = read_version(written);
  auto const theirs = read_version(candidate);
  if (!ours || !theirs) return same_word(trimmed(written), trimmed(candidate));
  return core(ours->value) == core(theirs->value) &&
         pre_release_words(ours->value) == pre_release_words(theirs->value) && same_build(ours->value, theirs->value);
}

auto find_version(std::string_view written, std::span<std::string const> candidates) -> expected<std::string> {
  auto names = std::vector<std::string>(candidates.begin(), candidates.end());
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  auto const text = trimmed(written).substr(0, 64);
  if (text.empty())
    return fail(errc::invalid_argument, "no version is named; there are: {}", listing(std::move(names)));

  auto const wanted = read_version(written);
  auto const stages = std::array<std::function<bool(std::string const&)>, 4>{
      [&](std::string const& name) { return trimmed(name) == trimmed(written); },
      [&](std::string const& name) { return same_word(trimmed(name), trimmed(written)); },
      [&](std::string const& name) { return matches(written, name); },
      [&](std::string const& name) {
        auto const candidate = read_version(name);
        return wanted && candidate && begins_with(*candidate, *wanted);
      },
  };
  for (auto const& accepts : stages) {
    auto found = std::vector<std::string>{};
    std::ranges::copy_if(names, std::back_inserter(found), accepts);
    if (found.size() == 1) return std::move(found.front());
    if (!found.empty())
      return fail(errc::refused, "'{}' can mean {}; name one of them", text, listing(std::move(found)));
  }
  if (names.empty()) return fail(errc::not_found, "there is no version '{}', and none at all", text);
  return fail(errc::not_found, "there is no version '{}'; there are: {}", text, listing(std::move(names)));
}

} // namespace nexus::evidence
