#include "runtime/store/redis_url.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" auto LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) -> int {
  using namespace nexus::store;
  auto const address = parse_redis_url({reinterpret_cast<char const*>(data), size});
  if (!address && address.error().message.empty()) std::abort();
  if (!address) return 0;
  // What is shown leads to the same server again.
  auto const again = parse_redis_url(address->text());
  if (!again || again->host != address->host || again->port != address->port || again->database != address->database)
    std::abort();
  return 0;
}
