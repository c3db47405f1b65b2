#include "actors/llm/llm_agent.hpp"

#include "actors/llm/offline_planner.hpp"

namespace nexus::llm {

auto llm_agent::make_behavior() -> llm_agent_actor::behavior_type {
  return {
      [](continuation& next) { next.run(); },
      [this](call const& context, complete_chat const& chat) { return complete(context, chat); },
  };
}

auto llm_agent::complete(call context, complete_chat const& chat) -> caf::result<chat_completion> {
  // OpenTelemetry's conventions for generative AI; what is said is nobody else's business.
  auto work = begin_span(span_kind::client, context, "chat", options_->model);
  work.set("gen_ai.operation.name", "chat");
  work.set("gen_ai.provider.name", options_->provider);
  work.set("gen_ai.request.model", options_->model);
  work.set("gen_ai.request.max_tokens", chat.max_output_tokens);
  auto const begun = std::chrono::steady_clock::now();
  auto completion = plan(chat);
  auto const seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begun + options_->latency).count();
  options_->observe(completion.model, true, completion.input_tokens, completion.output_tokens, seconds);
  work.set("gen_ai.response.model", completion.model);
  work.set("gen_ai.response.finish_reasons", std::vector<std::string>{std::string{name_of(completion.finish_reason)}});
  work.set("gen_ai.usage.input_tokens", completion.input_tokens);
  work.set("gen_ai.usage.output_tokens", completion.output_tokens);
  if (options_->latency <= std::chrono::milliseconds::zero()) {
    work.end();
    return completion;
  }
  auto [reply, promise] = begin_reply<chat_completion>(self_);
  self_->delayed_send(self_, options_->latency,
                      continuation{[reply = reply, completion = std::move(completion), work]() mutable {
                        work.end();
                        reply(completion);
                      }});
  return promise;
}

} // namespace nexus::llm
