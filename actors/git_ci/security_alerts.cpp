#include "actors/git_ci/security_alerts.hpp"

#include "runtime/rest/json_view.hpp"
#include "runtime/rest/service.hpp"

#include <algorithm>
#include <set>

namespace nexus::git_ci {
namespace {

using rest::json_view;

constexpr std::size_t max_listed = 50;
constexpr std::size_t max_references = 10;

auto is_open(json_view const& alert) -> bool { return alert["state"].text().value_or("open") == "open"; }

} // namespace

auto vulnerability_counts::add(severity_level severity) -> void {
  switch (severity) {
  case severity_level::critical:
    ++critical;
    break;
  case severity_level::high:
    ++high;
    break;
  case severity_level::medium:
    ++medium;
    break;
  case severity_level::low:
    ++low;
    break;
  case severity_level::info:
    ++info;
  }
}

auto risk_score(vulnerability_counts const& counts) -> std::int32_t {
  auto const sum = std::int64_t{60} * counts.critical + std::int64_t{20} * counts.high +
                   std::int64_t{5} * counts.medium + std::int64_t{counts.low};
  return static_cast<std::int32_t>(std::min<std::int64_t>(100, sum));
}

auto risk_level(std::int32_t score) -> severity_level {
  using enum severity_level;
  return score >= 80 ? critical : score >= 60 ? high : score >= 40 ? medium : score >= 20 ? low : info;
}

auto severity_from(std::string_view word) -> severity_level {
  using enum severity_level;
  if (word == "critical") return critical;
  if (word == "high") return high;
  if (word == "medium" || word == "moderate") return medium;
  return word == "low" ? low : info;
}

auto dependency_alert_from_json(nlohmann::json const& value) -> std::optional<vulnerability> {
  auto const alert = json_view{value};
  if (!value.is_object() || !is_open(alert)) return {};
  auto const advisory = alert["security_advisory"];
  auto const affected = alert["security_vulnerability"];
  auto result = vulnerability{};
  result.id = advisory["cve_id"].words().value_or(
      advisory["ghsa_id"].words().value_or(fmt::format("dependabot-{}", alert["number"].integer().value_or(0))));
  result.title = advisory["summary"].text().value_or("");
  if (auto text = advisory["description"].words()) result.description = rest::one_line(*text, 1000);
  result.severity = severity_from(affected["severity"].words().value_or(advisory["severity"].text().value_or("")));
  // A score of zero stands for an advisory that was not scored.
  if (auto const score = advisory["cvss"]["score"].number(); score && *score > 0 && *score <= 10)
    result.cvss_score = score;
  result.package_name = alert["dependency"]["package"]["name"].words();
  if (!result.package_name) result.package_name = affected["package"]["name"].words();
  result.file_path = alert["dependency"]["manifest_path"].words();
  result.fixed_in_version = affected["first_patched_version"]["identifier"].words();
  if (result.package_name && result.fixed_in_version)
    result.remediation = fmt::format("update {} to {}", *result.package_name, *result.fixed_in_version);
  for (auto const& each : advisory["references"].items())
    if (auto url = json_view{each}["url"].words(); url && result.references.size() < max_references)
      result.references.push_back(std::move(*url));
  result.published_date = advisory["published_at"].time();
  return result;
}

auto code_alert_from_json(nlohmann::json const& value) -> std::optional<vulnerability> {
  auto const alert = json_view{value};
  auto const severity = alert["rule"]["security_severity_level"].words();
  if (!severity || !is_open(alert)) return {};
  auto const instance = alert["most_recent_instance"];
  auto result = vulnerability{};
  result.id = fmt::format("code-scanning-{}", alert["number"].integer().value_or(0));
  result.title =
      alert["rule"]["description"].words().value_or(alert["rule"]["id"].text().value_or("code scanning alert"));
  if (auto text = instance["message"]["text"].words()) result.description = rest::one_line(*text, 1000);
  result.severity = severity_from(*severity);
  result.file_path = instance["location"]["path"].words();
  result.line_number = instance["location"]["start_line"].count();
  if (auto url = alert["html_url"].words()) result.references.push_back(std::move(*url));
  result.published_date = alert["created_at"].time();
  return result;
}

auto is_code_smell(nlohmann::json const& value) -> bool {
  auto const alert = json_view{value};
  return value.is_object() && is_open(alert) && !alert["rule"]["security_severity_level"].words();
}

void summarise(security_scan_result& result, std::vector<source_alerts> sources) {
  vulnerability_counts counts;
  std::set<std::string> packages;
  std::vector<std::string> gaps;
  for (auto& [source, alerts, smells, more] : sources) {
    if (!source.available)
      gaps.push_back(fmt::format("{} is not available: {}", source.name, source.reason.value_or("no reason given")));
    else if (more)
      gaps.push_back(fmt::format("{} has more alerts than were read", source.name));
    if (source.available) {
      source.alerts = static_cast<std::int32_t>(alerts.size());
      if (source.name == "code_scanning" && !more) result.code_smells = smells;
    } else if (source.name == "code_scanning") {
      result.unavailable["code_smells"] = gaps.back();
    }
    for (auto& each : alerts) {
      counts.add(each.severity);
      if (source.name == "dependabot" && each.package_name) packages.insert(*each.package_name);
      result.vulnerabilities.push_back(std::move(each));
    }
    if (source.name == "dependabot") {
      if (source.available && !more)
        result.vulnerable_dependencies = static_cast<std::int32_t>(packages.size());
      else
        result.unavailable["vulnerable_dependencies"] = gaps.back();
    }
    result.sources.push_back(std::move(source));
  }
  std::stable_sort(result.vulnerabilities.begin(), result.vulnerabilities.end(),
                   [](auto const& a, auto const& b) { return a.severity < b.severity; });
  if (result.vulnerabilities.size() > max_listed) result.vulnerabilities.resize(max_listed);

  if (gaps.empty()) {
    result.critical_vulnerabilities = counts.critical;
    result.high_vulnerabilities = counts.high;
    result.medium_vulnerabilities = counts.medium;
    result.low_vulnerabilities = counts.low;
    result.info_vulnerabilities = counts.info;
    result.risk_score = risk_score(counts);
    result.risk_level = risk_level(*result.risk_score);
    return;
  }
  auto const why = fmt::format("{}", fmt::join(gaps, "; "));
  for (auto const* member : {"critical_vulnerabilities", "high_vulnerabilities", "medium_vulnerabilities",
                             "low_vulnerabilities", "info_vulnerabilities", "risk_score", "risk_level"})
    result.unavailable[member] = why;
}

} // namespace nexus::git_ci
