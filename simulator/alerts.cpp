#include "simulator/generate.hpp"

#include <fmt/format.h>

namespace nexus::simulator {
namespace {

using namespace std::chrono;

struct package {
  std::string_view name, ecosystem, manifest, summary, range, patched;
};

constexpr package backend_packages[] = {
    {"jinja2", "pip", "tests/requirements.txt", "Template sandbox can be left through a crafted filter", "< 3.1.6",
     "3.1.6"},
    {"requests", "pip", "tests/requirements.txt", "Credentials are sent to the wrong host after a redirect", "< 2.32.4",
     "2.32.4"},
    {"urllib3", "pip", "tests/requirements.txt", "Redirects are followed although they were switched off", "< 2.5.0",
     "2.5.0"},
    {"commons-text", "maven", "connector/pom.xml", "Interpolation runs scripts from untrusted input",
     ">= 1.5, < 1.10.0", "1.10.0"},
    {"jackson-databind", "maven", "connector/pom.xml", "Deep nesting exhausts the stack", "< 2.12.7.1", "2.12.7.1"},
    {"logback-core", "maven", "connector/pom.xml", "Configuration files can be made to load classes", "< 1.5.13",
     "1.5.13"}};
constexpr package frontend_packages[] = {
    {"postcss", "npm", "package-lock.json", "Line breaks are parsed wrongly in comments", "< 8.4.31", "8.4.31"},
    {"semver", "npm", "package-lock.json", "Regular expression takes exponential time", "< 7.5.2", "7.5.2"},
    {"word-wrap", "npm", "package-lock.json", "Regular expression takes exponential time", "< 1.2.4", "1.2.4"},
    {"vite", "npm", "package-lock.json", "Development server serves files outside of the root", "< 5.4.19", "5.4.19"},
    {"cookie", "npm", "package-lock.json", "Names of cookies are not checked", "< 0.7.0", "0.7.0"},
    {"tough-cookie", "npm", "package-lock.json", "Prototype pollution through a cookie's domain", "< 4.1.3", "4.1.3"}};

struct rule {
  std::string_view id, description, severity, path;
};

constexpr rule rules[] = {
    {"cpp/overrunning-write", "Likely overrunning write", "critical", "src/api/export_stream.cpp"},
    {"cpp/sql-injection", "Uncontrolled data in SQL query", "high", "src/storage/query_builder.cpp"},
    {"cpp/path-injection", "Uncontrolled data used in path expression", "high", "src/api/download.cpp"},
    {"cpp/use-after-free", "Potential use after free", "critical", "src/pipeline/stage_runner.cpp"},
    {"cpp/integer-multiplication-cast-to-long", "Multiplication result converted to larger type", "medium",
     "src/storage/quota.cpp"},
    {"cpp/missing-check-scanf", "Missing return-value check for a scanf-like function", "medium",
     "src/tools/import.cpp"},
    {"cpp/weak-cryptographic-algorithm", "Use of a broken or risky algorithm", "medium",
     "src/security/legacy_token.cpp"},
    {"cpp/commented-out-code", "Commented-out code", "low", "src/api/routes.cpp"}};

auto score_of(std::string_view severity) -> double {
  return severity == "critical" ? 9.8 : severity == "high" ? 7.5 : severity == "medium" ? 5.3 : 3.1;
}

/// What is open is medium or low; what was worse has been dealt with.
template <std::size_t Count>
void add_dependency_alerts(data_set const& world, repository& repo, package const (&packages)[Count], dice& roll) {
  auto created = world.anchor - days{340};
  for (std::size_t i = 0; i < Count; ++i) {
    auto const& from = packages[i];
    auto open = i + 3 >= Count;
    constexpr std::array<std::string_view, 4> severities{"critical", "high", "medium", "low"};
    dependency_alert alert;
    alert.number = static_cast<int>(i) + 1;
    alert.severity = severities[open ? 2 + roll.below(2) : roll.below(4)];
    alert.package = from.name;
    alert.ecosystem = from.ecosystem;
    alert.manifest = from.manifest;
    alert.summary = from.summary;
    alert.vulnerable_range = from.range;
    alert.first_patched = from.patched;
    auto digits = hex_digits(hash_text(from.name), 12);
    alert.ghsa = fmt::format("GHSA-{}-{}-{}", digits.substr(0, 4), digits.substr(4, 4), digits.substr(8, 4));
    alert.cve = fmt::format("CVE-2025-{}", 20000 + hash_text(from.name) % 10000);
    alert.cvss = score_of(alert.severity);
    created += days{roll.between(20, 48)};
    alert.created = working_hour(roll, created);
    alert.state = open ? "open" : roll.chance(80) ? "fixed" : "dismissed";
    if (!open) alert.ended = alert.created + days{roll.between(1, 15)};
    repo.dependency_alerts.push_back(std::move(alert));
  }
}

class code_scanner {
public:
  code_scanner(data_set const& world, repository& repo)
      : world_(world), repo_(repo), roll_(world.seed, "code scanning " + repo.full_name()) {}

  void analyse(std::string ref) { repo_.analysed.push_back(std::move(ref)); }

  /// The same finding has the same number on every ref.
  void find(std::size_t rule_index, std::string const& ref, bool open, int age_days) {
    auto const& from = rules[rule_index];
    code_alert alert;
    alert.number = static_cast<int>(rule_index) + 1;
    alert.ref = ref;
    alert.rule = from.id;
    alert.rule_description = from.description;
    alert.severity = from.severity;
    alert.path = from.path;
    alert.line = static_cast<int>(40 + hash_text(from.path) % 300);
    alert.created = working_hour(roll_, world_.anchor - days{age_days});
    alert.state = open ? "open" : "fixed";
    if (!open) alert.ended = alert.created + days{2};
    repo_.code_alerts.push_back(std::move(alert));
  }

  auto roll() -> dice& { return roll_; }

private:
  data_set const& world_;
  repository& repo_;
  dice roll_;
};

} // namespace

void make_alerts(data_set& world, std::vector<release_plan> const& releases) {
  dice roll{world.seed, "dependency alerts"};
  add_dependency_alerts(world, world.repositories[0], backend_packages, roll);
  add_dependency_alerts(world, world.repositories[1], frontend_packages, roll);

  code_scanner backend{world, world.repositories[0]};
  auto main = "refs/heads/" + world.repositories[0].default_branch;
  backend.analyse(main);
  // On the main line nothing critical is open; the release branch brought new code with it.
  for (std::size_t i = 2; i < std::size(rules); ++i) backend.find(i, main, i > 4, 120 + static_cast<int>(i) * 9);
  for (auto const& plan : releases) {
    if (plan.stage == release_plan::stage_type::released) {
      auto ref = "refs/tags/" + plan.name;
      backend.analyse(ref);
      backend.find(2, ref, false, 200);
      backend.find(4, ref, backend.roll().chance(50), 180);
      backend.find(7, ref, true, 160);
    } else if (plan.stage == release_plan::stage_type::due) {
      auto ref = "refs/heads/" + plan.branch;
      backend.analyse(ref);
      backend.find(0, ref, true, 3);
      backend.find(1, ref, true, 5);
      backend.find(2, ref, backend.roll().chance(50), 6);
      backend.find(3, ref, false, 8);
      backend.find(5, ref, true, 9);
      backend.find(7, ref, true, 9);
    }
  }
  code_scanner frontend{world, world.repositories[1]};
  frontend.analyse("refs/heads/" + world.repositories[1].default_branch);
}

} // namespace nexus::simulator
