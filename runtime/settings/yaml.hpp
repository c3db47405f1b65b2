#pragma once

#include "messages/core/error.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace nexus {

/// Where a node of a YAML document stands; the tree has the shape of the document.
struct yaml_position {
  /// The member's name; empty for the root and for items of a list.
  std::string key;
  /// Counted from 1.
  int line = 1;
  std::vector<yaml_position> children;
  /// Counted from 1, in characters.
  int column = 1;
};

/// A YAML document as JSON that still knows its lines.
struct yaml_document {
  nlohmann::json value;
  /// The file's name as errors show it.
  std::string source;
  yaml_position root;

  /// The line, counted from 1, of the node that a JSON path ("$.runs.retention[0]") names, or of the nearest node
  /// above it that the document has.
  auto line_of(std::string_view json_path) const -> int;
  /// The same node with its column.
  auto position_of(std::string_view json_path) const -> yaml_position const&;
  /// Puts file and line before the JSON path in `problem.where`: "config/nexus.yaml:12: $.runs.retention". Other
  /// places stay as they are.
  auto locate(error problem) const -> error;
};

/// Reads the part of YAML 1.2 that means the same to everybody: one document in UTF-8, scalars by the core schema
/// (`true`, `null`, 12, 0x1f, 1.5; `yes`, `on`, `no` are strings, as is everything in quotes). Refused, each with its
/// remedy: duplicate keys, keys that are no scalars, anchors, aliases and merge keys, tags, infinity and NaN, a second
/// document, more than 1 MiB, 64 levels or 100,000 nodes. Errors are errc::malformed or errc::too_large with
/// "source:line:column". A document without content is null.
auto parse_yaml(std::string_view text, std::string source) -> expected<yaml_document>;

} // namespace nexus
