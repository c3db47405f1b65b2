#pragma once

#include <string_view>

namespace nexus::simulator {

/// Looks like a GitHub token and opens nothing. It stands in the description of ticket NEXUS-123 and in the log of
/// build nexus-main #143, so that a test can prove that what people paste there never reaches a log line of ours.
constexpr std::string_view planted_secret = "ghp_S1mulatorPlantedTokenWhichIsNotReal0";

} // namespace nexus::simulator
