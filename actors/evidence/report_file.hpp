#pragma once

#include "messages/core/describe.hpp"
#include "messages/core/error.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::evidence {

/// The largest report that is read, in bytes.
inline constexpr std::size_t report_limit = std::size_t{64} * 1024 * 1024;
/// The deepest nesting of XML elements or JSON values that is read.
inline constexpr std::size_t depth_limit = 100;

/// A file's content and the time it was last written.
struct report_file {
  std::string source;
  std::string text;
  timestamp modified_at;
};

/// Reads a regular file of at most `limit` bytes. errc::not_found, permission_denied, too_large, or invalid_argument
/// for what is no regular file.
auto read_file(std::filesystem::path const& path, std::size_t limit = report_limit) -> expected<report_file>;

/// The regular files that a pattern names, sorted, each once: glob(3), and `**` for any number of directories (neither
/// hidden nor symbolic links). errc::invalid_argument when nothing matches, errc::too_large beyond 10,000 files.
auto expand_glob(std::string const& pattern) -> expected<std::vector<std::filesystem::path>>;
/// The files of several patterns, each file once.
auto expand_globs(std::span<std::string const> patterns) -> expected<std::vector<std::filesystem::path>>;

/// When a report was observed: its own time where it states one with a zone, else the time its file was written. A time
/// without a zone is read as UTC and never makes evidence younger than its file.
auto observed_at(std::optional<std::string_view> own_time, std::optional<timestamp> written_at)
    -> std::optional<timestamp>;
/// The earlier of two: evidence is as old as its oldest part. What is unknown does not count.
auto oldest(std::optional<timestamp> left, std::optional<timestamp> right) -> std::optional<timestamp>;

/// Text from outside made fit to be shown and stored: valid UTF-8 (what is not becomes U+FFFD), control characters
/// other than line feed and tab dropped, surrounding white space dropped, at most `limit` bytes with "..." where it was
/// longer.
auto clip(std::string_view text, std::size_t limit) -> std::string;

/// The place of a byte for people: "report.xml:12:5", both from one.
auto place(std::string const& source, std::string_view text, std::size_t offset) -> std::string;

/// "a.xml", or "a.xml and 3 more".
auto joined_sources(std::span<std::string const> sources) -> std::string;

/// Adds a warning unless there are already a hundred.
void warn(std::vector<std::string>& warnings, std::string text);

} // namespace nexus::evidence
