#include "runtime/settings/settings.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <unistd.h>

namespace nexus {
namespace {

constexpr std::size_t maximum_file_bytes = 1024 * 1024;

struct leaf {
  std::string path;
  type_descriptor const* type;
};

void collect_leaves(type_descriptor const& type, std::string const& prefix, std::vector<leaf>& leaves) {
  for (auto const& member : type.members) {
    auto path = prefix + std::string{member.name};
    if (member.type().kind == shape::object)
      collect_leaves(member.type(), path + ".", leaves);
    else
      leaves.push_back({std::move(path), &member.type()});
  }
}

auto is_secret(type_descriptor const& type) -> bool { return &type == &descriptor_of<secret>(); }

auto is_measure(type_descriptor const& type) -> bool {
  return &type == &descriptor_of<duration_text>() || &type == &descriptor_of<size_text>();
}

/// "$.runs.steps[1].x" becomes "runs.steps[1].x".
auto without_root(std::string_view json_path) -> std::string_view {
  return json_path.starts_with("$.")  ? json_path.substr(2)
         : json_path.starts_with('$') ? json_path.substr(1)
                                      : json_path;
}

/// The setting that a path belongs to: "projects[0].key" belongs to "projects".
auto setting_of(std::string_view path, setting_origins const& origins) -> setting_origins::const_iterator {
  while (true) {
    if (auto const found = origins.find(std::string{path}); found != origins.end()) return found;
    auto const cut = path.find_last_of(".[");
    if (cut == std::string_view::npos) return origins.end();
    path = path.substr(0, cut);
  }
}

/// The same type with all members optional, so that one member can be read at a time.
struct relaxed_type {
  explicit relaxed_type(type_descriptor const& original)
      : members(original.members.begin(), original.members.end()), type{original} {
    for (auto& member : members) member.required = false;
    type.members = members;
  }
  relaxed_type(relaxed_type const&) = delete;
  auto operator=(relaxed_type const&) -> relaxed_type& = delete;

  std::vector<member_descriptor> members;
  type_descriptor type;
};

class loader {
public:
  loader(type_descriptor const& type, void* settings, setting_layers const& layers)
      : type_{type}, settings_{settings}, layers_{layers} {
    collect_leaves(type, {}, leaves_);
    for (auto const& entry : leaves_) report_.origins[entry.path] = {};
  }

  auto run(settings_check const& check) && -> load_report {
    if (layers_.file) {
      place_ = [this](std::string_view path) {
        return setting_source{setting_source::kind::file,
                              fmt::format("{}:{}", layers_.file->source, layers_.file->line_of(path))};
      };
      apply_object(type_, settings_, layers_.file->value, "$", false);
      // JSON has lost the order of the file; readers go from top to bottom.
      std::stable_sort(lines_.begin(), lines_.end(), [](auto const& a, auto const& b) { return a.first < b.first; });
      for (auto& [line, found] : lines_) report_.problems.push_back(std::move(found));
    }
    apply_environment();
    apply_command_line();
    if (check) apply_check(check(settings_));
    return std::move(report_);
  }

private:
  void apply_object(type_descriptor const& type, void* target, nlohmann::json const& value, std::string const& path,
                    bool complete) {
    if (value.is_null() && !complete) return; // a section whose members are all commented out
    auto const relaxed = relaxed_type{type};
    if (!value.is_object()) return problem(decode_json(type, target, value, decode_mode::closed, path).error());
    for (auto const& [name, item] : value.items()) {
      auto const member = std::find_if(type.members.begin(), type.members.end(),
                                       [&, &wanted = name](auto const& m) { return m.name == wanted; });
      if (member == type.members.end())
        report(decode_json(relaxed.type, target, {{name, item}}, decode_mode::closed, path));
      else if (member->type().kind == shape::object)
        apply_object(member->type(), member->address(target), item, path + "." + name, complete);
      else
        apply_member(relaxed.type, *member, target, item, path);
    }
    if (!complete) return;
    for (auto const& member : type.members)
      if (member.required && !value.contains(member.name))
        problem({errc::invalid_argument, fmt::format("required member '{}' is missing", member.name), path, {}, {}});
  }

