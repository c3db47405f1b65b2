#pragma once

#include "messages/core/call.hpp"
#include "messages/core/raw_document.hpp"
#include "messages/llm.hpp"
#include "messages/readiness.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nexus {

/// Where a run stands. `waiting_approval` and `needs_attention` come with writing operations.
enum class run_status : std::uint8_t {
  pending,
  in_progress,
  success,
  failed,
  timeout,
  cancelled,
  waiting_approval,
  needs_attention
};
BOOST_DESCRIBE_ENUM(run_status, pending, in_progress, success, failed, timeout, cancelled, waiting_approval,
                    needs_attention)

/// One turn of the reason-act loop (the reference's ReActStep).
struct react_step {
  /// From 1.
  std::uint32_t step_number = 0;
  std::string thought;
  /// The tool that was called; absent in the last step.
  std::optional<std::string> action;
  json_text action_input;
  /// What came back, cut to 2,000 bytes; an error is an object with the member "error".
  std::optional<std::string> observation;
  bool is_final = false;
  /// Age of the evidence when it was used, in seconds; absent where nothing was read.
  std::optional<double> evidence_age_seconds;
  double duration_ms = 0;
};
BOOST_DESCRIBE_STRUCT(react_step, (),
                      (step_number, thought, action, action_input, observation, is_final, evidence_age_seconds,
                       duration_ms))

/// What a run may use up. Reaching a limit is a failure of the run, and said as such.
struct run_budget {
  std::optional<std::uint32_t> max_steps;
  std::optional<std::uint32_t> max_tokens;
  std::optional<std::uint32_t> timeout_seconds;
};
BOOST_DESCRIBE_STRUCT(run_budget, (), (max_steps, max_tokens, timeout_seconds))
constexpr auto describe_notes(tag<run_budget>) {
  return std::array{
      member_note{.name = "max_steps", .description = "Turns of the reason-act loop.", .minimum = 1, .maximum = 100},
      member_note{.name = "max_tokens",
                  .description = "Input and output tokens of the language model together.",
                  .minimum = 1,
                  .maximum = 10'000'000},
      member_note{
          .name = "timeout_seconds", .description = "Time from acceptance to answer.", .minimum = 1, .maximum = 3600},
  };
}

/// A question on its way to an answer, with all that it took.
struct run {
  std::string run_id;
  std::string query;
  std::optional<std::string> release;
  run_status status = run_status::pending;
  std::vector<react_step> steps;
  std::optional<std::string> plan;
  std::optional<std::string> result;
  /// The verdict, where the run came to one.
  std::optional<release_decision> decision;
  std::optional<std::string> decision_id;
  std::optional<double> score;
  /// The sources that the answer rests on.
  std::vector<std::string> evidence;
  /// What could not be had although it was asked for.
  std::vector<std::string> degraded_reasons;
  bool degraded = false;
  /// Why the run did not succeed.
  std::optional<std::string> error;
  std::optional<std::string> error_code;
  std::string principal;
  std::string trace_id;
  /// The W3C trace context that it was accepted in, for a process that takes it up later.
  std::string traceparent;
  /// The model's own name.
  std::string model;
  std::uint64_t tokens_used = 0;
  timestamp created_at{};
  std::optional<timestamp> finished_at;
  run_budget budget;
  std::map<std::string, std::string> user_context;
};
BOOST_DESCRIBE_STRUCT(run, (),
                      (run_id, query, release, status, steps, plan, result, decision, decision_id, score, evidence,
                       degraded_reasons, degraded, error, error_code, principal, trace_id, traceparent, model,
                       tokens_used, created_at, finished_at, budget, user_context))

