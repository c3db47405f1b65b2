#pragma once

#include "messages/core/codec.hpp"
#include "runtime/settings/values.hpp"
#include "runtime/settings/yaml.hpp"

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Layered settings over any described struct whose members all have defaults: built-in values < file < environment <
/// command line. The struct's table does the rest: names, types, bounds, "did you mean", schema.

namespace nexus {

/// Where the value of a setting comes from.
struct setting_source {
  enum class kind : std::uint8_t { built_in, file, environment, command_line };
  kind layer = kind::built_in;
  /// "config/nexus.yaml:12", "NEXUS_BIND", "--bind"; empty for built-in values.
  std::string detail;
  friend auto operator==(setting_source const&, setting_source const&) -> bool = default;
};

/// From the path of a setting ("runs.retention.max_age"; lists and maps are one setting) to where its value comes from.
using setting_origins = std::map<std::string, setting_source>;

/// A further environment variable for a setting, beside the one that follows from its path.
struct setting_alias {
  std::string_view variable;
  std::string_view path;
};

/// One setting from the command line.
struct command_line_setting {
  std::string path;
  std::string text;
  /// The option as the user wrote it ("--bind"), for messages.
  std::string option;
};

/// Reads a text file of at most 1 MiB; errc::not_found when it is not there, errc::storage when it cannot be read.
auto read_text_file(std::string const& path) -> expected<std::string>;

/// The environment of this process.
auto process_environment() -> std::map<std::string, std::string>;

/// Everything that can say what a setting is.
struct setting_layers {
  std::optional<yaml_document> file;
  /// Variables: PREFIX + path in capitals with '_' for '.' ("NEXUS_RUNS_MAX_STEPS"), or an alias. An empty variable
  /// counts as not set. A secret may also come from the file that NAME_FILE names.
  std::map<std::string, std::string> environment;
  std::vector<command_line_setting> command_line;

  std::string prefix = "NEXUS_";
  std::span<setting_alias const> aliases;
  /// Variables with the prefix that are known and are no settings ("NEXUS_CONFIG").
  std::span<std::string_view const> other_variables;
  /// Reads the files that hold secrets.
  std::function<expected<std::string>(std::string const& path)> read_file = read_text_file;
};

/// Reads and parses a settings file.
auto read_settings_file(std::string const& path) -> expected<yaml_document>;

/// Settings and where each comes from.
template <class T>
struct loaded {
  T value;
  setting_origins origins;
  /// What is probably a mistake and does not hinder: variables with the prefix that nobody knows.
  std::vector<error> warnings;
};

/// What the loader knows beside the values.
struct load_report {
  setting_origins origins;
  std::vector<error> warnings;
  std::vector<error> problems;
};

/// Checks what a table cannot say: settings that depend on each other. `where` of an error is the setting's path
/// ("jira.url", "projects[0].key"); the loader puts file and line, variable or option before it.
using settings_check = std::function<std::vector<error>(void const* settings)>;

/// The untyped form of the function below. `settings` holds the built-in values when called.
auto load_settings(type_descriptor const& type, void* settings, setting_layers const& layers,
                   settings_check const& check = {}) -> load_report;

/// Applies all layers. On failure: every problem at once, each with its place and remedy, in the order of the layers.
/// Meaning is checked too when shapes are wrong, except for the settings whose shape is.
template <class T>
auto load_settings(setting_layers const& layers, std::function<std::vector<error>(T const&)> check = {})
    -> tl::expected<loaded<T>, std::vector<error>> {
  auto result = loaded<T>{};
  auto report = load_settings(descriptor_of<T>(), &result.value, layers, [&](void const* settings) {
    return check ? check(*static_cast<T const*>(settings)) : std::vector<error>{};
  });
  if (!report.problems.empty()) return tl::unexpected{std::move(report.problems)};
  result.origins = std::move(report.origins);
  result.warnings = std::move(report.warnings);
  return result;
}

/// The variable that follows from a setting's path: "runs.max_steps" gives "NEXUS_RUNS_MAX_STEPS".
auto variable_of(std::string_view prefix, std::string_view path) -> std::string;

/// The paths of all settings of a type, in the order of declaration.
auto setting_paths(type_descriptor const& type) -> std::vector<std::string>;

/// Settings as JSON, members in the order of declaration; a secret is "(set)" or "(not set)".
auto settings_json(type_descriptor const& type, void const* settings) -> nlohmann::ordered_json;

/// Every secret that is set, wherever it stands, for those who take secrets out of texts.
auto secret_values(type_descriptor const& type, void const* settings) -> std::vector<std::string>;

/// One line per setting, "runs.max_steps: 10", with "  # config/nexus.yaml:12" if origins are wanted. A secret is
/// "(set)" or "(not set)".
auto render_settings(type_descriptor const& type, void const* settings, setting_origins const& origins,
                     bool show_origin) -> std::string;

template <class T>
auto render_settings(loaded<T> const& settings, bool show_origin) -> std::string {
  return render_settings(descriptor_of<T>(), &settings.value, settings.origins, show_origin);
}

/// {"settings": {...}} and, if wanted, {"origins": {"bind": {"layer": "environment", "detail": "NEXUS_BIND"}}}.
auto render_settings_json(type_descriptor const& type, void const* settings, setting_origins const& origins,
                          bool show_origin) -> nlohmann::ordered_json;

/// "built in", "config/nexus.yaml:12", "NEXUS_BIND", "--bind".
auto to_string(setting_source const& source) -> std::string;

} // namespace nexus
