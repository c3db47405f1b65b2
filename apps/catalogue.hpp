#pragma once

#include "apps/server_client.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace nexus::apps {

/// One argument of an operation, as its description tells.
struct operation_argument {
  /// "ticket_key"
  std::string name;
  std::string description;
  /// JSON Schema without references at its top.
  nlohmann::ordered_json schema;
  bool required = false;
  /// Part of the path, in braces.
  bool in_path = false;

  /// "--ticket-key"
  auto flag() const -> std::string;
  /// "TEXT", "NUMBER", "a|b"; empty for a flag without value.
  auto placeholder() const -> std::string;
};

/// An operation of a running system.
struct listed_operation {
  std::string name;
  std::string description;
  role_address role;
  /// "GET"
  std::string method;
  /// "/issue/{ticket_key}"
  std::string path;
  std::vector<operation_argument> arguments;
  /// The argument that is the whole body of the request; empty when each has its place.
  std::string body_member = {};
  /// How a write is settled when its outcome is unknown ("idempotent", "probe", "none"); empty for a read.
  std::string reconciliation = {};

  /// By its name or as a flag.
  auto find(std::string_view written) const -> operation_argument const*;
};

/// The operations that a role's /openapi.json describes; errc::upstream when it is no such description.
auto parse_operations(role_address const& role, nlohmann::ordered_json const& description)
    -> expected<std::vector<listed_operation>>;

/// What the whole system offers.
struct catalogue {
  std::vector<listed_operation> operations;
  /// Roles that did not answer, each with its reason.
  std::vector<std::string> unreachable;
};

/// Asks every role. An error only when none answers.
auto read_catalogue(server_client& client) -> expected<catalogue>;

/// Turns what was written after an operation ("--ticket-key", "PROJ-1", "--flag", "--a=b") into its arguments, on top
/// of `body`. errc::invalid_argument names what is not known (with what is near), mistyped or missing.
auto parse_arguments(listed_operation const& operation, std::vector<std::string> const& written, nlohmann::json body)
    -> expected<nlohmann::json>;

/// The request that carries an operation out: members in path, query or body.
auto request_for(listed_operation const& operation, nlohmann::json arguments) -> http::request;

} // namespace nexus::apps
