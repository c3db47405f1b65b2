#include "apps/serve.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace {

/// Settings from the arguments, PATH=VALUE, and from a file: config=FILE.
auto read(std::vector<std::string> const& words)
    -> tl::expected<nexus::loaded<nexus::node_settings>, std::vector<nexus::error>> {
  auto layers = nexus::setting_layers{};
  for (auto const& word : words) {
    auto const equals = word.find('=');
    if (word.starts_with("config=")) {
      auto file = nexus::read_settings_file(word.substr(equals + 1));
      if (!file) return tl::unexpected{std::vector{file.error()}};
      layers.file = std::move(*file);
    } else {
      layers.command_line.push_back({word.substr(0, equals), word.substr(equals + 1), word});
    }
  }
  return nexus::load_settings<nexus::node_settings>(layers, nexus::check_node_settings);
}

} // namespace

// A node as a process of its own, for tests that kill it or change its files.
auto main(int count, char** arguments) -> int {
  auto const words = std::vector<std::string>(arguments + 1, arguments + count);
  auto options = nexus::apps::serve_options{.print_banner = false, .read_again = [&] { return read(words); }};
  for (auto const& word : words)
    if (word.starts_with("config=")) options.settings_file = word.substr(7);
  auto const settings = read(words);
  if (settings) return nexus::apps::serve(*settings, options);
  for (auto const& problem : settings.error()) fmt::print(stderr, "{}\n", problem.render());
  return 2;
}
