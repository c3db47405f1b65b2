#pragma once

#include "actors/jira/ticket_statistics.hpp"
#include "messages/core/error.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <vector>

namespace nexus::jira {

/// A sprint as Jira's agile API lists it; nothing without an id.
auto sprint_from_json(nlohmann::json const& value) -> std::optional<sprint>;

/// The sprint that is meant: by name ("Sprint 42", in any letter case, or "42" for its end), or the one that is open.
/// Of several open ones, that which started last. errc::not_found names the latest sprints there are.
auto choose_sprint(std::vector<sprint> const& sprints, std::optional<std::string> const& name,
                   std::string const& project_key) -> expected<sprint>;

} // namespace nexus::jira
