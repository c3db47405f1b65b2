#pragma once

#include "messages/core/error.hpp"
#include "runtime/telemetry/redactor.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace nexus::apps {

/// A file of a support bundle.
struct bundle_entry {
  std::string name;
  std::string text;
};

/// Writes the entries as FILE, a tar archive compressed with gzip, for its owner alone. Every text goes through
/// `hidden` first, line by line. The file appears whole or not at all. Errors: errc::conflict when it exists,
/// errc::storage.
auto write_bundle(std::string const& file, std::vector<bundle_entry> const& entries, redactor const& hidden,
                  std::chrono::system_clock::time_point now) -> expected<void>;

/// The last lines of a file, at most `bytes` of them, beginning with a whole line.
auto last_lines(std::string const& file, std::size_t bytes) -> expected<std::string>;

} // namespace nexus::apps