/// The answer to POST /query: the reference's members, then ours.
struct query_answer {
  std::string query;
  std::string result;
  std::string plan;
  std::uint32_t steps = 0;
  run_status status = run_status::success;
  std::string run_id;
  std::string trace_id;
  std::uint64_t tokens_used = 0;
  std::optional<release_decision> decision;
  std::optional<std::string> decision_id;
  std::optional<double> score;
  bool degraded = false;
  std::vector<std::string> degraded_reasons;
  std::vector<std::string> evidence;
  std::optional<std::string> error;
};
BOOST_DESCRIBE_STRUCT(query_answer, (),
                      (query, result, plan, steps, status, run_id, trace_id, tokens_used, decision, decision_id, score,
                       degraded, degraded_reasons, evidence, error))

/// Why an answer means failure; empty when it does not. Found by operations that answer with a query_answer.
inline auto failure_in(query_answer const& answer) -> std::string {
  return answer.status == run_status::success ? std::string{} : answer.error.value_or("the run did not succeed");
}

/// Asks a question and waits for the answer.
struct ask_question {
  using reply = query_answer;
  std::string query;
  std::map<std::string, std::string> user_context;
  run_budget budget;
};
BOOST_DESCRIBE_STRUCT(ask_question, (), (query, user_context, budget))
constexpr auto describe_notes(tag<ask_question>) {
  return std::array{
      member_note{.name = "query", .description = "The question, in English.", .minimum = 1, .maximum = 4000},
      member_note{.name = "user_context", .description = "Who asks, from where; kept with the run.", .defaulted = true},
      member_note{.name = "budget", .description = "Limits of this run.", .defaulted = true},
  };
}

struct run_links {
  std::string self;
  std::string events;
  std::string cancel;
};
BOOST_DESCRIBE_STRUCT(run_links, (), (self, events, cancel))

/// A run that was accepted: it is on disk and will be carried out.
struct run_accepted {
  std::string run_id;
  run_status status = run_status::pending;
  run_links links;
};
BOOST_DESCRIBE_STRUCT(run_accepted, (), (run_id, status, links))

/// Starts a run and does not wait for it.
struct start_run {
  using reply = run_accepted;
  std::string query;
  std::optional<std::string> release;
  std::map<std::string, std::string> user_context;
  run_budget budget;
};
BOOST_DESCRIBE_STRUCT(start_run, (), (query, release, user_context, budget))
constexpr auto describe_notes(tag<start_run>) {
  return std::array{
      member_note{.name = "query", .description = "The question, in English.", .minimum = 1, .maximum = 4000},
      member_note{.name = "release",
                  .description = "The release it is about, for finding the run again.",
                  .minimum = 1,
                  .maximum = 100},
      member_note{.name = "user_context", .description = "Who asks, from where; kept with the run.", .defaulted = true},
      member_note{.name = "budget", .description = "Limits of this run.", .defaulted = true},
  };
}

/// Reads one run.
struct get_run {
  using reply = run;
  std::string run_id;
};
BOOST_DESCRIBE_STRUCT(get_run, (), (run_id))

/// Several runs, newest first.
struct run_list {
  std::vector<run> runs;
  /// Give this as `cursor` to read on; absent at the end.
  std::optional<std::string> next_cursor;
};
BOOST_DESCRIBE_STRUCT(run_list, (), (runs, next_cursor))

struct list_runs {
  using reply = run_list;
  std::optional<run_status> status;
  std::optional<std::string> release;
  std::optional<std::string> cursor;
  std::uint32_t limit = 20;
};
BOOST_DESCRIBE_STRUCT(list_runs, (), (status, release, cursor, limit))
constexpr auto describe_notes(tag<list_runs>) {
  return std::array{member_note{
      .name = "limit", .description = "How many at most.", .defaulted = true, .minimum = 1, .maximum = 200}};
}

/// Stops a run. A run that is over stays as it is.
struct cancel_run {
  using reply = run;
  std::string run_id;
};
BOOST_DESCRIBE_STRUCT(cancel_run, (), (run_id))

