#pragma once

#include "actors/readiness/policy_file.hpp"

#include <string>
#include <vector>

namespace nexus::apps {

/// Reads a policy: a file, or a shipped one by its name ("default", "ci") where there is no such file.
auto read_policy_text(std::string const& name) -> expected<readiness::policy_text>;

/// Finds what a policy extends: a shipped one by its name, or a file beside the one that extends it ("./base.yaml").
auto find_extended_policy(std::string const& reference, std::string const& from) -> expected<readiness::policy_text>;

/// Reads a policy with everything that it extends; the first problem when there are several.
auto load_policy(std::string const& name) -> expected<readiness::policy_family>;

/// The same with all problems.
auto load_policy_or_problems(std::string const& name) -> tl::expected<readiness::policy_family, std::vector<error>>;

} // namespace nexus::apps
