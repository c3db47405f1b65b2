#include "actors/llm/answer_text.hpp"

#include "messages/core/codec.hpp"
#include "messages/core/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace nexus::llm {

namespace {

using nlohmann::json;

auto member(json const& object, char const* name) -> json const* {
  if (!object.is_object()) return nullptr;
  auto const found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

auto figure(json const& value) -> std::optional<std::string> {
  if (value.is_number_integer()) return value.dump();
  if (!value.is_number()) return {};
  auto const x = value.get<double>();
  if (!std::isfinite(x)) return {};
  auto text = fmt::format("{:.2f}", x);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

} // namespace

auto clean(std::string_view text, std::size_t longest) -> std::string {
  std::string result;
  for (auto c : text) {
    auto const blank = static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
    if (!blank)
      result += c;
    else if (!result.empty() && result.back() != ' ')
      result += ' ';
    if (result.size() > longest) return std::string{beginning(result, longest)} + "...";
  }
  if (result.ends_with(' ')) result.pop_back();
  return result;
}

auto text_at(json const& object, char const* name) -> std::optional<std::string> {
  auto const* value = member(object, name);
  if (!value || !value->is_string()) return {};
  auto text = clean(value->get_ref<std::string const&>());
  return text.empty() ? std::nullopt : std::optional{std::move(text)};
}

auto figure_at(json const& object, char const* name) -> std::optional<std::string> {
  auto const* value = member(object, name);
  return value ? figure(*value) : std::nullopt;
}

auto integer_at(json const& object, char const* name) -> std::optional<std::int64_t> {
  auto const* value = member(object, name);
  return value && value->is_number_integer() ? std::optional{value->get<std::int64_t>()} : std::nullopt;
}

auto flag_at(json const& object, char const* name) -> std::optional<bool> {
  auto const* value = member(object, name);
  return value && value->is_boolean() ? std::optional{value->get<bool>()} : std::nullopt;
}

auto list_at(json const& object, char const* name) -> std::vector<json> const& {
  static std::vector<json> const none;
  auto const* value = member(object, name);
  return value && value->is_array() ? value->get_ref<std::vector<json> const&>() : none;
}

auto object_at(json const& object, char const* name) -> json const& {
  static json const none = json::object();
  auto const* value = member(object, name);
  return value && value->is_object() ? *value : none;
}

auto time_at(json const& object, char const* name) -> std::optional<std::string> {
  auto text = text_at(object, name);
  if (!text) return {};
  auto const time = parse_timestamp(*text);
  if (!time) return text;
  auto const shown = format_timestamp(*time);
  return fmt::format("{} {} UTC", shown.substr(0, 10), shown.substr(11, 5));
}

auto texts_at(json const& object, char const* name) -> std::vector<std::string> {
  std::vector<std::string> texts;
  for (auto const& item : list_at(object, name))
    if (item.is_string()) texts.push_back(clean(item.get_ref<std::string const&>()));
  return texts;
}

auto enumerate(std::vector<std::string> const& items, std::size_t most) -> std::string {
  auto const shown = std::min(items.size(), most);
  auto text = fmt::format("{}", fmt::join(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (items.size() > shown) text += fmt::format(" and {} more", items.size() - shown);
  return text;
}

auto counted(std::string_view figure, std::string_view singular, std::string_view plural) -> std::string {
  return fmt::format("{} {}", figure, figure == "1" ? singular : plural);
}

auto tell_failure(observation const& seen) -> std::string {
  if (!seen.failed) return {};
  auto const& code = seen.failed->code;
  auto said = clean(seen.failed->message, 400);
  while (said.ends_with('.')) said.pop_back();
  auto const because = said.empty() ? std::string{} : ": " + said;
  if (code == "not_found") return fmt::format("{} found nothing{}.", seen.tool, because);
  if (code == "not_offered") return fmt::format("I cannot look this up: the tool {} is not available here.", seen.tool);
  if (code == "malformed")
    return fmt::format("{} gave an answer that cannot be used{}. I leave it out rather than guess.", seen.tool,
                       because);
  if (code == "permission_denied" || code == "unauthenticated")
    return fmt::format("{} was not allowed to look{}.", seen.tool, because);
  if (code == "invalid_argument" || code == "refused" || code == "conflict")
    return fmt::format("{} refused the request{}.", seen.tool, because);
  if (code == "budget_exceeded") return fmt::format("I stopped looking{}.", because);
  return fmt::format("{} is unavailable right now{}. Without it this answer is degraded; please try again later.",
                     seen.tool, because);
}

auto tell_unavailable(json const& result) -> std::string {
  std::vector<std::string> parts;
  for (auto const& [name, reason] : object_at(result, "unavailable").items())
    if (reason.is_string())
      parts.push_back(fmt::format("{} ({})", clean(name, 60), clean(reason.get_ref<std::string const&>())));
  return parts.empty() ? std::string{} : fmt::format(" Not known: {}.", enumerate(parts));
}

auto tell_sources(std::vector<observation const*> const& used) -> std::string {
  auto const is_list = [](observation const* o) {
    return o->tool == "list_projects" || o->tool == "list_jobs" || o->tool == "list_repositories" ||
           o->tool == "list_releases";
  };
  auto const substantial = std::any_of(used.begin(), used.end(), [&](auto* o) { return o->ok() && !is_list(o); });
  std::vector<std::string> calls;
  for (auto const* seen : used) {
    if (!seen->ok() || (substantial && is_list(seen))) continue;
    std::vector<std::string> arguments;
    for (auto const& [name, value] : seen->arguments.items())
      arguments.push_back(fmt::format(
          "{}={}", name, value.is_string() ? clean(value.get_ref<std::string const&>()) : clean(dump_json(value))));
    calls.push_back(fmt::format("{}({})", seen->tool, fmt::join(arguments, ", ")));
  }
  return calls.empty() ? std::string{} : fmt::format("Sources: {}.", enumerate(calls));
}

} // namespace nexus::llm
