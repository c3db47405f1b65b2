#include "apps/file_watch.hpp"

#include <sys/stat.h>

namespace nexus::apps {

auto file_watch::changed(std::vector<std::string> const& files) -> bool {
  auto result = false;
  for (auto const& name : files) {
    if (name.empty()) continue;
    auto const now = look_at(name);
    auto const [entry, added] = files_.try_emplace(name, watched{now, now});
    auto& known = entry->second;
    if (!added && now == known.seen && now != known.told) {
      known.told = now;
      result = true;
    }
    known.seen = now;
  }
  return result;
}

auto file_watch::look_at(std::string const& file) -> state {
  struct ::stat found{};
  if (::stat(file.c_str(), &found) != 0) return {};
  return {static_cast<std::int64_t>(found.st_ino), found.st_size,
          found.st_mtim.tv_sec * 1'000'000'000 + found.st_mtim.tv_nsec};
}

} // namespace nexus::apps
