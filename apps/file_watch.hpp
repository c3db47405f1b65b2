#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace nexus::apps {

/// Tells that files were changed, replaced, made or removed since it was asked last. A file that is just being written
/// is told of once it has stayed the same from one question to the next.
class file_watch {
public:
  /// Looks at the files; empty names are left out. The first look at a file tells nothing.
  auto changed(std::vector<std::string> const& files) -> bool;

private:
  /// Which file it is, how long, and when it was written last; zeros when there is none.
  struct state {
    std::int64_t file = 0;
    std::int64_t size = -1;
    std::int64_t written = 0;
    friend auto operator==(state const&, state const&) -> bool = default;
  };
  struct watched {
    state told;
    state seen;
  };
  static auto look_at(std::string const& file) -> state;

  std::map<std::string, watched> files_;
};

} // namespace nexus::apps
