#pragma once

#include "messages/core/describe.hpp"

#include <string>

namespace nexus {

/// A reply that is a document of its own instead of JSON made from a struct.
struct raw_document {
  std::string content_type;
  std::string body;
  /// How long others may keep it, as in HTTP's Cache-Control; empty for not at all.
  std::string cache_control = {};
};
BOOST_DESCRIBE_STRUCT(raw_document, (), (content_type, body, cache_control))

NEXUS_CODECS(raw_document)

} // namespace nexus
