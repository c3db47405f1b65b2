#pragma once

#include "messages/core/error.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>

namespace nexus::store {

/// Hears how far something long is, in bytes or rows.
using progress = std::function<void(std::uint64_t done, std::uint64_t all)>;

/// What a copy of a store holds.
struct copy_report {
  std::uint64_t bytes = 0;
  int schema_version = 0;
};

/// Copies the store in a data directory to a file, for its owner alone, as it is at one moment: also while a server
/// uses it, which goes on writing. The file appears whole or not at all. Errors: errc::conflict when the file exists
/// and is not to be overwritten, errc::not_found without a store, errc::refused when it is not ours or too new,
/// errc::storage.
auto back_up(std::filesystem::path const& directory, std::filesystem::path const& file, bool overwrite,
             progress const& tell = {}) -> expected<copy_report>;

/// Puts a copy in the place of the store in a data directory. The copy is checked first; a store that is there is kept
/// beside it as "nexus.db.replaced". Errors: errc::conflict while a server uses the directory, or when it holds a store
/// that is not to be replaced; errc::corrupt for a damaged copy; the others as above.
auto restore(std::filesystem::path const& file, std::filesystem::path const& directory, bool overwrite,
             progress const& tell = {}) -> expected<copy_report>;

} // namespace nexus::store
