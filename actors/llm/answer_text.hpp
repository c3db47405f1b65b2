#pragma once

#include "actors/llm/notebook.hpp"
#include "actors/llm/question.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// How figures and texts from observations become sentences. Reading never fails: a member that is absent or of another
/// type is simply not told.
namespace nexus::llm {

/// Text from outside as part of a sentence: on one line, without control characters, cut off after `longest` bytes.
auto clean(std::string_view text, std::size_t longest = 160) -> std::string;

/// A member's text, cleaned; nothing when it is absent, empty or no text.
auto text_at(nlohmann::json const& object, char const* name) -> std::optional<std::string>;
/// A member's number with at most two decimals.
auto figure_at(nlohmann::json const& object, char const* name) -> std::optional<std::string>;
auto integer_at(nlohmann::json const& object, char const* name) -> std::optional<std::int64_t>;
auto flag_at(nlohmann::json const& object, char const* name) -> std::optional<bool>;
/// A member's elements; empty when it is no list.
auto list_at(nlohmann::json const& object, char const* name) -> std::vector<nlohmann::json> const&;
/// A member that is an object; an empty one otherwise.
auto object_at(nlohmann::json const& object, char const* name) -> nlohmann::json const&;
/// A time as people read it: "2026-11-23 17:58 UTC".
auto time_at(nlohmann::json const& object, char const* name) -> std::optional<std::string>;
/// The texts of a list whose elements are texts.
auto texts_at(nlohmann::json const& object, char const* name) -> std::vector<std::string>;

/// "a, b, c" and, beyond `most`, "and 4 more".
auto enumerate(std::vector<std::string> const& items, std::size_t most = 8) -> std::string;
/// "1 ticket", "2 tickets".
auto counted(std::string_view figure, std::string_view singular, std::string_view plural) -> std::string;

/// Why a tool has no result, told honestly.
auto tell_failure(observation const& seen) -> std::string;
/// "figure (reason)" for what a result names as not available; empty when everything is there.
auto tell_unavailable(nlohmann::json const& result) -> std::string;
/// The calls that an answer rests on: "Sources: get_build_status(build_number=7, job_name=web)."
auto tell_sources(std::vector<observation const*> const& used) -> std::string;

// Each tells the result of one tool in plain sentences; the observation is one that did not fail.
auto tell_decision(observation const& seen) -> std::string;
auto tell_release_figures(observation const& seen) -> std::string;
auto tell_release_blockers(observation const& figures) -> std::string;
auto tell_releases(observation const& seen) -> std::string;
auto tell_ticket(observation const& seen) -> std::string;
auto tell_hierarchy(observation const& seen) -> std::string;
/// `what` says what was searched for: "Open tickets of type Bug in WEB".
auto tell_search(observation const& seen, std::string_view what) -> std::string;
auto tell_sprint(observation const& seen, std::string_view project) -> std::string;
/// `history` helps to explain a failure; may be null.
auto tell_build(observation const& seen, observation const* history, bool why) -> std::string;
auto tell_build_history(observation const& seen) -> std::string;
auto tell_jobs(observation const& seen) -> std::string;
auto tell_pull_request(observation const& seen, std::string_view repository) -> std::string;
auto tell_pull_requests(observation const& seen, std::string_view repository) -> std::string;
auto tell_repository(observation const& seen) -> std::string;
auto tell_repositories(observation const& seen) -> std::string;
auto tell_projects(observation const& seen) -> std::string;
auto tell_security(observation const& seen) -> std::string;

} // namespace nexus::llm
