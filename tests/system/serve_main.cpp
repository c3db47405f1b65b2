#include "apps/serve.hpp"

#include <fmt/format.h>

#include <cstdio>

// A node as a process of its own, for tests that kill it. Arguments are settings: PATH=VALUE.
auto main(int count, char** words) -> int {
  auto layers = nexus::setting_layers{};
  for (auto const& word : std::vector<std::string>(words + 1, words + count)) {
    auto const equals = word.find('=');
    layers.command_line.push_back({word.substr(0, equals), word.substr(equals + 1), word});
  }
  auto const settings = nexus::load_settings<nexus::node_settings>(layers, nexus::check_node_settings);
  if (settings) return nexus::apps::serve(*settings, {.question = {}, .print_banner = false});
  for (auto const& problem : settings.error()) fmt::print(stderr, "{}\n", problem.render());
  return 2;
}
