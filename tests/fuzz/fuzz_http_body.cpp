#include "messages/core/codec.hpp"
#include "messages/run.hpp"

#include <cstdlib>

namespace {

using namespace nexus;

/// What was decoded is encoded to the same document again.
template <class T>
void try_body(nlohmann::json const& body, decode_mode mode) {
  auto const decoded = decode_json<T>(body, mode);
  if (!decoded) return;
  auto const text = encode_json(*decoded);
  auto const again = decode_json_text<T>(text, decode_mode::closed, {.bytes = std::size_t{64} << 20});
  if (!again || encode_json(*again) != text) std::abort();
}

} // namespace

// A request's body as the HTTP bridge takes it: text to JSON to a message, closed and open.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const body = parse_json({reinterpret_cast<char const*>(data), size});
  if (!body) return 0;
  for (auto mode : {decode_mode::closed, decode_mode::open}) {
    try_body<ask_question>(*body, mode);
    try_body<start_run>(*body, mode);
    try_body<list_runs>(*body, mode);
    try_body<assess_release_readiness>(*body, mode);
  }
  return 0;
}
