#pragma once

#include "messages/core/error.hpp"

#include <filesystem>

namespace nexus::store {

/// The database in a data directory.
inline constexpr auto database_name = "nexus.db";

auto is_there(std::filesystem::path const& file) -> bool;

/// Removes a file that is only half there, and what SQLite keeps beside it.
void discard(std::filesystem::path const& file);

/// Renames a file. errc::storage.
auto move(std::filesystem::path const& from, std::filesystem::path const& to) -> expected<void>;

/// Brings the names in a directory to the disk: a name is there when its directory is. errc::storage.
auto sync_directory(std::filesystem::path const& directory) -> expected<void>;

} // namespace nexus::store
