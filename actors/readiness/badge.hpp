#pragma once

#include "messages/readiness.hpp"

#include <string>

namespace nexus::readiness {

/// A decision as a picture of one line (SVG): the release, the verdict and the score. A decision that was not made yet
/// (release_decision::pending) reads "not judged". Texts are escaped and shortened to 60 characters.
auto render_badge(decision const& decision) -> std::string;

} // namespace nexus::readiness
