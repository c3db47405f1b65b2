#include "actors/readiness/policy_file.hpp"

#include "actors/readiness/layers.hpp"
#include "messages/core/codec.hpp"

#include <algorithm>
#include <set>

namespace nexus {

NEXUS_DEFINE_CODECS(written_objective, policy_overlay, policy_document)

} // namespace nexus

namespace nexus::readiness {
namespace {

constexpr std::size_t maximum_files = 8;
constexpr std::size_t maximum_projects = 100;
constexpr std::size_t maximum_environments = 20;

using placed_problems = std::vector<placed_problem>;

/// One file of a family.
struct policy_part {
  std::shared_ptr<yaml_document const> document;
  /// What is left of it without its mistakes.
  nlohmann::json value;
  /// Where the mistakes were.
  std::set<std::string> tainted;
};

template <class T>
auto decodes(nlohmann::json const& value) -> expected<void> {
  return decode_json<T>(value, decode_mode::closed).map([](T const&) {});
}

class family_reader {
public:
  explicit family_reader(policy_finder const& find) : find_(find) {}

  /// Reads a file and, before it, what it extends.
  auto read(policy_text const& file) -> bool {
    if (chain_.size() == maximum_files) {
      unplaced(fmt::format("policies extend each other over more than {} files", maximum_files), file.source);
      return false;
    }
    auto parsed = parse_yaml(file.text, file.source);
    if (!parsed) {
      problems.push_back({{}, std::move(parsed.error())});
      return false;
    }
    chain_.push_back(file.source);
    auto part = policy_part{std::make_shared<yaml_document const>(std::move(*parsed)), {}, {}};
    part.value = part.document->value;
    for (auto& problem : take_shape_problems(part.value, decodes<policy_document>, part.tainted))
      place(part, std::move(problem));
    auto sound = decodes<policy_document>(part.value).has_value();
    if (!sound) return false;
    if (auto const base = part.value.value("extends", std::string{});
        !base.empty() && !is_tainted("$.extends", part.tainted))
      sound = extend(part, base);
    parts.push_back(std::move(part));
    return sound;
  }

  std::vector<policy_part> parts;
  placed_problems problems;

private:
  void unplaced(std::string message, std::string where) {
    problems.push_back({{}, {errc::invalid_argument, std::move(message), std::move(where), {}, {}}});
  }

  void place(policy_part const& part, error problem) {
    auto where = written_place{part.document, problem.where};
    problems.push_back({std::move(where), std::move(problem)});
  }

  auto extend(policy_part const& part, std::string const& base) -> bool {
    auto const refuse = [&](error problem) {
      problem.where = "$.extends";
      place(part, std::move(problem));
      return false;
    };
    if (!find_) return refuse({errc::invalid_argument, "nothing can be extended here", {}, {}, {}});
    auto const found = find_(base, part.document->source);
    if (!found) return refuse(found.error());
    if (std::ranges::find(chain_, found->source) != chain_.end())
      return refuse(
          {errc::invalid_argument,
           fmt::format("policies extend each other in a circle: {} -> {}", fmt::join(chain_, " -> "), found->source),
           {},
           {},
           {}});
    if (chain_.size() == maximum_files)
      return refuse({errc::invalid_argument,
                     fmt::format("policies extend each other over more than {} files", maximum_files),
                     {},
                     {},
                     {}});
    return read(*found);
  }

