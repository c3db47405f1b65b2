// Requests as they arrive on a connection. The first byte says in pieces of which size, for a request must not depend
// on how the network cuts it.
#include "runtime/http/request_parser.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

using nexus::http::request_parser;

constexpr std::size_t header_limit = 512;
constexpr std::size_t body_limit = 256;

/// Feeds the bytes as a connection does: what the parser leaves is presented again together with what follows.
void feed(request_parser& parser, std::string_view bytes, std::size_t piece) {
  std::string waiting;
  while (!bytes.empty() && !parser.done() && !parser.failed()) {
    waiting += bytes.substr(0, piece);
    bytes.remove_prefix(std::min(piece, bytes.size()));
    waiting.erase(0, parser.feed(waiting));
  }
}

} // namespace

extern "C" auto LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) -> int {
  if (size < 2) return 0;
  std::string_view bytes{reinterpret_cast<char const*>(data + 1), size - 1};
  request_parser whole{header_limit, body_limit}, pieces{header_limit, body_limit};
  feed(whole, bytes, bytes.size());
  feed(pieces, bytes, data[0] % 16 + 1u);
  for (auto* parser : {&whole, &pieces}) {
    if (parser->done() && parser->failed()) std::abort();
    if (parser->message().body.size() > body_limit) std::abort();
    std::size_t head = 0;
    for (auto const& [name, value] : parser->message().fields) head += name.size() + value.size();
    if (head > header_limit) std::abort();
  }
  if (whole.done() && pieces.done() && whole.message().body != pieces.message().body) std::abort();
  return 0;
}
