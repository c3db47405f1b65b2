#include "actors/llm/offline_planner.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

// The first line is the question; the other lines are what the tools answer, in turn.
extern "C" auto LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) -> int {
  using namespace nexus;
  std::string_view rest{reinterpret_cast<char const*>(data), size};
  auto const line = [&] {
    auto const end = rest.find('\n');
    auto const text = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    return std::string{text};
  };

  complete_chat chat;
  chat.messages.push_back({.role = chat_role::user, .text = line(), .tool_calls = {}, .tool_call_id = {}});
  for (auto const* tool :
       {"get_jira_ticket", "get_ticket_hierarchy", "search_jira", "get_sprint_stats", "list_projects", "list_releases",
        "get_release_stats", "get_repo_health", "get_pr_status", "list_pull_requests", "get_build_status",
        "get_build_history", "list_jobs", "list_repositories", "get_security_scan", "assess_release_readiness",
        "update_jira_ticket", "update_jira_ticket_fields", "trigger_build"})
    chat.tools.push_back({tool, {}, {R"({"type":"object"})"}});

  auto writes = 0;
  // Bounded by the planner itself: no question takes more steps.
  for (auto step = 0; step < 10; ++step) {
    auto const next = llm::plan(chat);
    if (next.finish_reason != finish_reason::tool_calls) return 0;
    if (next.tool_calls.empty()) std::abort();
    chat.messages.push_back(
        {.role = chat_role::assistant, .text = next.text, .tool_calls = next.tool_calls, .tool_call_id = {}});
    for (auto const& made : next.tool_calls) {
      // One demand is one write, whatever its answer says.
      if ((made.name.starts_with("update_") || made.name == "trigger_build") && ++writes > 1) std::abort();
      chat.messages.push_back({.role = chat_role::tool, .text = line(), .tool_calls = {}, .tool_call_id = made.id});
    }
  }
  std::abort();
}
