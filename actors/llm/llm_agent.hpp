#pragma once

#include "messages/actors.hpp"
#include "runtime/supervision/component.hpp"
#include "runtime/telemetry/span.hpp"

namespace nexus::llm {

/// What the agent counts for each completion: the model's name, success, tokens in and out, seconds.
using completion_observer = std::function<void(std::string const& model, bool success, std::uint64_t input_tokens,
                                               std::uint64_t output_tokens, double seconds)>;

struct llm_agent_options {
  /// Who answers, and the model that is asked, as traces name them.
  std::string provider = "mock";
  std::string model = "mock";
  /// Delays each completion of the offline planner, as a real model would take.
  std::chrono::milliseconds latency{0};
  completion_observer observe;
};

/// The state of the LLM AGENT with the provider `mock`: the offline planner behind the interface that a real model has.
class llm_agent {
public:
  llm_agent(llm_agent_actor::pointer self, std::shared_ptr<llm_agent_options const> options)
      : self_(self), options_(std::move(options)) {}
  auto make_behavior() -> llm_agent_actor::behavior_type;

private:
  auto complete(call context, complete_chat const& chat) -> caf::result<chat_completion>;

  llm_agent_actor::pointer self_;
  std::shared_ptr<llm_agent_options const> options_;
};

} // namespace nexus::llm
