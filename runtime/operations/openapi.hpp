#pragma once

#include "runtime/operations/operation.hpp"

namespace nexus {

/// A route that is no operation (health, metrics, an event stream), for the description alone.
struct described_route {
  std::string method;
  std::string path;
  std::string summary;
  /// Of the successful answer.
  std::string content_type = "application/json";
  /// Needs no credentials.
  bool open = false;
};

/// The OpenAPI 3.1 description of one role, derived from its table: nothing in it is written twice.
auto openapi_document(operation_table const& table, std::vector<described_route> const& others,
                      std::string const& version) -> nlohmann::ordered_json;

/// The JSON Schema of an operation's arguments in one self-contained document, as language models and `nexus tools`
/// want it.
auto argument_schema(operation_info const& operation) -> nlohmann::ordered_json;

/// Gathers an operation's arguments from path, query and body alike, by member name. The same member twice with
/// different values, or a body that is no object, is errc::invalid_argument. An operation's `body_member` takes the
/// body as a whole.
auto bind_arguments(operation_info const& operation,
                    std::vector<std::pair<std::string, std::string>> const& path_members,
                    std::vector<std::pair<std::string, std::string>> const& query, nlohmann::json body)
    -> expected<nlohmann::json>;

} // namespace nexus
