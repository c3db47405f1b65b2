#include "tests/simulator/fixture.hpp"
#include "tests/support/schema_check.hpp"

#include <fstream>
#include <map>
#include <set>

// GitHub's answers as the simulator gives them, held against the description that GitHub publishes (npm package
// @octokit/openapi, which scripts/setup.sh fetches where npm is there).

using namespace nexus;
using namespace nexus::simulator;
using namespace nexus::simulator::testing;

namespace {

constexpr auto published_file = NEXUS_SOURCE_DIR "/build/oracles/api.github.com.json";

/// What GitHub publishes; null where it was not fetched.
auto published() -> json const& {
  static auto const document = [] {
    auto file = std::ifstream{published_file, std::ios::binary};
    return file ? json::parse(file) : json{};
  }();
  return document;
}

auto is_fetched(boost::unit_test::test_unit_id) -> boost::test_tools::assertion_result {
  auto result = boost::test_tools::assertion_result{std::ifstream{published_file}.good()};
  if (!result) result.message() << "scripts/setup.sh did not fetch " << published_file << " (it needs npm)";
  return result;
}

struct shape {
  std::string path;
  /// The path in GitHub's description.
  std::string described;
};

auto without_query(std::string const& path) -> std::string { return path.substr(0, path.find('?')); }

/// The simulator shows repositories and apps inside of other things in short, and leaves out the addresses of what it
/// does not have. No client of ours reads those. Any other member that lacks is an error.
auto is_let_off(std::string const& violation) -> bool {
  auto const lacks = violation.find(": lacks '");
  if (lacks == std::string::npos) return false;
  auto const place = violation.substr(0, lacks);
  auto const name = violation.substr(lacks + 9, violation.size() - lacks - 10);
  return place.ends_with(".repo") || place.ends_with(".repository") || place.ends_with(".app") ||
         name.ends_with("_url") || name == "gravatar_id" || name.starts_with("has_") || name.starts_with("allow_");
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(published_shapes, asking, *boost::unit_test::precondition(is_fetched))

BOOST_AUTO_TEST_CASE(what_the_simulator_answers_for_github_is_as_github_describes_it) {
  auto const repository = std::string{"/repos/{owner}/{repo}"};
  std::string const backend = "/github/repos/nexus/backend";
  auto const sha = read(backend + "/branches/main")["commit"]["sha"].get<std::string>();
  auto const pull = "/pulls/" + read(backend + "/pulls?state=all")[0]["number"].dump();
  auto const deployment = "/deployments/" + read(backend + "/deployments")[0]["id"].dump();
  auto const check = nexus::testing::schema_check{published()};
  for (auto const& [path, described] : std::vector<shape>{
           {"", ""},
           {"/branches", "/branches"},
           {"/branches/main", "/branches/{branch}"},
           {"/branches/main/protection", "/branches/{branch}/protection"},
           {"/commits/" + sha, "/commits/{ref}"},
           {"/commits/" + sha + "/status", "/commits/{ref}/status"},
           {"/commits/" + sha + "/check-runs", "/commits/{ref}/check-runs"},
           {"/tags", "/tags"},
           {"/pulls?state=all", "/pulls"},
           {pull, "/pulls/{pull_number}"},
           {pull + "/reviews", "/pulls/{pull_number}/reviews"},
           {"/dependabot/alerts", "/dependabot/alerts"},
           {"/code-scanning/alerts", "/code-scanning/alerts"},
           {"/code-scanning/analyses", "/code-scanning/analyses"},
           {"/deployments", "/deployments"},
           {deployment + "/statuses", "/deployments/{deployment_id}/statuses"},
       }) {
    auto const& entry = published().at("paths").at(repository + described).at("get");
    auto const& schema = entry.at("responses").at("200").at("content").at("application/json").at("schema");
    auto const answer = read(backend + path);
    for (auto const& wrong : check.violations(schema, answer))
      if (!is_let_off(wrong)) BOOST_ERROR(without_query(path) << " " << wrong);
  }
}

BOOST_AUTO_TEST_SUITE_END()
