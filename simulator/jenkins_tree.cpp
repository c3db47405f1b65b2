#include "simulator/jenkins.hpp"

#include <algorithm>
#include <charconv>

namespace nexus::simulator::jenkins {

struct tree_filter::parser {
  std::string_view text;
  std::size_t at = 0;

  auto peek() const -> char { return at < text.size() ? text[at] : '\0'; }
  auto take(char c) -> bool { return peek() == c && at < text.size() && (++at, true); }
  auto broken() const -> tl::unexpected<error> {
    return fail(errc::malformed, "tree: unexpected character at offset {}", at);
  }

  auto list(tree_filter& into, int depth) -> expected<void> {
    if (depth > max_depth) return fail(errc::invalid_argument, "tree: nested more than {} deep", max_depth);
    do {
      auto start = at;
      while (at < text.size() && std::string_view{",[]{}"}.find(text[at]) == std::string_view::npos) ++at;
      auto name = text.substr(start, at - start);
      while (name.starts_with(' ')) name.remove_prefix(1);
      while (name.ends_with(' ')) name.remove_suffix(1);
      if (name.empty()) return broken();
      entry member{std::string{name}, {}};
      if (take('[')) {
        if (auto inner = list(member.inner, depth + 1); !inner) return inner;
        if (!take(']')) return broken();
      }
      if (take('{'))
        if (auto range = read_range(member.inner); !range) return range;
      into.members_.push_back(std::move(member));
    } while (take(','));
    return {};
  }

  /// {M,N} from M up to N, {M,}, {,N} and {N}, which means that row alone.
  auto read_range(tree_filter& into) -> expected<void> {
    into.from_ = number();
    if (take(','))
      into.to_ = number();
    else if (into.from_)
      into.to_ = *into.from_ + 1;
    if (!take('}')) return broken();
    return {};
  }

  auto number() -> std::optional<std::size_t> {
    std::uint32_t value = 0;
    auto [end, bad] = std::from_chars(text.data() + at, text.data() + text.size(), value);
    if (bad != std::errc{}) return std::nullopt;
    at = static_cast<std::size_t>(end - text.data());
    return value;
  }
};

auto tree_filter::parse(std::string_view text) -> expected<tree_filter> {
  if (text.size() > max_length) return fail(errc::too_large, "tree: longer than {} characters", max_length);
  tree_filter filter;
  parser reader{text};
  if (auto parsed = reader.list(filter, 0); !parsed) return tl::unexpected{parsed.error()};
  if (reader.at != text.size()) return reader.broken();
  return filter;
}

auto tree_filter::find(std::string_view member) const -> tree_filter const* {
  auto found = std::find_if(members_.begin(), members_.end(), [&](auto const& x) { return x.name == member; });
  if (found == members_.end())
    found = std::find_if(members_.begin(), members_.end(), [](auto const& x) { return x.name == "*"; });
  return found == members_.end() ? nullptr : &found->inner;
}

auto tree_filter::rows(std::size_t length) const -> std::pair<std::size_t, std::size_t> {
  auto from = std::min(from_.value_or(0), length);
  return {from, std::max(from, std::min(to_.value_or(length), length))};
}

auto tree_filter::apply(json const& value) const -> json {
  if (value.is_array()) {
    auto result = json::array();
    auto [from, to] = rows(value.size());
    for (auto i = from; i < to; ++i) result.push_back(apply(value[i]));
    return result;
  }
  if (!value.is_object()) return value;
  auto result = json::object();
  for (auto const& [name, member] : value.items()) {
    if (name == "_class")
      result[name] = member;
    else if (auto const* inner = find(name))
      result[name] = inner->apply(member);
  }
  return result;
}

} // namespace nexus::simulator::jenkins
