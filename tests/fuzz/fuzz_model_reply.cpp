#include "messages/core/codec.hpp"
#include "messages/git_ci.hpp"
#include "messages/jira.hpp"
#include "messages/llm.hpp"

namespace {

using namespace nexus;

template <class... Requests>
void try_arguments(nlohmann::json const& arguments) {
  (static_cast<void>(decode_json<Requests>(arguments, decode_mode::closed)), ...);
}

} // namespace

// What a model says: a completion, and the arguments of the tools that it wants called.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const completion =
      decode_json_text<chat_completion>({reinterpret_cast<char const*>(data), size}, decode_mode::open);
  if (!completion) return 0;
  for (auto const& wanted : completion->tool_calls)
    if (auto const arguments = parse_json(wanted.arguments.text))
      try_arguments<get_ticket, get_ticket_hierarchy, search_tickets, get_sprint_stats, get_release_stats,
                    get_build_status, get_pr_status, get_build_history, get_security_scan>(*arguments);
  return 0;
}
