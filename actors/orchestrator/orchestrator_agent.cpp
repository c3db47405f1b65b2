#include "actors/orchestrator/orchestrator_agent.hpp"

#include "runtime/telemetry/logging.hpp"

namespace nexus::orchestrator {
namespace {

auto answer_of(run const& outcome) -> query_answer {
  auto answer = query_answer{};
  answer.query = outcome.query;
  answer.result = outcome.result.value_or(outcome.error.value_or(""));
  answer.plan = outcome.plan.value_or("");
  answer.steps = static_cast<std::uint32_t>(outcome.steps.size());
  answer.status = outcome.status;
  answer.run_id = outcome.run_id;
  answer.trace_id = outcome.trace_id;
  answer.tokens_used = outcome.tokens_used;
  answer.decision = outcome.decision;
  answer.decision_id = outcome.decision_id;
  answer.score = outcome.score;
  answer.degraded = outcome.degraded;
  answer.degraded_reasons = outcome.degraded_reasons;
  answer.evidence = outcome.evidence;
  answer.error = outcome.error;
  return answer;
}

auto links_of(std::string const& run_id) -> run_links {
  auto const self = "/runs/" + run_id;
  return {self, self + "/events", self + "/cancel"};
}

/// How often runs without a worker are looked for, and those left behind that cannot be read are read again.
constexpr auto sweep_interval = std::chrono::seconds{1};

auto no_run(std::string const& run_id) -> error {
  return {
      errc::not_found, fmt::format("no run '{}'", run_id.substr(0, 64)), "$.run_id", "list them with GET /runs", {}};
}

} // namespace

auto orchestrator_agent::make_behavior() -> orchestrator_actor::behavior_type {
  resume_unfinished();
  return {
      [](continuation& next) { next.run(); },
      [this](call const& context, ask_question const& question) { return ask(context, question); },
      [this](call const& context, start_run const& wanted) { return start(context, wanted); },
      [this](call const& context, get_run const& wanted) { return read(context, wanted); },
      [this](call const& context, list_runs const& wanted) { return list(context, wanted); },
      [this](call const& context, cancel_run const& wanted) { return cancel(context, wanted); },
  };
}

auto orchestrator_agent::new_run(call const& context, std::string const& query) const -> run {
  auto state = run{};
  // The key names the run, so that a request that is sent again finds the run that it started.
  state.run_id = "run_" + (is_identifier(context.idempotency_key) ? context.idempotency_key : options_->ids->next());
  state.query = query;
  state.principal = context.principal;
  if (auto const trace = trace_context::parse(context.traceparent)) {
    state.trace_id = trace->trace_id_hex();
    state.traceparent = context.traceparent;
  }
  state.created_at = now(self_->system());
  return state;
}

auto orchestrator_agent::accept(call const& context, run state, std::function<void(expected<void>)> accepted)
    -> expected<void> {
  auto const& environment = *options_->environment;
  auto const most = options_->max_concurrent.get();
  if (environment.board->size() >= most && !environment.board->find(state.run_id)) {
    auto problem = fail(errc::overloaded, "{} runs are going on", most);
    problem.value().retry_after = std::chrono::seconds{1};
    problem.value().remedy = "try again later";
    return problem;
  }
  // The same request again finds its run here, and on disk below: a run counts as accepted when it is there.
  auto const added = environment.board->add(state);
  environment.journal->accept(
      state, in_context_of(self_, [this, context, state, added, accepted = std::move(accepted)](expected<void> done) {
        if (done) {
          // An earlier attempt of the same request may have failed meanwhile, and taken the run down.
          options_->environment->board->add(state);
          start_worker(state, context, false);
          return accepted({});
        }
        if (done.error().code == errc::conflict) {
          // It is going on here, or the store knows how far it came.
          if (added) resume(state.run_id, false);
          return accepted({});
        }
        if (!added) return accepted(tl::unexpected{done.error()});
        auto outcome = state;
        outcome.status = run_status::failed;
        outcome.error = "the run could not be stored: " + done.error().render();
        outcome.error_code = to_string(done.error().code);
        options_->environment->board->fail_waiting(state.run_id, done.error());
        options_->environment->board->finish(outcome);
        accepted(tl::unexpected{done.error()});
      }));
  return {};
}

void orchestrator_agent::start_worker(run const& state, call const& context, bool resumed) {
  auto assignment = std::make_shared<run_assignment>();
  assignment->state = state;
  assignment->context = context;
  if (resumed) {
    assignment->context = {};
    assignment->context.principal = state.principal;
    // A run from before its span was kept has half of the trace's id in its place.
    assignment->context.traceparent = state.traceparent;
    if (auto const& trace = state.trace_id; state.traceparent.empty() && trace.size() == 32)
      assignment->context.traceparent = fmt::format("00-{}-{}-01", trace, trace.substr(16));
  }
  assignment->resumed = resumed;
  auto child = supervision::worker<caf::actor, run_worker>(state.run_id, options_->environment, assignment);
  child.rules.restart = restart_type::transient;
  // Failing that, the run is on disk and stays accepted; the next sweep tries again.
  supervision::ask(self_, options_->runs, call{}, supervision::start_child_command{std::move(child)},
                   [](expected<std::string> const&) {});
}

void orchestrator_agent::resume_unfinished() {
  options_->environment->journal->unfinished(in_context_of(self_, [this](expected<std::vector<std::string>> ids) {
    if (!ids) return self_->quit(to_caf(ids.error()));
    for (auto const& id : *ids) resume(id, true);
    sweep();
  }));
}

void orchestrator_agent::sweep() {
  for (auto const& id : options_->environment->board->unclaimed()) resume(id, false);
  self_->delayed_send(self_, sweep_interval, continuation{[this] { sweep(); }});
}

void orchestrator_agent::resume(std::string const& run_id, bool left_behind, std::string const& logged) {
  find(run_id, [this, run_id, left_behind, logged](expected<run> known) {
    if (!known) {
      // What is on the board is looked for by the next sweep: it is not on disk yet, or the store fails.
      if (!left_behind || known.error().code == errc::not_found) return;
      auto const reason = known.error().render();
      if (reason != logged)
        log_event(log_level::error, "run", "a run that was left behind cannot be read",
                  {{"run_id", run_id}, {"reason", reason}});
      self_->delayed_send(self_, sweep_interval,
                          continuation{[this, run_id, reason] { resume(run_id, true, reason); }});
      return;
    }
    auto const& board = options_->environment->board;
    if (left_behind) board->add(*known);
    // It has ended since it was read.
    if (!board->find(run_id)) return;
    if (is_over(known->status))
      board->finish(*known);
    else
      start_worker(*known, {}, true);
  });
}

void orchestrator_agent::wait_for(std::string const& run_id, std::function<void(expected<run>)> done) {
  auto const resumed = in_context_of(self_, [done](expected<run> outcome) { done(std::move(outcome)); });
  if (options_->environment->board->when_ended(
          run_id, [resumed](expected<run> const& outcome) { resumed(expected<run>{outcome}); }))
    return;
  find(run_id, std::move(done));
}

void orchestrator_agent::find(std::string const& run_id, std::function<void(expected<run>)> done) {
  options_->environment->journal->find(
      run_id, in_context_of(self_, [done = std::move(done), run_id](expected<std::optional<run>> found) {
        if (!found) return done(tl::unexpected{found.error()});
        if (!*found) return done(tl::unexpected{no_run(run_id)});
        done(std::move(**found));
      }));
}

// -- handlers
// -----------------------------------------------------------------------------------------------------------------------

auto orchestrator_agent::ask(call const& context, ask_question const& question) -> caf::result<query_answer> {
  auto [reply, promise] = begin_reply<query_answer>(self_);
  auto state = new_run(context, question.query);
  state.budget = question.budget;
  state.user_context = question.user_context;
  auto const run_id = state.run_id;
  auto const accepted = accept(context, std::move(state), [reply = reply](expected<void> stored) {
    if (!stored) reply(tl::unexpected{stored.error()});
  });
  if (!accepted) {
    reply(tl::unexpected{accepted.error()});
    return promise;
  }
  wait_for(run_id, [reply = reply](expected<run> outcome) {
    if (!outcome) return reply(tl::unexpected{outcome.error()});
    reply(answer_of(*outcome));
  });
  return promise;
}

auto orchestrator_agent::start(call const& context, start_run const& wanted) -> caf::result<run_accepted> {
  auto [reply, promise] = begin_reply<run_accepted>(self_);
  auto state = new_run(context, wanted.query);
  state.release = wanted.release;
  state.budget = wanted.budget;
  state.user_context = wanted.user_context;
  auto const run_id = state.run_id;
  auto const accepted = accept(context, std::move(state), [reply = reply, run_id](expected<void> stored) {
    if (!stored) return reply(tl::unexpected{stored.error()});
    reply(run_accepted{run_id, run_status::pending, links_of(run_id)});
  });
  if (!accepted) reply(tl::unexpected{accepted.error()});
  return promise;
}

auto orchestrator_agent::read(call const&, get_run const& wanted) -> caf::result<run> {
  if (auto state = options_->environment->board->find(wanted.run_id)) return std::move(*state);
  auto [reply, promise] = begin_reply<run>(self_);
  find(wanted.run_id, [reply = reply](expected<run> found) { reply(std::move(found)); });
  return promise;
}

auto orchestrator_agent::list(call const&, list_runs const& wanted) -> caf::result<run_list> {
  auto [reply, promise] = begin_reply<run_list>(self_);
  auto const& environment = *options_->environment;
  environment.journal->list(
      wanted, in_context_of(self_, [this, reply = reply, status = wanted.status](expected<run_list> page) {
        if (page) {
          // What is going on is newer on the board than on disk.
          for (auto& entry : page->runs)
            if (!is_over(entry.status))
              if (auto live = options_->environment->board->find(entry.run_id)) entry = std::move(*live);
          std::erase_if(page->runs, [&](run const& entry) { return status && entry.status != *status; });
        }
        reply(std::move(page));
      }));
  return promise;
}

auto orchestrator_agent::cancel(call const&, cancel_run const& wanted) -> caf::result<run> {
  auto [reply, promise] = begin_reply<run>(self_);
  auto const done = [reply = reply](expected<run> outcome) { reply(std::move(outcome)); };
  wait_for(wanted.run_id, done);
  options_->environment->board->cancel(wanted.run_id);
  return promise;
}

} // namespace nexus::orchestrator
