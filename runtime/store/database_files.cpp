#include "runtime/store/database_files.hpp"

#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace nexus::store {
namespace {

namespace fs = std::filesystem;

auto failed(fs::path const& file, std::string_view what, int number) -> tl::unexpected<error> {
  return fail_at(file.string(), errc::storage, "cannot {}: {}", what, std::generic_category().message(number));
}

} // namespace

auto is_there(fs::path const& file) -> bool {
  auto ignored = std::error_code{};
  return fs::exists(fs::symlink_status(file, ignored));
}

void discard(fs::path const& file) {
  auto ignored = std::error_code{};
  for (auto const* suffix : {"", "-journal", "-wal", "-shm"}) fs::remove(file.string() + suffix, ignored);
}

auto move(fs::path const& from, fs::path const& to) -> expected<void> {
  if (::rename(from.c_str(), to.c_str()) != 0) return failed(to, "put the file in its place", errno);
  return {};
}

auto sync_directory(fs::path const& directory) -> expected<void> {
  auto const descriptor = ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return failed(directory, "open the directory", errno);
  auto const outcome = ::fsync(descriptor);
  auto const number = errno;
  ::close(descriptor);
  if (outcome != 0) return failed(directory, "write the directory", number);
  return {};
}

} // namespace nexus::store