/// Gathers the evidence for a release and decides by policy.
struct assess_release_readiness {
  using reply = decision;
  std::string release;
  std::optional<std::string> project;
  std::optional<std::string> policy;
  std::optional<std::string> environment;
  std::vector<std::string> labels;
};
BOOST_DESCRIBE_STRUCT(assess_release_readiness, (), (release, project, policy, environment, labels))
constexpr auto describe_notes(tag<assess_release_readiness>) {
  return std::array{
      member_note{.name = "release",
                  .description = "The release as people write it: v2.0.0, 2.0, 'release 2.0'.",
                  .minimum = 1,
                  .maximum = 100},
      member_note{.name = "project",
                  .description = "Key of the project it belongs to, when several have one of that name.",
                  .minimum = 1,
                  .maximum = 50},
      member_note{.name = "policy",
                  .description = "Name of the policy to decide by; the configured one by default.",
                  .minimum = 1,
                  .maximum = 64},
      member_note{.name = "environment",
                  .description = "Where it is to go: one of the policy's environments.",
                  .minimum = 1,
                  .maximum = 64},
      member_note{.name = "labels",
                  .description = "What the release is, for exemptions from freezes: security, hotfix.",
                  .defaulted = true,
                  .maximum = 20},
  };
}

/// The newest stored decision on a release as a picture of one line (SVG).
struct get_readiness_badge {
  using reply = raw_document;
  /// As decisions name it, or as people write its version.
  std::string release;
  std::optional<std::string> project;
};
BOOST_DESCRIBE_STRUCT(get_readiness_badge, (), (release, project))
constexpr auto describe_notes(tag<get_readiness_badge>) {
  return std::array{member_note{.name = "release",
                                .description = "The release as its decisions name it: v2.0.0.",
                                .minimum = 1,
                                .maximum = 100},
                    member_note{.name = "project",
                                .description = "Key of the project, when several have one of that name.",
                                .minimum = 1,
                                .maximum = 50}};
}

/// Several decisions, newest first.
struct decision_list {
  std::vector<decision> decisions;
  std::optional<std::string> next_cursor;
};
BOOST_DESCRIBE_STRUCT(decision_list, (), (decisions, next_cursor))

struct list_decisions {
  using reply = decision_list;
  std::optional<std::string> release;
  std::optional<std::string> project;
  std::optional<std::string> cursor;
  std::uint32_t limit = 20;
};
BOOST_DESCRIBE_STRUCT(list_decisions, (), (release, project, cursor, limit))
constexpr auto describe_notes(tag<list_decisions>) {
  return std::array{member_note{
      .name = "limit", .description = "How many at most.", .defaulted = true, .minimum = 1, .maximum = 200}};
}

struct get_decision {
  using reply = decision;
  std::string decision_id;
};
BOOST_DESCRIBE_STRUCT(get_decision, (), (decision_id))

/// The evidence behind a decision, byte for byte as it was hashed.
struct get_decision_bundle {
  using reply = raw_document;
  std::string decision_id;
};
BOOST_DESCRIBE_STRUCT(get_decision_bundle, (), (decision_id))

/// What one tool call brought, as the journal keeps it.
struct recorded_observation {
  tool_call called;
  /// JSON text, whole; of an error: {"error": {...}}.
  std::string content;
  timestamp observed_at{};
};
BOOST_DESCRIBE_STRUCT(recorded_observation, (), (called, content, observed_at))

/// One turn of the loop: what the model said, and what its tools brought. Enough to go on from here.
struct recorded_turn {
  chat_completion completion;
  std::vector<recorded_observation> observations;
  double duration_ms = 0;
};
BOOST_DESCRIBE_STRUCT(recorded_turn, (), (completion, observations, duration_ms))

NEXUS_CODECS(recorded_observation, recorded_turn, run_status, react_step, run_budget, run, query_answer, ask_question,
             run_links, run_accepted, start_run, get_run, run_list, list_runs, cancel_run, assess_release_readiness,
             get_readiness_badge, decision_list, list_decisions, get_decision, get_decision_bundle)

} // namespace nexus
