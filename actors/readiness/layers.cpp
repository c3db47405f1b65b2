#include "actors/readiness/layers.hpp"

#include "messages/core/codec.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

namespace nexus::readiness {
namespace {

constexpr std::size_t maximum_problems = 100;

/// The lists of a policy, and the member by which their items are told apart.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> keyed_lists{
    {{"objectives", "name"}, {"waivers", "objective"}, {"groups", "name"}, {"freezes", "name"}}};

auto key_of(std::string_view list) -> std::string_view {
  auto const found = std::ranges::find(keyed_lists, list, &std::pair<std::string_view, std::string_view>::first);
  return found == keyed_lists.end() ? std::string_view{} : found->second;
}

/// The names that a layer drops.
auto dropped_by(nlohmann::json const& layer) -> std::set<std::string> {
  auto const names = layer.find("drop");
  if (names == layer.end() || !names->is_array()) return {};
  return {names->begin(), names->end()};
}

/// Whether a layer writes an objective itself.
auto writes(nlohmann::json const& layer, std::string const& name) -> bool {
  auto const list = layer.find("objectives");
  return list != layer.end() && list->is_array() &&
         std::ranges::any_of(*list, [&](auto const& item) { return item.value("name", "") == name; });
}

/// The node that a path names, and the way to it; null when there is none.
struct found_node {
  nlohmann::json* parent = nullptr;
  nlohmann::json* node = nullptr;
  /// The last part of the path.
  std::string key;
};

auto find_node(nlohmann::json& root, std::string_view path) -> found_node {
  auto result = found_node{nullptr, &root, {}};
  if (path.starts_with('$')) path.remove_prefix(1);
  while (!path.empty()) {
    auto* here = result.node;
    if (!here) return {};
    if (path.starts_with('[')) {
      auto index = std::size_t{0};
      auto const close = path.find(']');
      if (close == std::string_view::npos || !here->is_array()) return {};
      std::from_chars(path.data() + 1, path.data() + close, index);
      result = {here, index < here->size() ? &(*here)[index] : nullptr, std::string{path.substr(1, close - 1)}};
      path.remove_prefix(close + 1);
      continue;
    }
    path.remove_prefix(1);
    if (!here->is_object()) return {};
    // Names may hold dots themselves: the longest that is there is meant.
    auto name = std::string{path.substr(0, path.find_first_of(".["))};
    for (auto const& [key, unused] : here->items()) {
      auto const rest = path.starts_with(key) ? path.substr(key.size()) : std::string_view{"x"};
      if (key.size() > name.size() && (rest.empty() || rest[0] == '.' || rest[0] == '[')) name = key;
    }
    auto const next = here->find(name);
    path.remove_prefix(name.size());
    result = {here, next == here->end() ? nullptr : &*next, std::move(name)};
  }
  return result;
}

/// Whether a path is `above` or lies below it.
auto is_within(std::string_view path, std::string_view above) -> bool {
  return path.starts_with(above) &&
         (path.size() == above.size() || path[above.size()] == '.' || path[above.size()] == '[');
}

} // namespace

auto written_place::text() const -> std::string {
  if (!document) return path;
  auto const position = document->position_of(path);
  return fmt::format("{}:{}:{}: {}", document->source, position.line, position.column, path);
}

void layered_policy::add(layer const& above, std::vector<placed_problem>& problems) {
  top_ = above.place;
  drop(above, problems);
  for (auto const& [member, value] : above.value.items()) {
    if (member == "drop" || value.is_null()) continue;
    if (!key_of(member).empty()) {
      add_list(member, above);
    } else {
      scalars_[member] = value;
      places_[member] = {above.place.document, above.place.path + "." + member};
    }
  }
}

void layered_policy::drop(layer const& above, std::vector<placed_problem>& problems) {
  auto const names = above.value.find("drop");
  if (names == above.value.end() || !names->is_array()) return;
  auto& objectives = lists_["objectives"];
  for (std::size_t i = 0; i < names->size(); ++i) {
    auto const name = (*names)[i].get<std::string>();
    if (!objectives.names.contains(name)) {
      auto const known = std::vector<std::string_view>(objectives.names.begin(), objectives.names.end());
      auto const near = did_you_mean(name, known);
      problems.push_back({{above.place.document, fmt::format("{}.drop[{}]", above.place.path, i)},
                          {errc::invalid_argument,
                           fmt::format("no inherited objective is named '{}'", name),
                           {},
                           near.empty() ? std::string{} : fmt::format("did you mean '{}'?", near),
                           {}}});
    }
    // What the layer itself writes takes the place of the dropped one.
    if (!writes(above.value, name))
      std::erase_if(objectives.entries, [&](entry const& e) { return e.value.value("name", "") == name; });
  }
}

