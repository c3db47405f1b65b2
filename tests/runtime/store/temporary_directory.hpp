#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace nexus::store::testing {

/// A directory of the test's own that goes with it.
class temporary_directory {
public:
  temporary_directory() {
    auto name = (std::filesystem::temp_directory_path() / "nexus-store-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"no temporary directory"};
    path_ = name;
  }
  temporary_directory(temporary_directory const&) = delete;
  auto operator=(temporary_directory const&) -> temporary_directory& = delete;
  ~temporary_directory() {
    auto ignored = std::error_code{};
    std::filesystem::remove_all(path_, ignored);
  }

  auto path() const -> std::filesystem::path const& { return path_; }

private:
  std::filesystem::path path_;
};

} // namespace nexus::store::testing
