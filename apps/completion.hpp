#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace nexus::apps {

/// Scripts that complete the program's commands and options, made from its description. Words for `bash` also complete
/// file names where no option fits.
auto bash_completion(CLI::App const& app) -> std::string;
auto zsh_completion(CLI::App const& app) -> std::string;
auto fish_completion(CLI::App const& app) -> std::string;

} // namespace nexus::apps
