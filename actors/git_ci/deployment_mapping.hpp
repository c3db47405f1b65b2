#pragma once

#include "messages/deployments.hpp"

#include <nlohmann/json_fwd.hpp>

/// What GitHub's deployments and their statuses say. Pure.
namespace nexus::git_ci {

/// A deployment resource, without its status; errc::upstream when it lacks id, environment or commit.
auto deployment_from_json(nlohmann::json const& value) -> expected<deployment>;

/// Adds what the newest of a list of statuses says (/deployments/{id}/statuses), whatever their order. GitHub counts a
/// deployment without any as pending, but nobody has said so: then the state is absent.
void add_newest_status(deployment& to, nlohmann::json const& statuses);

/// Says why there is no state.
void add_no_status(deployment& to, std::string const& why);

} // namespace nexus::git_ci
