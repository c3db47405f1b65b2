#pragma once

#include "runtime/settings/yaml.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::readiness {

/// Where in which file something is written.
struct written_place {
  std::shared_ptr<yaml_document const> document;
  /// "$.projects.NEXUS.objectives[0].pass"
  std::string path;

  /// The place as errors name it: "policy.yaml:7:5: $.objectives[0].pass".
  auto text() const -> std::string;
};

/// A problem and where it is written.
struct placed_problem {
  written_place place;
  error problem;
};

/// A part of a policy file that is laid over others: the file itself or one of its overlays.
struct layer {
  nlohmann::json value;
  written_place place;
};

/// Layers laid one over the other, knowing where everything comes from.
class layered_policy {
public:
  /// Lays one more on top. Names in `drop` that no layer ever had are problems.
  void add(layer const& above, std::vector<placed_problem>& problems);
  /// The members of a readiness_policy.
  auto value() const -> nlohmann::json;
  /// Where the member is written that `json_path` names in value().
  auto place_of(std::string_view json_path) const -> written_place;

private:
  /// One item of a list, and where its members come from.
  struct entry {
    nlohmann::json value;
    written_place place;
    std::map<std::string, written_place, std::less<>> members;
  };
  struct list {
    written_place place;
    std::vector<entry> entries;
    std::set<std::string> names;
  };

  void add_list(std::string const& member, layer const& above);
  void drop(layer const& above, std::vector<placed_problem>& problems);

  nlohmann::json scalars_ = nlohmann::json::object();
  std::map<std::string, written_place, std::less<>> places_;
  std::map<std::string, list, std::less<>> lists_;
  written_place top_;
};

/// Every problem that a decoder has with a document. What is wrong is taken out of `value`, or replaced where it has to
/// be there, so that the rest can be looked at; `tainted` gets the paths about which nothing more should be said.
auto take_shape_problems(nlohmann::json& value, std::function<expected<void>(nlohmann::json const&)> const& decode,
                         std::set<std::string>& tainted) -> std::vector<error>;

/// Whether a path is one of those, or below one.
auto is_tainted(std::string_view path, std::set<std::string> const& tainted) -> bool;

} // namespace nexus::readiness
