#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nexus::git_ci {

/// The branches on which a release may be prepared, likeliest first: for "v2.0.1" release/2.0.1, release/v2.0.1,
/// release/2.0, release/v2.0; for a text that is no version the text itself under release/. A text that begins with
/// "release/" is taken at its word first. Pure.
auto release_branches(std::string_view release) -> std::vector<std::string>;

} // namespace nexus::git_ci
