#pragma once

#include "messages/core/error.hpp"
#include "messages/git_ci.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// From Jenkins' JSON (remote API of the core and of the git, junit, coverage, jacoco and cobertura plugins) to
/// messages. Pure.
namespace nexus::git_ci {

/// What to ask for in a build's `tree` parameter; build_from_json() reads it.
constexpr std::string_view build_tree =
    "number,url,result,building,timestamp,duration,"
    "actions[causes[shortDescription],parameters[name,value],lastBuiltRevision[SHA1,branch[SHA1,name]],remoteUrls,"
    "queuingDurationMillis,totalCount,failCount,skipCount,triggeredBuilds[number,url]],"
    "artifacts[fileName,relativePath],"
    "changeSet[items[commitId,msg,author[fullName]]],changeSets[items[commitId,msg,author[fullName]]]";

/// What find_build_of() needs, and nothing else, for many builds at once.
constexpr std::string_view build_search_tree =
    "number,url,result,building,timestamp,duration,actions[lastBuiltRevision[SHA1,branch[SHA1,name]]]";

/// A build; counts of tests are there as far as the junit plugin shows them on the build itself. The duration of a
/// running build is that until `now`. errc::upstream without a number.
auto build_from_json(nlohmann::json const& value, std::string const& job_name, timestamp now) -> expected<build_status>;

/// Adds a test report (testReport/api/json): counts, duration, names of failed tests.
void add_test_report(build_status& to, nlohmann::json const& value);

/// Where below a build its coverage is shown, by the plugins that left a trace on the build; the coverage plugin's
/// place when none did.
auto coverage_targets(nlohmann::json const& build) -> std::vector<std::string>;

/// Line coverage in percent from any of the coverage plugins' shapes; nothing when there is none in it.
auto coverage_from_json(nlohmann::json const& value) -> std::optional<double>;

/// The jobs below a node of the job tree, folders opened. `more` is set where folders are nested deeper than `value`
/// shows.
auto jobs_from_json(nlohmann::json const& value, bool& more) -> std::vector<build_job>;

/// "nexus/backend" from "https://github.com/nexus/backend.git" or "git@github.com:nexus/backend.git".
auto repository_of(std::string_view remote_url) -> std::optional<std::string>;

/// A job's name from a build's or job's URL: "platform/nightly" from ".../job/platform/job/nightly/12/".
auto job_name_of(std::string_view url) -> std::string;

} // namespace nexus::git_ci