  void apply_member(type_descriptor const& relaxed, member_descriptor const& member, void* target,
                    nlohmann::json const& value, std::string const& parent) {
    auto const path = parent + "." + std::string{member.name};
    auto const& type = member.type();
    auto const before = count();
    auto item = value;
    if (is_measure(type) && item.is_number_unsigned()) item = item.dump();
    auto const done = decode_json(relaxed, target, {{member.name, item}}, decode_mode::closed, parent);
    if (done) {
      check_measures(type, member.address(target), path);
    } else {
      if (type.kind == shape::list && type.element().kind == shape::object && item.is_array())
        apply_items(type, member.address(target), item, path);
      if (count() == before) problem(done.error());
    }
    auto const setting = report_.origins.find(std::string{without_root(path)});
    if (setting == report_.origins.end()) return;
    if (!item.is_null() || type.kind == shape::optional) setting->second = place_(path);
    if (count() > before) failed_.insert(setting->first);
  }

  /// Says what is wrong with each item, where the decoder stops at the first.
  void apply_items(type_descriptor const& list, void* target, nlohmann::json const& items, std::string const& path) {
    list.clear(target);
    for (std::size_t i = 0; i < items.size(); ++i)
      apply_object(list.element(), list.append(target), items[i], fmt::format("{}[{}]", path, i), true);
  }

  void check_measures(type_descriptor const& type, void const* value, std::string const& path) {
    if (&type == &descriptor_of<duration_text>()) {
      if (auto const good = parse_duration(static_cast<duration_text const*>(value)->text()); !good) placed(good, path);
    } else if (&type == &descriptor_of<size_text>()) {
      if (auto const good = parse_size(static_cast<size_text const*>(value)->text()); !good) placed(good, path);
    } else if (type.kind == shape::optional) {
      if (auto const* inner = type.value(value)) check_measures(type.element(), inner, path);
    } else if (type.kind == shape::list) {
      for (std::size_t i = 0; i < type.size(value); ++i)
        check_measures(type.element(), type.item(value, i), fmt::format("{}[{}]", path, i));
    } else if (type.kind == shape::object) {
      for (auto const& member : type.members)
        check_measures(member.type(), member.address(const_cast<void*>(value)), path + "." + std::string{member.name});
    }
  }

  /// One setting as text, from the environment or the command line.
  void apply_text(leaf const& setting, std::string_view text, setting_source const& source) {
    auto value = json_from_text(*setting.type, text, "$." + setting.path);
    place_ = [&](std::string_view) { return source; };
    if (!value) {
      failed_.insert(setting.path);
      return problem(value.error());
    }
    for (auto path = std::string_view{setting.path}; !path.empty();) {
      auto const dot = path.rfind('.');
      auto const name = dot == std::string_view::npos ? path : path.substr(dot + 1);
      *value = nlohmann::json{{name, std::move(*value)}};
      path = dot == std::string_view::npos ? std::string_view{} : path.substr(0, dot);
    }
    apply_object(type_, settings_, *value, "$", false);
  }

  void apply_environment() {
    auto known = std::set<std::string, std::less<>>(layers_.other_variables.begin(), layers_.other_variables.end());
    for (auto const& setting : leaves_) {
      auto names = std::vector{variable_of(layers_.prefix, setting.path)};
      for (auto const& alias : layers_.aliases)
        if (alias.path == setting.path) names.emplace_back(alias.variable);
      known.insert(names.begin(), names.end());
      if (is_secret(*setting.type))
        for (std::size_t i = 0, count = names.size(); i < count; ++i)
          known.insert(names.emplace_back(names[i] + "_FILE"));
      apply_variables(setting, names);
    }
    auto candidates = std::vector<std::string_view>(known.begin(), known.end());
    for (auto const& [name, text] : layers_.environment) {
      if (!name.starts_with(layers_.prefix) || known.contains(name)) continue;
      auto const near = did_you_mean(name, candidates);
      report_.warnings.push_back({errc::invalid_argument,
                                  "no setting has this environment variable",
                                  name,
                                  near.empty() ? std::string{} : fmt::format("did you mean {}?", near),
                                  {}});
    }
  }

  void apply_variables(leaf const& setting, std::vector<std::string> const& names) {
    auto const* first = static_cast<std::pair<std::string const, std::string> const*>(nullptr);
    for (auto const& name : names) {
      auto const found = layers_.environment.find(name);
      if (found == layers_.environment.end() || found->second.empty()) continue;
      if (!first) {
        first = &*found;
      } else if (first->second != found->second || is_secret(*setting.type)) {
        failed_.insert(setting.path);
        report_.problems.push_back({errc::conflict,
                                    fmt::format("both this variable and {} set {}", first->first, setting.path),
                                    name,
                                    "unset one of them",
                                    {}});
      }
    }
    if (!first) return;
    auto const source = setting_source{setting_source::kind::environment, first->first};
    if (!is_secret(*setting.type) || !first->first.ends_with("_FILE"))
      return apply_text(setting, first->second, source);
    auto content = layers_.read_file(first->second);
    if (!content) {
      failed_.insert(setting.path);
      content.error().where = first->first;
      return report_.problems.push_back(content.error());
    }
    while (content->ends_with('\n') || content->ends_with('\r')) content->pop_back();
    apply_text(setting, *content, source);
  }

