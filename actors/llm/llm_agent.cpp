#include "actors/llm/llm_agent.hpp"

#include "actors/llm/offline_planner.hpp"

namespace nexus::llm {

auto llm_agent::make_behavior() -> llm_agent_actor::behavior_type {
  return {
      [](continuation& next) { next.run(); },
      [this](call const&, complete_chat const& chat) { return complete(chat); },
  };
}

auto llm_agent::complete(complete_chat const& chat) -> caf::result<chat_completion> {
  auto const begun = std::chrono::steady_clock::now();
  auto completion = plan(chat);
  auto const seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begun + options_->latency).count();
  options_->observe(completion.model, true, completion.input_tokens, completion.output_tokens, seconds);
  if (options_->latency <= std::chrono::milliseconds::zero()) return completion;
  auto [reply, promise] = begin_reply<chat_completion>(self_);
  self_->delayed_send(self_, options_->latency,
                      continuation{[reply = reply, completion = std::move(completion)] { reply(completion); }});
  return promise;
}

} // namespace nexus::llm
