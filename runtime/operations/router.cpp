#include "runtime/operations/router.hpp"

#include <algorithm>
#include <set>

namespace nexus {

auto router::add(std::string method, std::string const& path_template) -> std::size_t {
  auto entry = route{std::move(method), {}};
  for (auto rest = std::string_view{path_template}.substr(1); !rest.empty();) {
    auto const slash = rest.find('/');
    auto text = rest.substr(0, slash);
    auto part = segment{};
    if (text.starts_with('{') && text.ends_with('}')) {
      part.member = true;
      text = text.substr(1, text.size() - 2);
      if (text.ends_with("...")) {
        part.greedy = true;
        text.remove_suffix(3);
      }
    }
    part.text = std::string{text};
    entry.segments.push_back(std::move(part));
    rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  }
  routes_.push_back(std::move(entry));
  order_.push_back(routes_.size() - 1);
  auto const rank = [this](std::size_t index) {
    auto key = std::vector<int>{};
    for (auto const& part : routes_[index].segments) key.push_back(part.greedy ? 2 : part.member ? 1 : 0);
    return std::pair{key, -static_cast<long>(routes_[index].segments.size())};
  };
  std::stable_sort(order_.begin(), order_.end(), [&](auto a, auto b) {
    auto const x = rank(a), y = rank(b);
    return x.first.size() != y.first.size() ? x.first.size() > y.first.size() : x.first < y.first;
  });
  return routes_.size() - 1;
}

auto router::fits(route const& candidate, std::vector<std::string> const& segments,
                  std::vector<std::pair<std::string, std::string>>& members) -> bool {
  members.clear();
  auto const greedy =
      std::any_of(candidate.segments.begin(), candidate.segments.end(), [](auto const& part) { return part.greedy; });
  if (greedy ? segments.size() < candidate.segments.size() : segments.size() != candidate.segments.size()) return false;
  auto extra = segments.size() - candidate.segments.size();
  std::size_t at = 0;
  for (auto const& part : candidate.segments) {
    auto value = segments[at++];
    if (part.greedy)
      for (; extra > 0; --extra) value += "/" + segments[at++];
    if (!part.member) {
      if (value != part.text) return false;
    } else {
      if (value.empty()) return false;
      members.emplace_back(part.text, std::move(value));
    }
  }
  return true;
}

auto router::find(std::string_view method, http::target_parts const& target) const -> expected<match> {
  auto methods = std::set<std::string>{};
  auto result = match{};
  for (auto index : order_) {
    if (!fits(routes_[index], target.segments, result.members)) continue;
    if (routes_[index].method == method || (method == "HEAD" && routes_[index].method == "GET")) {
      result.route = index;
      return result;
    }
    methods.insert(routes_[index].method);
  }
  if (methods.empty()) return fail(errc::not_found, "no such path: {}", target.path.substr(0, 200));
  auto problem = fail(errc::refused, "{} is not allowed here", method);
  problem.value().remedy = fmt::format("{}", fmt::join(methods, ", "));
  return problem;
}

} // namespace nexus
