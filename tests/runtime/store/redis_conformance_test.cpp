#include "runtime/store/redis_store.hpp"
#include "tests/runtime/store/model_test.hpp"
#include "tests/runtime/store/redis_server.hpp"

namespace nexus::store::testing {
namespace {

auto backend_in(std::string const& program) -> backend {
  auto const server = std::make_shared<redis_server>(redis_server::settings{}, program);
  return {program, [server](clock now) -> std::unique_ptr<store> {
            server->command({"FLUSHALL"});
            auto options = redis_options{.address = {.host = "127.0.0.1", .port = server->port()}};
            options.clock = std::move(now);
            return open_redis(std::move(options)).value();
          }};
}

} // namespace

auto backends() -> std::vector<backend> {
  static auto const found = [] {
    auto each = std::vector{backend_in("redis-server")};
    // Debian has it in its backports alone.
    if (is_installed("valkey-server")) each.push_back(backend_in("valkey-server"));
    return each;
  }();
  return found;
}

} // namespace nexus::store::testing