  void apply_command_line() {
    for (auto const& given : layers_.command_line) {
      auto const setting =
          std::find_if(leaves_.begin(), leaves_.end(), [&](auto const& entry) { return entry.path == given.path; });
      if (setting != leaves_.end()) {
        apply_text(*setting, given.text, {setting_source::kind::command_line, given.option});
        continue;
      }
      auto names = std::vector<std::string_view>{};
      for (auto const& entry : leaves_) names.push_back(entry.path);
      auto const near = did_you_mean(given.path, names);
      report_.problems.push_back(
          {errc::invalid_argument,
           fmt::format("there is no setting '{}'", given.path.substr(0, 64)),
           given.option,
           near.empty() ? "see 'config show' for all settings" : fmt::format("did you mean '{}'?", near),
           {}});
    }
  }

  void apply_check(std::vector<error> found) {
    for (auto& entry : found) {
      auto const setting = setting_of(entry.where, report_.origins);
      if (setting != report_.origins.end()) {
        if (failed_.contains(setting->first)) continue;
        auto const& [layer, detail] = setting->second;
        if (layer == setting_source::kind::file) {
          entry.where = "$." + entry.where;
          entry = layers_.file->locate(std::move(entry));
        } else if (!detail.empty()) {
          entry.where = entry.where == setting->first ? detail : detail + ": " + entry.where;
        }
      }
      report_.problems.push_back(std::move(entry));
    }
  }

  void placed(auto const& failure, std::string const& path) {
    auto copy = failure.error();
    copy.where = path;
    problem(std::move(copy));
  }

  void report(expected<void> const& done) {
    if (!done) problem(done.error());
  }

  /// Adds a problem whose place is a JSON path.
  void problem(error found) {
    auto const source = place_(found.where);
    if (source.layer == setting_source::kind::file) {
      auto const line = layers_.file->line_of(found.where);
      lines_.emplace_back(line, layers_.file->locate(std::move(found)));
      return;
    }
    auto const path = std::string{without_root(found.where)};
    found.where = report_.origins.contains(path) ? source.detail : source.detail + ": " + path;
    report_.problems.push_back(std::move(found));
  }

  auto count() const -> std::size_t { return lines_.size() + report_.problems.size(); }

