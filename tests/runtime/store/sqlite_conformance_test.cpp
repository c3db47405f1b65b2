#include "runtime/store/sqlite_store.hpp"
#include "tests/runtime/store/model_test.hpp"
#include "tests/runtime/store/temporary_directory.hpp"

namespace nexus::store::testing {

auto backends() -> std::vector<backend> {
  auto const on_disk = [](clock now) {
    static auto const root = temporary_directory{};
    static auto count = 0;
    return open_sqlite({.directory = root.path() / std::to_string(++count), .clock = std::move(now)}).value();
  };
  auto const in_memory = [](clock now) { return open_in_memory(std::move(now)).value(); };
  return {{"sqlite", on_disk}, {"sqlite in memory", in_memory}};
}

} // namespace nexus::store::testing
