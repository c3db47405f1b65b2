#include "runtime/store/directory_lock.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace nexus::store {
namespace {

auto storage_failure(std::filesystem::path const& path, std::string_view what, int number) {
  return tl::unexpected{error{errc::storage,
                              fmt::format("cannot {}: {}", what, std::generic_category().message(number)),
                              path.string(),
                              "choose a data directory that this user may write",
                              {}}};
}

/// What the other process wrote into the lock file.
auto owner(int descriptor) -> std::string {
  auto text = std::array<char, 32>{};
  auto const count = ::pread(descriptor, text.data(), text.size(), 0);
  auto const owner = std::string(text.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  return owner.substr(0, owner.find_first_not_of("0123456789"));
}

} // namespace

auto directory_lock::take(std::filesystem::path const& directory) -> expected<directory_lock> {
  auto problem = std::error_code{};
  if (auto const parent = std::filesystem::absolute(directory, problem).parent_path(); !problem)
    std::filesystem::create_directories(parent, problem);
  if (problem) return storage_failure(directory, "create the parent directory", problem.value());
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    return storage_failure(directory, "create the directory", errno);

  auto const file = directory / "lock";
  auto const descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return storage_failure(file, "open the lock file", errno);
  auto lock = directory_lock{descriptor};
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return storage_failure(file, "lock the file", errno);
    return tl::unexpected{error{errc::conflict,
                                fmt::format("the data directory is in use by process {}", owner(descriptor)),
                                directory.string(),
                                "stop that process or choose another data directory",
                                {}}};
  }
  auto const text = std::to_string(::getpid()) + '\n';
  auto const length = static_cast<::ssize_t>(text.size());
  if (::ftruncate(descriptor, 0) != 0 || ::pwrite(descriptor, text.data(), text.size(), 0) != length)
    return storage_failure(file, "write the lock file", errno);
  return lock;
}

auto directory_lock::create_private(std::filesystem::path const& file) -> expected<void> {
  auto const descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return storage_failure(file, "open the file", errno);
  ::close(descriptor);
  return {};
}

directory_lock::directory_lock(directory_lock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

directory_lock::~directory_lock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

} // namespace nexus::store