  policy_finder const& find_;
  /// The sources on the way, the first file first.
  std::vector<std::string> chain_;
};

auto keys_of(std::vector<policy_part> const& parts, std::string const& member) -> std::vector<std::string> {
  auto names = std::set<std::string>{};
  for (auto const& part : parts)
    if (auto const overlays = part.value.find(member); overlays != part.value.end())
      for (auto const& [name, unused] : overlays->items()) names.insert(name);
  return {names.begin(), names.end()};
}

auto layers_for(std::vector<policy_part> const& parts, std::string const& project, std::string const& environment)
    -> std::vector<layer> {
  auto layers = std::vector<layer>{};
  for (auto const& part : parts) {
    auto value = part.value;
    for (auto const* member : {"extends", "projects", "environments"}) value.erase(member);
    layers.push_back({std::move(value), {part.document, "$"}});
  }
  for (auto const& [member, name] :
       {std::pair<std::string, std::string>{"projects", project}, {"environments", environment}})
    for (auto const& part : parts) {
      if (name.empty() || !part.value.contains(member) || !part.value[member].contains(name)) continue;
      layers.push_back({part.value[member][name], {part.document, fmt::format("$.{}.{}", member, name)}});
    }
  return layers;
}

/// The policy that the layers come down to; null when there are problems.
auto effective_policy(std::vector<policy_part> const& parts, std::string const& project, std::string const& environment,
                      placed_problems& problems) -> std::shared_ptr<policy const> {
  auto const before = problems.size();
  auto layered = layered_policy{};
  for (auto const& one : layers_for(parts, project, environment)) layered.add(one, problems);
  auto value = layered.value();
  auto tainted = std::set<std::string>{};
  auto const add = [&](error problem) {
    auto place = layered.place_of(problem.where);
    for (auto const& part : parts)
      if (part.document == place.document && is_tainted(place.path, part.tainted)) return;
    problems.push_back({std::move(place), std::move(problem)});
  };
  for (auto& problem : take_shape_problems(value, decodes<readiness_policy>, tainted)) add(std::move(problem));
  auto source = decode_json<readiness_policy>(value, decode_mode::closed);
  if (!source) return nullptr;
  for (auto* check : {&policy::problems, &policy::authoring_problems})
    for (auto& problem : check(*source))
      if (!is_tainted(problem.where, tainted)) add(std::move(problem));
  if (problems.size() > before || !tainted.empty()) return nullptr;
  auto result = policy::check(std::move(*source));
  return result ? std::make_shared<policy const>(std::move(*result)) : nullptr;
}

/// Each problem once, file by file in the order of the lines.
auto in_order(placed_problems problems, std::vector<policy_part> const& parts) -> std::vector<error> {
  auto const rank = [&](placed_problem const& one) {
    auto const file = std::ranges::find(parts, one.place.document, &policy_part::document) - parts.begin();
    auto const* position = one.place.document ? &one.place.document->position_of(one.place.path) : nullptr;
    return std::tuple{-file, position ? position->line : 0, position ? position->column : 0};
  };
  std::ranges::stable_sort(problems, {}, rank);
  auto result = std::vector<error>{};
  for (auto& [place, problem] : problems) {
    if (place.document) problem.where = place.text();
    if (std::ranges::find(result, problem) == result.end()) result.push_back(std::move(problem));
  }
  return result;
}

} // namespace

auto policy_family::load(policy_text const& file, policy_finder const& find)
    -> tl::expected<policy_family, std::vector<error>> {
  auto reader = family_reader{find};
  auto const complete = reader.read(file);
  auto result = policy_family{};
  result.projects_ = keys_of(reader.parts, "projects");
  result.environments_ = keys_of(reader.parts, "environments");
  for (auto const& part : reader.parts) result.sources_.push_back(part.document->source);
  auto const refuse_number = [&](std::string const& member, std::size_t most) {
    reader.problems.push_back({{reader.parts.back().document, "$." + member},
                               {errc::invalid_argument, fmt::format("more than {} {}", most, member), {}, {}, {}}});
  };
  if (result.projects_.size() > maximum_projects) refuse_number("projects", maximum_projects);
  if (result.environments_.size() > maximum_environments) refuse_number("environments", maximum_environments);
  // Without what it extends nothing can be said of a file's meaning.
  if (complete && result.projects_.size() <= maximum_projects && result.environments_.size() <= maximum_environments) {
    auto projects = result.projects_, environments = result.environments_;
    projects.insert(projects.begin(), std::string{});
    environments.insert(environments.begin(), std::string{});
    for (auto const& project : projects)
      for (auto const& environment : environments)
        result.effective_[{project, environment}] =
            effective_policy(reader.parts, project, environment, reader.problems);
  }
  if (!reader.problems.empty()) return tl::unexpected{in_order(std::move(reader.problems), reader.parts)};
  return result;
}

auto policy_family::effective(std::string const& project, std::string const& environment) const
    -> expected<policy const*> {
  auto const has_project = std::ranges::binary_search(projects_, project);
  if (!environment.empty() && !std::ranges::binary_search(environments_, environment)) {
    auto problem = fail_at("$.environment", errc::invalid_argument, "the policy '{}' has no environment '{}'",
                           base().source().name, environment.substr(0, 64));
    auto const near = did_you_mean(environment, {environments_.begin(), environments_.end()});
    problem.value().remedy = environments_.empty() ? "list it under 'environments' in the policy"
                             : near.empty()        ? fmt::format("it has: {}", fmt::join(environments_, ", "))
                                                   : fmt::format("did you mean '{}'?", near);
    return problem;
  }
  return effective_.at({has_project ? project : std::string{}, environment}).get();
}

auto parse_policy(std::string_view text, std::string const& source, policy_finder const& find) -> expected<policy> {
  auto family = policy_family::load({source, std::string{text}}, find);
  if (!family) return tl::unexpected{std::move(family.error().front())};
  return family->base();
}

auto merge_layers(nlohmann::json const& below, nlohmann::json const& above) -> nlohmann::json {
  auto layered = layered_policy{};
  auto ignored = placed_problems{};
  auto const nowhere = written_place{std::make_shared<yaml_document const>(), "$"};
  layered.add({below, nowhere}, ignored);
  layered.add({above, nowhere}, ignored);
  return layered.value();
}

auto policy_schema() -> std::string {
  auto schema = schema_document(descriptor_of<policy_document>(), "policy.schema.json", "Nexus readiness policy");
  // Who inherits nothing says everything.
  schema["$defs"]["policy_document"]["if"] = {{"not", {{"required", {"extends"}}}}};
  schema["$defs"]["policy_document"]["then"] = {
      {"required", {"objectives"}},
      {"properties", {{"objectives", {{"minItems", 1}, {"items", {{"required", {"name", "fact", "pass"}}}}}}}}};
  return schema.dump(2) + "\n";
}

} // namespace nexus::readiness
