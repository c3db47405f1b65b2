#pragma once

#include "actors/llm/words.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace nexus::llm {

/// One thing that a question may mean, under all names that it has: a project's key and its title.
struct candidate {
  std::vector<std::string> names;
};

/// Which candidates the words of a question name, however they are written: "backend CI" names `backend-ci`, "portal"
/// names `acme/portal`, "the nightly" names `tools/nightly-scan`. A whole name wins over the part after the last '/',
/// that over another part of a name, and that over a typing error; of equal kinds the longer match wins. Returns the
/// indices of the best: none, one, or several between which the question does not decide. Words of everyday language
/// name something only as a candidate's whole name.
auto match_names(std::vector<word> const& words, std::vector<candidate> const& candidates) -> std::vector<std::size_t>;

} // namespace nexus::llm
