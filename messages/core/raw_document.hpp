#pragma once

#include "messages/core/describe.hpp"

#include <string>

namespace nexus {

/// A reply that is a document of its own instead of JSON made from a struct.
struct raw_document {
  std::string content_type;
  std::string body;
};
BOOST_DESCRIBE_STRUCT(raw_document, (), (content_type, body))

NEXUS_CODECS(raw_document)

} // namespace nexus