  type_descriptor const& type_;
  void* settings_;
  setting_layers const& layers_;
  std::vector<leaf> leaves_;
  load_report report_;
  /// Problems of the file with their lines.
  std::vector<std::pair<int, error>> lines_;
  /// Settings whose shape is wrong.
  std::set<std::string, std::less<>> failed_;
  /// Where a JSON path of the layer at hand stands.
  std::function<setting_source(std::string_view json_path)> place_;
};

auto layer_name(setting_source::kind layer) -> std::string_view {
  switch (layer) {
  case setting_source::kind::file:
    return "file";
  case setting_source::kind::environment:
    return "environment";
  case setting_source::kind::command_line:
    return "command_line";
  case setting_source::kind::built_in:
    break;
  }
  return "built_in";
}

auto scalar_text(nlohmann::ordered_json const& value) -> std::string {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

} // namespace

auto read_text_file(std::string const& path) -> expected<std::string> {
  auto stream = std::ifstream{path, std::ios::binary};
  if (!stream) {
    auto const reason = errno;
    return fail_at(path, reason == ENOENT ? errc::not_found : errc::storage, "cannot be opened: {}",
                   std::strerror(reason));
  }
  auto text = std::string(maximum_file_bytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad() || (stream.gcount() == 0 && !stream.eof())) return fail_at(path, errc::storage, "cannot be read");
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > maximum_file_bytes)
    return fail_at(path, errc::too_large, "larger than {} bytes", maximum_file_bytes);
  return text;
}

auto process_environment() -> std::map<std::string, std::string> {
  auto result = std::map<std::string, std::string>{};
  for (auto** entry = environ; entry && *entry; ++entry) {
    auto const text = std::string_view{*entry};
    if (auto const equals = text.find('='); equals != std::string_view::npos)
      result.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return result;
}

auto read_settings_file(std::string const& path) -> expected<yaml_document> {
  return read_text_file(path).and_then([&](std::string const& text) { return parse_yaml(text, path); });
}

auto load_settings(type_descriptor const& type, void* settings, setting_layers const& layers,
                   settings_check const& check) -> load_report {
  return loader{type, settings, layers}.run(check);
}

auto variable_of(std::string_view prefix, std::string_view path) -> std::string {
  auto name = std::string{prefix};
  for (auto const c : path) name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

auto setting_paths(type_descriptor const& type) -> std::vector<std::string> {
  auto leaves = std::vector<leaf>{};
  collect_leaves(type, {}, leaves);
  auto paths = std::vector<std::string>{};
  for (auto& entry : leaves) paths.push_back(std::move(entry.path));
  return paths;
}

auto settings_json(type_descriptor const& type, void const* settings) -> nlohmann::ordered_json {
  using nlohmann::ordered_json;
  if (is_secret(type)) return static_cast<secret const*>(settings)->is_set() ? "(set)" : "(not set)";
  switch (type.kind) {
  case shape::object: {
    auto result = ordered_json::object();
    for (auto const& member : type.members)
      result[std::string{member.name}] = settings_json(member.type(), member.address(const_cast<void*>(settings)));
    return result;
  }
  case shape::list: {
    auto result = ordered_json::array();
    for (std::size_t i = 0; i < type.size(settings); ++i)
      result.push_back(settings_json(type.element(), type.item(settings, i)));
    return result;
  }
  case shape::map: {
    auto context = std::pair{&type.element(), ordered_json::object()};
    type.each(
        settings,
        [](void* to, std::string const& key, void const* value) {
          auto& [element, result] = *static_cast<decltype(context)*>(to);
          result[key] = settings_json(*element, value);
        },
        &context);
    return std::move(context.second);
  }
  case shape::optional: {
    auto const* value = type.value(settings);
    return value ? settings_json(type.element(), value) : ordered_json{};
  }
  default:
    return ordered_json::parse(encode_json(type, settings));
  }
}

auto secret_values(type_descriptor const& type, void const* settings) -> std::vector<std::string> {
  if (is_secret(type)) {
    auto const& held = *static_cast<secret const*>(settings);
    return held.is_set() ? std::vector{held.reveal()} : std::vector<std::string>{};
  }
  auto values = std::vector<std::string>{};
  auto const add = [&](type_descriptor const& inner, void const* value) {
    auto more = secret_values(inner, value);
    values.insert(values.end(), more.begin(), more.end());
  };
  if (type.kind == shape::object)
    for (auto const& member : type.members) add(member.type(), member.address(const_cast<void*>(settings)));
  else if (type.kind == shape::list)
    for (std::size_t i = 0; i < type.size(settings); ++i) add(type.element(), type.item(settings, i));
  else if (type.kind == shape::optional)
    if (auto const* value = type.value(settings)) add(type.element(), value);
  return values;
}

auto render_settings(type_descriptor const& type, void const* settings, setting_origins const& origins,
                     bool show_origin) -> std::string {
  auto const all = settings_json(type, settings);
  auto text = std::string{};
  for (auto const& path : setting_paths(type)) {
    auto const* value = &all;
    for (auto rest = std::string_view{path}; !rest.empty();) {
      auto const dot = rest.find('.');
      value = &value->at(std::string{rest.substr(0, dot)});
      rest = dot == std::string_view::npos ? std::string_view{} : rest.substr(dot + 1);
    }
    auto line = fmt::format("{}: {}", path, scalar_text(*value));
    if (auto const found = origins.find(path); show_origin && found != origins.end())
      line = fmt::format("{:<48}  # {}", line, to_string(found->second));
    text += line + "\n";
  }
  return text;
}

auto render_settings_json(type_descriptor const& type, void const* settings, setting_origins const& origins,
                          bool show_origin) -> nlohmann::ordered_json {
  auto result = nlohmann::ordered_json{{"settings", settings_json(type, settings)}};
  if (!show_origin) return result;
  auto& shown = result["origins"] = nlohmann::ordered_json::object();
  for (auto const& path : setting_paths(type))
    if (auto const found = origins.find(path); found != origins.end())
      shown[path] = {{"layer", layer_name(found->second.layer)}, {"detail", found->second.detail}};
  return result;
}

auto to_string(setting_source const& source) -> std::string {
  return source.detail.empty() ? "built in" : source.detail;
}

} // namespace nexus
