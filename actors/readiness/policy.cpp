#include "actors/readiness/policy.hpp"

#include "actors/readiness/freeze.hpp"
#include "messages/core/codec.hpp"
#include "messages/core/digest.hpp"
#include "messages/core/text.hpp"

#include <algorithm>
#include <set>

namespace nexus::readiness {
namespace {

/// Collects problems, each with its place.
class findings {
public:
  explicit findings(std::vector<error>& into) : into_(into) {}

  void add(std::string where, std::string message, std::string remedy = {}) {
    into_.push_back({errc::invalid_argument, std::move(message), std::move(where), std::move(remedy), {}});
  }

  /// The value, or nothing after noting the problem.
  template <class T>
  auto take(std::string where, expected<T> result) -> std::optional<T> {
    if (result) return std::move(*result);
    auto problem = std::move(result.error());
    problem.where = std::move(where);
    into_.push_back(std::move(problem));
    return {};
  }

private:
  std::vector<error>& into_;
};

auto did_you_mean_text(std::string_view written, std::vector<std::string_view> const& known, std::string_view what)
    -> std::string {
  if (auto const near = did_you_mean(written, known); !near.empty()) return fmt::format("did you mean '{}'?", near);
  return known.empty() ? fmt::format("there are no {}", what) : fmt::format("{}: {}", what, fmt::join(known, ", "));
}

auto names_of(auto const& items) -> std::vector<std::string_view> {
  auto names = std::vector<std::string_view>{};
  for (auto const& item : items) names.push_back(item.name);
  return names;
}

void check_unique(auto const& items, std::string_view member, std::string_view what, findings& found) {
  auto seen = std::set<std::string_view>{};
  for (std::size_t i = 0; i < items.size(); ++i)
    if (!seen.insert(items[i].name).second)
      found.add(fmt::format("$.{}[{}].name", member, i), fmt::format("two {} are named '{}'", what, items[i].name));
}

auto read_objective(policy_objective const& source, std::string const& path, findings& found) -> policy::objective {
  auto result = policy::objective{find_fact(source.fact), {}, {}, {}, {}, {}};
  if (result.fact) {
    if (auto pass = found.take(path + ".pass", parse_criteria(source.pass, *result.fact)))
      result.pass = std::move(*pass);
    if (!source.warn.empty()) result.warn = found.take(path + ".warn", parse_criteria(source.warn, *result.fact));
  } else {
    auto const near = nearest_fact(source.fact);
    found.add(path + ".fact", fmt::format("no fact is named '{}'", source.fact),
              near.empty() ? "the facts are listed in the documentation of policies"
                           : fmt::format("did you mean '{}'?", near));
  }
  if (!source.max_age.empty())
    result.max_age = found.take(path + ".max_age", parse_age(source.max_age));
  else if (source.on_stale != absence_rule::inconclusive)
    found.add(path + ".on_stale", "evidence is never stale without max_age");
  if (!(source.weight > 0))
    found.add(path + ".weight", "the weight must be above 0",
              "write 'informational: true' for an objective without influence");
  if (source.informational && (source.key || source.risk))
    found.add(path + ".informational", "an informational objective has no influence and can be neither key nor risk");
  if (source.key && source.risk) found.add(path + ".risk", "a key objective blocks; it cannot be only a risk");
  return result;
}

/// The first moment at which a waiver no longer holds.
auto waiver_end(std::string const& text) -> expected<timestamp> {
  auto const is_date = text.size() == 10 && text[4] == '-' && text[7] == '-';
  auto end = parse_timestamp(is_date ? text + "T00:00:00Z" : text);
  if (!end) return fail(errc::invalid_argument, "'{}' is neither a date (2026-12-31) nor an RFC 3339 moment", text);
  return is_date ? *end + std::chrono::days{1} : *end;
}

/// People's names as they are compared: without white space around them, in lower case (ASCII).
auto person(std::string_view name) -> std::string {
  auto const first = name.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return lower_case(name.substr(first, name.find_last_not_of(" \t") - first + 1));
}

} // namespace

void policy::read(readiness_policy const& source, std::vector<error>& problems) {
  auto found = findings{problems};
  auto const groups = names_of(source.groups);
  auto compared = std::set<std::string>{};
  for (std::size_t i = 0; i < source.objectives.size(); ++i) {
    auto const path = fmt::format("$.objectives[{}]", i);
    auto const& written = source.objectives[i];
    auto entry = read_objective(written, path, found);
    if (!written.group.empty()) {
      auto const group = std::ranges::find(groups, written.group);
      if (group == groups.end())
        found.add(path + ".group", fmt::format("no group is named '{}'", written.group),
                  did_you_mean_text(written.group, groups, "groups"));
      else
        entry.group = static_cast<std::size_t>(group - groups.begin());
    }
    auto const releases = std::max(entry.pass.releases(), entry.warn ? entry.warn->releases() : 0);
    if (releases > 0) compared.insert(written.fact);
    baseline_releases_ = std::max(baseline_releases_, releases);
    objectives_.push_back(std::move(entry));
  }
  baseline_facts_.assign(compared.begin(), compared.end());
  check_unique(source.objectives, "objectives", "objectives", found);
  if (problems.empty() && std::ranges::all_of(source.objectives, &policy_objective::informational))
    found.add("$.objectives", "no objective counts: all are informational");
  if (!(source.warn <= source.pass))
    found.add("$.warn", fmt::format("the warn score {} is above the pass score {}", source.warn, source.pass));
  read_waivers(source, problems);
  for (std::size_t i = 0; i < source.groups.size(); ++i)
    if (!(source.groups[i].weight > 0)) found.add(fmt::format("$.groups[{}].weight", i), "the weight must be above 0");
  check_unique(source.groups, "groups", "groups", found);
  for (std::size_t i = 0; i < source.freezes.size(); ++i)
    check_freeze(source.freezes[i], fmt::format("$.freezes[{}]", i), problems);
  check_unique(source.freezes, "freezes", "freezes", found);
}

void policy::read_waivers(readiness_policy const& source, std::vector<error>& problems) {
  auto found = findings{problems};
  auto const names = names_of(source.objectives);
  for (std::size_t i = 0; i < source.waivers.size(); ++i) {
    auto const path = fmt::format("$.waivers[{}]", i);
    auto const& waiver = source.waivers[i];
    auto const end = found.take(path + ".expires", waiver_end(waiver.expires));
    waivers_end_.push_back(end.value_or(timestamp{}));
    auto const target = std::ranges::find(names, waiver.objective);
    if (target == names.end()) {
      found.add(path + ".objective", fmt::format("no objective is named '{}'", waiver.objective),
                did_you_mean_text(waiver.objective, names, "objectives"));
      continue;
    }
    auto& waived = objectives_[static_cast<std::size_t>(target - names.begin())];
    if (waived.waiver)
      found.add(path + ".objective", fmt::format("'{}' is waived twice", waiver.objective));
    else
      waived.waiver = i;
  }
}

auto policy::check(readiness_policy source) -> expected<policy> {
  auto result = policy{};
  auto problems = std::vector<error>{};
  result.read(source, problems);
  if (!problems.empty()) return tl::unexpected{std::move(problems.front())};
  auto const json = parse_json(encode_json(source), {.bytes = 64 * 1024 * 1024});
  if (!json) return tl::unexpected{json.error()};
  result.canonical_ = canonical_json(*json);
  result.sha256_ = sha256_hex(result.canonical_);
  result.source_ = std::move(source);
  return result;
}

auto policy::problems(readiness_policy const& source) -> std::vector<error> {
  auto found = std::vector<error>{};
  policy{}.read(source, found);
  return found;
}

auto policy::authoring_problems(readiness_policy const& source) -> std::vector<error> {
  auto problems = std::vector<error>{};
  auto found = findings{problems};
  for (std::size_t i = 0; i < source.waivers.size(); ++i) {
    auto const& waiver = source.waivers[i];
    auto const path = fmt::format("$.waivers[{}]", i);
    auto const second = person(waiver.approved_by);
    if (second.empty() && source.waiver_approval == approval_rule::required)
      found.add(path, fmt::format("nobody approved the waiver of '{}'", waiver.objective),
                "name a second person in approved_by, or write 'waiver_approval: optional'");
    else if (!second.empty() && second == person(waiver.owner))
      found.add(path + ".approved_by", fmt::format("{} cannot approve a waiver of their own", waiver.owner),
                "name a second person");
  }
  for (std::size_t i = 0; i < source.freezes.size(); ++i)
    if (auto zone = check_zone(source.freezes[i]); !zone) {
      problems.push_back(std::move(zone.error()));
      problems.back().where = fmt::format("$.freezes[{}].time_zone", i);
    }
  return problems;
}

} // namespace nexus::readiness
