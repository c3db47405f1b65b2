// Forwarded and X-Forwarded-* fields as any client may send them: who the request comes from is an address, and what
// goes into links cannot break out of them.
#include "runtime/http/forwarded.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" auto LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) -> int {
  using namespace nexus::http;
  auto const text = std::string_view{reinterpret_cast<char const*>(data), size};
  static auto const trusted =
      std::vector{address_range::parse("10.0.0.0/8").value(), address_range::parse("fd00::/8").value()};
  auto const first = std::string{text.substr(0, text.find('\n'))};
  auto const rest = std::string{text.substr(std::min(first.size() + 1, size))};
  for (auto const& fields : {headers{{"Forwarded", first}}, headers{{"Forwarded", first}, {"X-Forwarded-For", rest}},
                             headers{{"X-Forwarded-For", first}, {"X-Forwarded-Host", rest}}}) {
    auto const seen = client_of("10.0.0.1", fields, trusted);
    if (!seen.proxied || !ip_address::parse(seen.address)) std::abort();
    if (seen.host.find_first_of("/?#@\"<>\\ \r\n") != std::string::npos) std::abort();
    if (!seen.scheme.empty() && seen.scheme != "http" && seen.scheme != "https") std::abort();
    if (client_of("192.0.2.1", fields, trusted).address != "192.0.2.1") std::abort();
  }
  if (auto const elements = parse_forwarded(text); elements && elements->size() > 32) std::abort();
  // An address that was read is written so that it is read as the same.
  if (auto const address = ip_address::parse(text))
    if (ip_address::parse(address->to_string()) != address) std::abort();
  if (auto const range = address_range::parse(text))
    if (!range->contains(ip_address::parse(text.substr(0, text.find('/'))).value())) std::abort();
  return 0;
}
