#pragma once

#include "messages/core/error.hpp"

#include <filesystem>

namespace nexus::store {

/// The exclusive use of a data directory, held until destruction or the end of the process, however it ends. The
/// directory is created with mode 0700 when it is missing.
class directory_lock {
public:
  /// errc::conflict, with the other process id, when another process or store has the directory; errc::storage when it
  /// cannot be created or written.
  static auto take(std::filesystem::path const& directory) -> expected<directory_lock>;

  /// Creates an empty file in the directory, for its owner alone, unless it exists.
  static auto create_private(std::filesystem::path const& file) -> expected<void>;

  directory_lock(directory_lock&& other) noexcept;
  auto operator=(directory_lock&&) -> directory_lock& = delete;
  ~directory_lock();

private:
  explicit directory_lock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

} // namespace nexus::store