void layered_policy::add_list(std::string const& member, layer const& above) {
  auto const key = std::string{key_of(member)};
  auto& into = lists_[member];
  into.place = {above.place.document, above.place.path + "." + member};
  auto const& items = above.value.at(member);
  auto const inherited = into.entries.size();
  auto const replaced = dropped_by(above.value);
  auto seen = std::set<std::string>{};
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto const& item = items[i];
    auto const name = item.value(key, "");
    auto const place = written_place{above.place.document, fmt::format("{}[{}]", into.place.path, i)};
    auto const below = std::span{into.entries}.first(inherited);
    auto const existing = std::ranges::find_if(below, [&](entry const& e) { return e.value.value(key, "") == name; });
    // What one layer writes twice stays, for the check to find.
    if (!seen.insert(name).second || existing == below.end()) {
      into.entries.push_back({item, place, {}});
      into.names.insert(name);
    } else if (member != "objectives" || replaced.contains(name)) {
      *existing = {item, place, {}};
    } else {
      for (auto const& [part, value] : item.items()) {
        if (value.is_null()) continue;
        existing->value[part] = value;
        existing->members[part] = {place.document, place.path + "." + part};
      }
    }
  }
}

auto layered_policy::value() const -> nlohmann::json {
  auto result = scalars_;
  for (auto const& [member, items_of] : lists_) {
    if (!items_of.place.document && items_of.entries.empty()) continue;
    auto items = nlohmann::json::array();
    for (auto const& one : items_of.entries) items.push_back(one.value);
    result[member] = std::move(items);
  }
  return result;
}

auto layered_policy::place_of(std::string_view json_path) const -> written_place {
  auto rest = json_path.substr(std::min<std::size_t>(1, json_path.size()));
  if (rest.starts_with('.')) rest.remove_prefix(1);
  auto const member = rest.substr(0, rest.find_first_of(".["));
  rest.remove_prefix(member.size());
  if (auto const scalar = places_.find(member); scalar != places_.end())
    return {scalar->second.document, scalar->second.path + std::string{rest}};
  auto const named = lists_.find(member);
  if (named == lists_.end() || !named->second.place.document)
    return {top_.document, member.empty() ? top_.path : fmt::format("{}.{}{}", top_.path, member, rest)};
  auto index = std::size_t{0};
  if (!rest.starts_with('[')) return named->second.place;
  auto const close = rest.find(']');
  std::from_chars(rest.data() + 1, rest.data() + close, index);
  rest.remove_prefix(close + 1);
  if (index >= named->second.entries.size()) return named->second.place;
  auto const& one = named->second.entries[index];
  auto const name = rest.starts_with('.') ? rest.substr(1, rest.find_first_of(".[", 1) - 1) : std::string_view{};
  if (auto const written = one.members.find(name); written != one.members.end())
    return {written->second.document, written->second.path + std::string{rest.substr(1 + name.size())}};
  return {one.place.document, one.place.path + std::string{rest}};
}

auto is_tainted(std::string_view path, std::set<std::string> const& tainted) -> bool {
  return std::ranges::any_of(tainted, [&](auto const& above) { return is_within(path, above); });
}

auto take_shape_problems(nlohmann::json& value, std::function<expected<void>(nlohmann::json const&)> const& decode,
                         std::set<std::string>& tainted) -> std::vector<error> {
  // One of these fits wherever something has to be.
  static auto const placeholders =
      std::array<nlohmann::json, 5>{nlohmann::json("placeholder"), nlohmann::json::object(), nlohmann::json::array(),
                                    nlohmann::json(0), nlohmann::json(false)};
  auto problems = std::vector<error>{};
  auto taken_out = std::set<std::string>{};
  auto attempts = std::map<std::string, std::size_t>{};
  for (auto done = decode(value); !done && problems.size() < maximum_problems; done = decode(value)) {
    auto problem = std::move(done.error());
    auto const where = problem.where;
    auto const found = find_node(value, where);
    if (!is_tainted(where, tainted)) problems.push_back(std::move(problem));
    tainted.insert(where);
    if (!found.parent) break;
    if (found.node && found.parent->is_object() && taken_out.insert(where).second) {
      found.parent->erase(found.key);
      continue;
    }
    auto& next = attempts[where];
    if (next == placeholders.size()) break;
    if (found.node)
      *found.node = placeholders[next++];
    else if (found.parent->is_object())
      (*found.parent)[found.key] = placeholders[next++];
    else
      break;
  }
  return problems;
}

} // namespace nexus::readiness
