#pragma once

#include "apps/exit_codes.hpp"
#include "apps/terminal.hpp"
#include "messages/core/error.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// What all subcommands share. Each has a file of its own, NAME_command.cpp, with one function that adds it to the
/// program: its options write to a struct, and its callback names what to run.

namespace nexus::apps {

/// What the user chose.
struct command_line {
  /// One JSON document on standard output instead of text for people.
  bool json = false;
  bool no_color = false;
  /// Carries the chosen command out and gives its exit code. Set by its callback.
  std::function<int()> run;

  /// What standard output can show.
  auto output() const -> terminal { return terminal::of(1, no_color); }
  /// What standard error can show.
  auto progress() const -> terminal { return terminal::of(2, no_color); }
};

/// Adds a subcommand. `examples` are lines of "command  # what it does", shown first in its
/// help.
auto add_plain_command(CLI::App& parent, std::string name, std::string description,
                       std::vector<std::string> const& examples) -> CLI::App*;

/// The same with --json and --no-color.
auto add_command(CLI::App& parent, command_line& shared, std::string name, std::string description,
                 std::vector<std::string> const& examples) -> CLI::App*;

/// Adds a subcommand that only holds others, of which one must be chosen.
auto add_command_group(CLI::App& parent, std::string name, std::string description,
                       std::vector<std::string> const& examples) -> CLI::App*;

/// The subcommands, in the order in which `nexus --help` lists them.
void add_serve(CLI::App& app, command_line& shared);
void add_ask(CLI::App& app, command_line& shared);
void add_gate(CLI::App& app, command_line& shared);
void add_replay(CLI::App& app, command_line& shared);
void add_policy(CLI::App& app, command_line& shared);
void add_call(CLI::App& app, command_line& shared);
void add_tools(CLI::App& app, command_line& shared);
void add_runs(CLI::App& app, command_line& shared);
void add_tree(CLI::App& app, command_line& shared);
void add_status(CLI::App& app, command_line& shared);
void add_config(CLI::App& app, command_line& shared);
void add_doctor(CLI::App& app, command_line& shared);
void add_store(CLI::App& app, command_line& shared);
void add_certs(CLI::App& app, command_line& shared);
void add_simulate(CLI::App& app, command_line& shared);
void add_completion(CLI::App& app, command_line& shared);
void add_help(CLI::App& app, command_line& shared);

/// The whole program's description.
void build_program(CLI::App& app, command_line& shared);

/// Writes to standard output.
void print(std::string_view text);
/// Writes one line to standard error: "nexus: TEXT".
void note(std::string_view text);
/// Says what went wrong on standard error and gives the exit code for it.
auto report(error const& problem) -> int;
auto report(error const& problem, int code) -> int;

} // namespace nexus::apps
