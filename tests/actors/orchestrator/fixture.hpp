#pragma once

#include "actors/orchestrator/orchestrator_agent.hpp"
#include "actors/orchestrator/readiness_agent.hpp"
#include "messages/core/codec.hpp"
#include "messages/type_ids.hpp"
#include "runtime/store/sqlite_store.hpp"
#include "tests/runtime/supervision/actors_fixture.hpp"

#include <boost/test/unit_test.hpp>

/// Actors under supervision whose surroundings the test plays.
namespace nexus::orchestrator::testing {

using namespace std::chrono_literals;

struct actor_world {
  struct config : caf::actor_system_config {
    config() {
      announce_messages(*this);
      set("scheduler.max-threads", 2u);
    }
  } settings;
  std::shared_ptr<store::store> data = std::move(*store::open_in_memory());
  caf::actor_system system{settings};
  std::shared_ptr<supervision::name_registry> names = std::make_shared<supervision::name_registry>(system);
  supervision::supervision_tree tree{system, names, [] { return 0.5; }};
  supervision::test_client client{system};
  std::shared_ptr<id_source> ids = std::make_shared<id_source>([this] { return now(system); },
                                                               [n = std::uint64_t{0}]() mutable { return ++n << 40; });

  template <class Interface>
  auto at(std::string const& name) const -> supervision::address<Interface> {
    return supervision::address<Interface>{names->record("t/" + name)};
  }
  void start(std::vector<supervision::child_spec> children) {
    auto const quick = supervision::supervisor_rules{.intensity = 1'000, .delay = {.minimum = 0ms, .maximum = 0ms}};
    auto const started = tree.start("t", {.rules = quick, .children = std::move(children)});
    BOOST_REQUIRE(started);
  }
  void kill(std::string const& name) const {
    if (auto const live = names->record("t/" + name)->live())
      caf::anon_send_exit(caf::actor_cast<caf::actor>(live), caf::exit_reason::kill);
  }
};

/// A tool that takes a ticket's key and is carried out by the test.
inline auto tool(std::string name,
                 std::function<void(caf::event_based_actor*, nlohmann::json const&, operation_callback)> carry_out)
    -> operation_info {
  auto info = operation_info{};
  info.name = std::move(name);
  info.description = "Looks.";
  info.request = &descriptor_of<get_ticket>();
  info.reply = &descriptor_of<ticket>();
  info.invoke = [carry_out = std::move(carry_out)](caf::event_based_actor* caller, call const&,
                                                   nlohmann::json const& arguments, operation_callback done) {
    carry_out(caller, arguments, std::move(done));
  };
  return info;
}

/// An actor's state whose answers the test writes. Nothing means that the answer is owed for ever.
template <class Self>
class scripted_agent {
public:
  explicit scripted_agent(Self* self) : self_(self) {}

protected:
  template <class T>
  auto give(std::optional<expected<T>> answer) -> caf::result<T> {
    if (answer && *answer) return std::move(**answer);
    if (answer) return to_caf(answer->error());
    auto [reply, promise] = begin_reply<T>(self_);
    owed_.push_back(std::make_shared<pending_reply<T>>(reply));
    return promise;
  }

private:
  Self* self_;
  std::vector<std::shared_ptr<void>> owed_;
};

/// A model that says what the test wrote. The script sees the chat, on the actor's thread.
using model_script = std::function<std::optional<expected<chat_completion>>(complete_chat const&)>;

class scripted_model : scripted_agent<llm_agent_actor::base> {
public:
  scripted_model(llm_agent_actor::base* self, std::shared_ptr<model_script const> script)
      : scripted_agent(self), script_(std::move(script)) {}
  auto make_behavior() -> llm_agent_actor::behavior_type {
    return {[](continuation& next) { next.run(); },
            [this](call const&, complete_chat const& chat) -> caf::result<chat_completion> {
              return give((*script_)(chat));
            }};
  }

private:
  std::shared_ptr<model_script const> script_;
};

inline auto says(std::string text, finish_reason why = finish_reason::stop) -> chat_completion {
  return {.text = std::move(text), .finish_reason = why, .model = "scripted", .input_tokens = 10, .output_tokens = 5};
}

inline auto wants(std::vector<std::pair<std::string, std::string>> const& calls) -> chat_completion {
  auto completion = says("looking", finish_reason::tool_calls);
  for (auto const& [name, arguments] : calls)
    completion.tool_calls.push_back({fmt::format("call-{}", completion.tool_calls.size() + 1), name, {arguments}});
  return completion;
}

/// The messages of one role.
inline auto texts_of(complete_chat const& chat, chat_role role) -> std::vector<std::string> {
  auto texts = std::vector<std::string>{};
  for (auto const& message : chat.messages)
    if (message.role == role) texts.push_back(message.text);
  return texts;
}

} // namespace nexus::orchestrator::testing
