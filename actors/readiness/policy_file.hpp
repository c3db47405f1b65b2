#pragma once

#include "actors/readiness/policy.hpp"
#include "messages/core/describe.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus {

/// An objective as a policy file writes it: whole, or what is different from the inherited one of that name.
struct written_objective {
  std::string name;
  std::optional<std::string> description;
  std::optional<std::string> fact;
  std::optional<std::string> pass;
  std::optional<std::string> warn;
  std::optional<double> weight;
  std::optional<bool> key;
  std::optional<bool> risk;
  std::optional<bool> informational;
  std::optional<absence_rule> on_missing;
  std::optional<absence_rule> on_stale;
  std::optional<std::string> max_age;
  std::optional<std::string> remedy;
  std::optional<std::string> group;
};
BOOST_DESCRIBE_STRUCT(written_objective, (),
                      (name, description, fact, pass, warn, weight, key, risk, informational, on_missing, on_stale,
                       max_age, remedy, group))
/// As policy_objective says it; here all but the name may be left out.
constexpr auto describe_notes(tag<written_objective>) { return describe_notes(tag<policy_objective>{}); }

/// What is different for a project or an environment.
struct policy_overlay {
  std::optional<std::string> description;
  std::optional<double> pass;
  std::optional<double> warn;
  std::optional<std::vector<written_objective>> objectives;
  std::optional<std::vector<std::string>> drop;
  std::optional<std::vector<policy_waiver>> waivers;
  std::optional<std::vector<policy_group>> groups;
  std::optional<std::vector<policy_freeze>> freezes;
  std::optional<approval_rule> waiver_approval;
  std::optional<baseline_rule> baseline;
};
BOOST_DESCRIBE_STRUCT(policy_overlay, (),
                      (description, pass, warn, objectives, drop, waivers, groups, freezes, waiver_approval, baseline))

/// A policy file. The format of config/policies/*.yaml.
struct policy_document {
  std::string name;
  std::string version;
  std::optional<std::string> extends;
  std::optional<std::string> description;
  std::optional<double> pass;
  std::optional<double> warn;
  std::optional<std::vector<written_objective>> objectives;
  std::optional<std::vector<std::string>> drop;
  std::optional<std::vector<policy_waiver>> waivers;
  std::optional<std::vector<policy_group>> groups;
  std::optional<std::vector<policy_freeze>> freezes;
  std::optional<approval_rule> waiver_approval;
  std::optional<baseline_rule> baseline;
  std::map<std::string, policy_overlay> projects;
  std::map<std::string, policy_overlay> environments;
};
BOOST_DESCRIBE_STRUCT(policy_document, (),
                      (name, version, extends, description, pass, warn, objectives, drop, waivers, groups, freezes,
                       waiver_approval, baseline, projects, environments))

namespace detail {
constexpr auto overlay_notes() {
  return std::array{
      member_note{.name = "description", .description = "What the policy is for.", .maximum = 2000},
      member_note{.name = "pass",
                  .description = "From this score (percent) on GO is possible; 90 by default.",
                  .minimum = 0,
                  .maximum = 100},
      member_note{.name = "warn",
                  .description = "Below this score (percent) the decision is NO_GO; 75 by default.",
                  .minimum = 0,
                  .maximum = 100},
      member_note{.name = "objectives",
                  .description = "What is demanded; of an inherited objective only what is different.",
                  .maximum = 200},
      member_note{.name = "drop", .description = "Names of inherited objectives that do not hold.", .maximum = 200},
      member_note{
          .name = "waivers", .description = "Objectives that somebody answers for, for a time.", .maximum = 200},
      member_note{.name = "groups", .description = "Objectives that share a weight.", .maximum = 50},
      member_note{.name = "freezes", .description = "Times in which nothing goes out.", .maximum = 50},
      member_note{.name = "waiver_approval",
                  .description = "Whether a waiver needs a second person; required by default."},
      member_note{.name = "baseline",
                  .description = "Which earlier releases relative criteria look at; all by default."},
  };
}
} // namespace detail

constexpr auto describe_notes(tag<policy_overlay>) { return detail::overlay_notes(); }
constexpr auto describe_notes(tag<policy_document>) {
  auto own = std::array{
      member_note{.name = "name", .description = "The policy's name.", .minimum = 1, .maximum = 64},
      member_note{
          .name = "version", .description = "Its version, as a quoted text: \"1\".", .minimum = 1, .maximum = 64},
      member_note{.name = "extends",
                  .description = "A shipped policy (default, ci) or a file beside this one (./base.yaml) that this one "
                                 "builds on.",
                  .minimum = 1,
                  .maximum = 200},
      member_note{.name = "projects", .description = "What is different, by the project's key.", .defaulted = true},
      member_note{
          .name = "environments", .description = "What is different, by the environment's name.", .defaulted = true},
  };
  constexpr auto shared = detail::overlay_notes();
  auto all = std::array<member_note, own.size() + shared.size()>{};
  for (std::size_t i = 0; i < own.size(); ++i) all[i] = own[i];
  for (std::size_t i = 0; i < shared.size(); ++i) all[own.size() + i] = shared[i];
  return all;
}

NEXUS_CODECS(written_objective, policy_overlay, policy_document)

} // namespace nexus

namespace nexus::readiness {

/// A policy file's text and the name that errors show.
struct policy_text {
  std::string source;
  std::string text;
};

/// Finds what a file extends: `reference` is what it wrote, `from` the source of the file that wrote it.
using policy_finder = std::function<expected<policy_text>(std::string const& reference, std::string const& from)>;

/// A policy file with everything it inherits, and the policy that follows for each project and environment.
///
/// Layers, later ones win: the file extended (itself so made), the file; then of each, in the same order, the overlay
/// of the project, then that of the environment. Scalars replace; objectives are merged member by member by name;
/// groups and freezes (by name) and waivers (by objective) are replaced whole; `drop` takes inherited objectives out.
class policy_family {
public:
  /// Errors: all problems of all files, each once, with "file:line:column: path" as its place. At most 8 files, 100
  /// projects and 20 environments.
  static auto load(policy_text const& file, policy_finder const& find = {})
      -> tl::expected<policy_family, std::vector<error>>;

  /// The policy without project and environment.
  auto base() const -> policy const& { return *effective_.at({}); }
  /// A project that the policy does not name has no overlay. errc::invalid_argument for an environment that it does not
  /// name.
  auto effective(std::string const& project, std::string const& environment) const -> expected<policy const*>;
  /// The names that have an overlay, sorted.
  auto projects() const -> std::vector<std::string> const& { return projects_; }
  auto environments() const -> std::vector<std::string> const& { return environments_; }
  /// The files it was made of, the one that nothing extends first.
  auto sources() const -> std::vector<std::string> const& { return sources_; }

private:
  policy_family() = default;

  /// By project and environment; empty for none.
  std::map<std::pair<std::string, std::string>, std::shared_ptr<policy const>> effective_;
  std::vector<std::string> projects_;
  std::vector<std::string> environments_;
  std::vector<std::string> sources_;
};

/// The policy of a file without project and environment; the first problem when there are several.
auto parse_policy(std::string_view text, std::string const& source, policy_finder const& find = {}) -> expected<policy>;

/// A layer laid over another, both in the form of a policy_overlay: laying it twice is laying it once.
auto merge_layers(nlohmann::json const& below, nlohmann::json const& above) -> nlohmann::json;

/// The JSON Schema of policy files, as shipped in config/schemas/policy.schema.json.
auto policy_schema() -> std::string;

} // namespace nexus::readiness
