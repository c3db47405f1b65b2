#pragma once

#include "messages/core/caf.hpp"
#include "messages/core/raw_document.hpp"
#include "runtime/supervision/ask.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nexus {

/// How a write whose outcome is unknown is settled: services outside know no idempotency key.
enum class reconciliation : std::uint8_t {
  /// It sets a state, or its receiver knows the key: done again, it changes nothing more.
  idempotent,
  /// It leaves its key with what it writes; sent with `call::recovering`, it looks there before it writes again.
  probe,
  /// It cannot be settled: it is never sent again, and a person must look.
  none,
};

/// "idempotent", "probe" or "none".
auto to_string(reconciliation kind) -> std::string_view;

/// How an operation answers over HTTP.
enum class reply_style : std::uint8_t {
  /// The reply itself; failures are problem documents with an HTTP status.
  plain,
  /// The reference's AgentTaskResponse: a failure of meaning is HTTP 200 with `status: failed`.
  task_response,
};

/// The name of an operation in the reference's POST /execute, with members that were called differently there.
struct action_alias {
  std::string name;
  /// Their member's name -> ours.
  std::map<std::string, std::string> renamed;
};

/// The outcome of an invocation: JSON text, or a raw document.
struct operation_result {
  std::string body;
  /// Empty for application/json.
  std::string content_type = {};
  /// Why the answer, although there is one, means failure; empty when it does not.
  std::string failure = {};
  /// What the body says, of the type that the operation's `reply` describes, for callers who look at it; null for a raw
  /// document.
  std::shared_ptr<void const> reply = nullptr;
  /// Of a raw document: its Cache-Control; empty for none.
  std::string cache_control = {};
};

using operation_callback = std::function<void(expected<operation_result>)>;

/// One operation: a described request, a described reply, and everything that edges need to know. Built by
/// `operation<I, Request>`.
struct operation_info {
  std::string name;
  std::string description;
  std::string method = "POST";
  /// With members in braces: "/issue/{ticket_key}". "{repo_name...}" takes slashes too.
  std::string path;
  /// How a write is settled; empty for an operation that only reads and may be repeated at will.
  std::optional<reconciliation> writes = std::nullopt;
  reply_style style = reply_style::plain;
  /// The member that is the whole body of the HTTP request, so that its keys cannot meet other members; empty when the
  /// body's members are the request's own.
  std::string body_member = {};
  /// Whether unknown members are refused at the edge.
  decode_mode mode = decode_mode::closed;
  /// HTTP status of a success.
  int success_status = 200;
  /// How long an edge waits for the answer.
  std::chrono::milliseconds patience{30'000};
  /// Offered to the language model.
  bool is_tool = true;
  std::vector<action_alias> actions;
  type_descriptor const* request = nullptr;
  type_descriptor const* reply = nullptr;
  /// Decodes the arguments, asks the agent, encodes the answer. Runs in the context of `caller`; the callback comes
  /// once.
  std::function<void(caf::event_based_actor* caller, call const& context, nlohmann::json const& arguments,
                     operation_callback done)>
      invoke;
};

/// Builds one entry of an agent's table:
/// `operation<jira_agent_actor, get_ticket>(agent, "get_jira_ticket", "Read one ticket.").get("/issue/{ticket_key}")`.
template <class Interface, class Request>
class operation {
public:
  operation(supervision::address<Interface> agent, std::string name, std::string description) {
    using reply = typename Request::reply;
    info_.name = std::move(name);
    info_.description = std::move(description);
    info_.path = "/" + info_.name;
    info_.request = &descriptor_of<Request>();
    info_.reply = &descriptor_of<reply>();
    agent_ = std::move(agent);
  }

  auto get(std::string path) && -> operation&& { return route("GET", std::move(path)); }
  auto post(std::string path) && -> operation&& { return route("POST", std::move(path)); }
  /// Answers as AgentTaskResponse and ignores unknown members, as the reference does.
  auto as_task() && -> operation&& {
    info_.style = reply_style::task_response;
    info_.mode = decode_mode::open;
    return std::move(*this);
  }
  /// Ignores unknown members.
  auto open() && -> operation&& {
    info_.mode = decode_mode::open;
    return std::move(*this);
  }
  auto action(std::string name, std::map<std::string, std::string> renamed = {}) && -> operation&& {
    info_.actions.push_back({std::move(name), std::move(renamed)});
    return std::move(*this);
  }
  auto status(int success) && -> operation&& {
    info_.success_status = success;
    return std::move(*this);
  }
  /// Changes something. Only what is idempotent is sent again by itself when its receiver ends.
  auto writes(reconciliation kind) && -> operation&& {
    info_.writes = kind;
    return std::move(*this);
  }
  /// The HTTP body as a whole is this member; it may be left out.
  auto body(std::string member) && -> operation&& {
    info_.body_member = std::move(member);
    return std::move(*this);
  }
  auto patience(std::chrono::milliseconds longest) && -> operation&& {
    info_.patience = longest;
    return std::move(*this);
  }
  /// Not offered to the language model.
  auto not_a_tool() && -> operation&& {
    info_.is_tool = false;
    return std::move(*this);
  }

  operator operation_info() && { // NOLINT(google-explicit-constructor): a table is a list of these
    auto const mode = info_.mode;
    auto const repeat = !info_.writes                                 ? supervision::repetition::until_deadline
                        : *info_.writes == reconciliation::idempotent ? supervision::repetition::recovering
                                                                      : supervision::repetition::never;
    info_.invoke = [agent = agent_, mode, repeat](caf::event_based_actor* caller, call const& context,
                                                  nlohmann::json const& arguments, operation_callback done) {
      auto request = decode_json<Request>(arguments, mode);
      if (!request) return done(tl::unexpected{request.error()});
      using reply = typename Request::reply;
      supervision::ask(
          caller, agent, context, std::move(*request),
          [done = std::move(done)](expected<reply> answer) {
            if (!answer) return done(tl::unexpected{answer.error()});
            if constexpr (std::is_same_v<reply, raw_document>) {
              done(operation_result{std::move(answer->body),
                                    std::move(answer->content_type),
                                    {},
                                    nullptr,
                                    std::move(answer->cache_control)});
            } else {
              auto body = encode_json(*answer);
              auto failure = std::string{};
              if constexpr (requires { failure_in(*answer); }) failure = failure_in(*answer);
              done(operation_result{
                  std::move(body), {}, std::move(failure), std::make_shared<reply const>(std::move(*answer))});
            }
          },
          repeat);
    };
    return std::move(info_);
  }

private:
  auto route(std::string method, std::string path) -> operation&& {
    info_.method = std::move(method);
    info_.path = std::move(path);
    return std::move(*this);
  }

  operation_info info_;
  supervision::address<Interface> agent_;
};

/// The operations of one role. Edges know agents through this table alone.
struct operation_table {
  /// The role's name on the command line and in metrics: "jira".
  std::string role;
  /// The service's name in /health, as the reference calls it: "jira-agent".
  std::string service;
  std::string description;
  std::vector<operation_info> operations;

  /// By the operation's own name.
  auto find(std::string_view name) const -> operation_info const*;
};

/// Finds the operation that POST /execute means by `action` (its own name or an alias) and renames the payload's
/// members. errc::refused names what there is.
auto resolve_action(operation_table const& table, std::string_view action, nlohmann::json& payload)
    -> expected<operation_info const*>;

} // namespace nexus
