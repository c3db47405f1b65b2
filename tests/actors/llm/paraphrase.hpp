#pragma once

#include <string_view>

namespace nexus::llm::tests {

/// One way to ask, and what a planner that understood it looks up. Names stand as placeholders, so that the same
/// question can be asked of worlds that share no name:
///
/// {project} key, {project_name} as people call it, {release} exact, {release_short} "3.4" for v3.4.0, {release_loose}
/// "release 3.4", {job} exact, {job_loose} as people say it, {build} number, {repository} owner/name,
/// {repository_short} name, {pr} number, {ticket}, {epic} keys, {sprint} name, {person} display name, {branch} default
/// branch.
struct paraphrase {
  std::string_view question;
  /// The tool that gets the answer, or several parted by '|' where more than one is right; empty: to be refused.
  std::string_view tool;
  /// "name=value; name=value": what its arguments have to say. For jql each value is a part that it has to contain,
  /// several parted by '&'.
  std::string_view arguments;
};

} // namespace nexus::llm::tests
