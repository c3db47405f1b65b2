#include "actors/orchestrator/readiness_agent.hpp"

#include "actors/evidence/version.hpp"
#include "actors/readiness/badge.hpp"
#include "actors/readiness/baseline.hpp"
#include "actors/readiness/decide.hpp"

namespace nexus::orchestrator {
namespace {

using supervision::ask;

constexpr auto gathering_patience = std::chrono::seconds{20};
/// Decisions kept in memory while their evidence is fresh.
constexpr std::size_t most_fresh = 1'000;
/// Decisions among which earlier releases are looked for.
constexpr std::size_t most_looked_at = 500;

auto not_configured(std::vector<release_source> const& sources, std::string const& project) -> error {
  auto keys = std::vector<std::string>{};
  for (auto const& source : sources) keys.push_back(source.project);
  return {errc::not_found,
          fmt::format("no project '{}' is configured", project),
          "$.project",
          keys.empty() ? "list projects with repository and job under 'projects' in config/nexus.yaml"
                       : fmt::format("configured: {}", fmt::join(keys, ", ")),
          {}};
}

} // namespace

auto readiness_agent::make_behavior() -> readiness_agent_actor::behavior_type {
  return {
      [](continuation& next) { next.run(); },
      [this](call const& context, assess_release_readiness const& wanted) { return assess(context, wanted); },
      [this](call const& context, list_decisions const& wanted) { return list(context, wanted); },
      [this](call const& context, get_decision const& wanted) { return read(context, wanted); },
      [this](call const& context, get_decision_bundle const& wanted) { return read_bundle(context, wanted); },
      [this](call const& context, get_readiness_badge const& wanted) { return read_badge(context, wanted); },
  };
}

auto readiness_agent::assess(call const& context, assess_release_readiness const& wanted) -> caf::result<decision> {
  auto const policy = wanted.policy.value_or(options_->default_policy);
  if (!options_->policies.contains(policy)) {
    auto names = std::vector<std::string>{};
    for (auto const& [name, unused] : options_->policies) names.push_back(name);
    return to_caf({errc::not_found,
                   fmt::format("no policy named '{}'", policy),
                   "$.policy",
                   fmt::format("known: {}", fmt::join(names, ", ")),
                   {}});
  }
  auto const environment = wanted.environment.value_or("");
  if (auto const known = options_->policies.at(policy).effective({}, environment); !known) return to_caf(known.error());
  auto const max_age = options_->evidence_max_age.get();
  auto const sharing = max_age > std::chrono::milliseconds::zero();
  auto const key =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", wanted.release, wanted.project.value_or(""), policy, environment,
                  fmt::join(wanted.labels, "\n"), options_->writes ? options_->writes->load() : 0);
  if (sharing) {
    if (auto const known = fresh_.find(key);
        known != fresh_.end() && now(self_->system()) - known->second.gathered_at < max_age)
      return known->second.result;
  }
  auto [reply, promise] = begin_reply<decision>(self_);
  if (auto const running = running_.find(key); sharing && running != running_.end()) {
    running->second->waiting.push_back(std::move(reply));
    return promise;
  }
  auto task = std::make_shared<gathering>();
  task->context = context;
  task->context.idempotency_key.clear();
  // Others may join who have more time than the first one.
  task->context.deadline = now(self_->system()) + gathering_patience;
  task->key = key;
  task->policy = policy;
  task->environment = environment;
  task->labels = wanted.labels;
  task->waiting.push_back(std::move(reply));
  if (sharing) running_[key] = task;
  find_release(task, wanted);
  return promise;
}

void readiness_agent::find_release(task_ptr const& task, assess_release_readiness const& wanted) {
  auto candidates = std::vector<release_source>{};
  for (auto const& source : options_->sources)
    if (!wanted.project || source.project == *wanted.project) candidates.push_back(source);
  if (candidates.empty()) return fail_all(task, not_configured(options_->sources, wanted.project.value_or("")));

  struct search {
    std::size_t outstanding;
    std::vector<std::pair<release_source, std::string>> found;
    std::vector<std::string> there_is;
    std::vector<error> problems;
  };
  auto state = std::make_shared<search>(search{candidates.size(), {}, {}, {}});
  for (auto const& source : candidates) {
    ask(self_, options_->jira, task->context, list_releases{source.project},
        [this, task, state, source, written = wanted.release](expected<release_list> answer) {
          if (answer) {
            auto names = std::vector<std::string>{};
            for (auto const& release : answer->releases) names.push_back(release.version);
            if (auto const match = evidence::find_version(written, names))
              state->found.emplace_back(source, *match);
            else if (match.error().code == errc::refused)
              state->problems.push_back(match.error());
            for (auto const& name : names) state->there_is.push_back(source.project + " " + name);
          } else {
            state->problems.push_back(answer.error());
          }
          if (--state->outstanding > 0) return;
          if (state->found.size() == 1) {
            task->observed.source = state->found.front().first;
            task->observed.release = state->found.front().second;
            return gather(task);
          }
          if (state->found.size() > 1) {
            auto places = std::vector<std::string>{};
            for (auto const& [where, name] : state->found)
              places.push_back(fmt::format("{} ({})", where.project, name));
            return fail_all(task,
                            {errc::refused,
                             fmt::format("several projects have a release '{}': {}", written, fmt::join(places, ", ")),
                             "$.release",
                             "say which project",
                             {}});
          }
          if (!state->problems.empty()) return fail_all(task, state->problems.front());
          auto const more = state->there_is.size() > 20;
          if (more) state->there_is.erase(state->there_is.begin(), state->there_is.end() - 20);
          fail_all(task, {errc::not_found,
                          fmt::format("no release matches '{}'", written),
                          "$.release",
                          fmt::format("there is: {}{}", more ? "..., " : "", fmt::join(state->there_is, ", ")),
                          {}});
        });
  }
}

void readiness_agent::gather(task_ptr const& task) {
  auto const& source = task->observed.source;
  task->outstanding = 2;
  ask(self_, options_->jira, task->context, get_release_stats{source.project, task->observed.release},
      [this, task](expected<jira_release_stats> answer) {
        task->observed.tickets = std::move(answer);
        one_more(task);
      });
  ask(self_, options_->git_ci, task->context, find_release_candidate{source.repository, task->observed.release},
      [this, task](expected<release_candidate> answer) {
        task->observed.candidate = std::move(answer);
        if (!task->observed.candidate) {
          // Without a commit there is nothing whose build or alerts would be evidence for this release.
          auto const& problem = task->observed.candidate.error();
          task->observed.build = tl::unexpected{problem};
          task->observed.scan = tl::unexpected{problem};
          return one_more(task);
        }
        auto const& candidate = *task->observed.candidate;
        task->outstanding += 1;
        ask(self_, options_->git_ci, task->context,
            get_release_build{task->observed.source.job, candidate.commit, candidate.ref},
            [this, task](expected<build_status> build) {
              task->observed.build = std::move(build);
              one_more(task);
            });
        ask(self_, options_->git_ci, task->context,
            get_security_scan{task->observed.source.repository,
                              candidate.kind == ref_kind::tag ? "refs/tags/" + candidate.ref : candidate.ref},
            [this, task](expected<security_scan_result> scan) {
              task->observed.scan = std::move(scan);
              one_more(task);
            });
      });
}

void readiness_agent::one_more(task_ptr const& task) {
  if (--task->outstanding > 0) return;
  auto const& family = options_->policies.at(task->policy);
  auto const policy = family.effective(task->observed.source.project, task->environment);
  if (!policy) return fail_all(task, policy.error());
  task->observed.observed_at = now(self_->system());
  if ((*policy)->baseline_releases() == 0) return decide(task, **policy, {});
  find_baselines(task, **policy);
}

void readiness_agent::find_baselines(task_ptr const& task, readiness::policy const& policy) {
  struct search {
    std::size_t outstanding;
    std::vector<baseline_release> found;
  };
  // Policies live as long as the options.
  auto const read_bundles = [this, task, &policy](std::vector<baseline_release> wanted) {
    if (wanted.empty()) return decide(task, policy, {});
    auto state = std::make_shared<search>(search{wanted.size(), std::move(wanted)});
    for (std::size_t i = 0; i < state->found.size(); ++i)
      options_->store->find(
          "bundles", state->found[i].decision_id,
          in_context_of(self_, [this, task, &policy, state, i](expected<std::optional<store::document>> bundle) {
            // What cannot be read was not known then: the policy says what that counts as.
            if (bundle && *bundle)
              if (auto known = readiness::baseline_of((*bundle)->body)) state->found[i] = std::move(*known);
            if (--state->outstanding == 0) decide(task, policy, std::move(state->found));
          }));
  };
  options_->store->list({.collection = "decisions",
                         .where = {{"project", task->observed.source.project}},
                         .newest_first = true,
                         .limit = most_looked_at},
                        in_context_of(self_, [this, task, &policy, read_bundles](expected<store::page> page) {
                          if (!page) return fail_all(task, page.error());
                          auto candidates = std::vector<baseline_release>{};
                          for (auto const& document : page->documents) {
                            auto const stored = decode_json_text<decision>(document.body, decode_mode::open);
                            if (stored && stored->release != task->observed.release)
                              candidates.push_back(
                                  {stored->release, stored->decision_id, stored->decided_at, stored->verdict, {}});
                          }
                          read_bundles(readiness::relevant_baselines(
                              policy, readiness::earlier_releases(task->observed.release, std::move(candidates))));
                        }));
}

void readiness_agent::decide(task_ptr const& task, readiness::policy const& policy,
                             std::vector<baseline_release> baselines) {
  auto const gathered_at = task->observed.observed_at;
  auto evidence = evidence_of(task->observed);
  auto const id = "dec_" + options_->ids->next();
  auto outcome = readiness::decide(policy,
                                   {.decision_id = id,
                                    .release = task->observed.release,
                                    .project = task->observed.source.project,
                                    .commit = evidence.commit,
                                    .environment = task->environment,
                                    .labels = task->labels,
                                    .baselines = std::move(baselines)},
                                   std::move(evidence.items), gathered_at, std::move(evidence.degraded_reasons));
  options_->count_decision(outcome.result.verdict);

  auto batch = store::batch{.traceparent = task->context.traceparent};
  batch.operations.push_back(store::put{"decisions",
                                        id,
                                        encode_json(outcome.result),
                                        {{"release", outcome.result.release}, {"project", outcome.result.project}},
                                        {}});
  batch.operations.push_back(
      store::put{"bundles", id, std::move(outcome.bundle_json), {{"sha256", outcome.result.bundle_sha256}}, {}});
  options_->store->commit(
      std::move(batch),
      in_context_of(self_, [this, task, gathered_at, result = std::move(outcome.result)](expected<void> done) {
        if (!done) return fail_all(task, done.error());
        running_.erase(task->key);
        if (options_->evidence_max_age.get() > std::chrono::milliseconds::zero()) {
          forget_stale();
          fresh_[task->key] = {gathered_at, result};
        }
        for (auto const& reply : task->waiting) reply(result);
      }));
}

void readiness_agent::forget_stale() {
  auto const time = now(self_->system());
  auto const max_age = options_->evidence_max_age.get();
  std::erase_if(fresh_, [&](auto const& entry) { return time - entry.second.gathered_at >= max_age; });
  if (fresh_.size() >= most_fresh) fresh_.erase(fresh_.begin());
}

void readiness_agent::fail_all(task_ptr const& task, error const& problem) {
  running_.erase(task->key);
  for (auto const& reply : task->waiting) reply(tl::unexpected{problem});
}

// -- stored decisions
// ---------------------------------------------------------------------------------------------------------------

auto readiness_agent::list(call const&, list_decisions const& wanted) -> caf::result<decision_list> {
  auto [reply, promise] = begin_reply<decision_list>(self_);
  auto query = store::listing{.collection = "decisions", .newest_first = true, .limit = wanted.limit};
  if (wanted.release) query.where["release"] = *wanted.release;
  if (wanted.project) query.where["project"] = *wanted.project;
  query.after = wanted.cursor.value_or("");
  options_->store->list(std::move(query), in_context_of(self_, [reply = reply](expected<store::page> page) {
                          if (!page) return reply(tl::unexpected{page.error()});
                          auto answer = decision_list{};
                          for (auto const& document : page->documents) {
                            auto stored = decode_json_text<decision>(document.body, decode_mode::open);
                            if (!stored) return reply(tl::unexpected{stored.error()});
                            answer.decisions.push_back(std::move(*stored));
                          }
                          if (!page->next.empty()) answer.next_cursor = page->next;
                          reply(std::move(answer));
                        }));
  return promise;
}

namespace {

auto no_decision(std::string const& id) -> error {
  return {errc::not_found,
          fmt::format("no decision '{}'", id.substr(0, 64)),
          "$.decision_id",
          "list them with GET /decisions",
          {}};
}

} // namespace

auto readiness_agent::read(call const&, get_decision const& wanted) -> caf::result<decision> {
  auto [reply, promise] = begin_reply<decision>(self_);
  options_->store->find(
      "decisions", wanted.decision_id,
      in_context_of(self_, [reply = reply, id = wanted.decision_id](expected<std::optional<store::document>> found) {
        if (!found) return reply(tl::unexpected{found.error()});
        if (!*found) return reply(tl::unexpected{no_decision(id)});
        reply(decode_json_text<decision>((*found)->body, decode_mode::open));
      }));
  return promise;
}

auto readiness_agent::read_bundle(call const&, get_decision_bundle const& wanted) -> caf::result<raw_document> {
  auto [reply, promise] = begin_reply<raw_document>(self_);
  options_->store->find(
      "bundles", wanted.decision_id,
      in_context_of(self_, [reply = reply, id = wanted.decision_id](expected<std::optional<store::document>> found) {
        if (!found) return reply(tl::unexpected{found.error()});
        if (!*found) return reply(tl::unexpected{no_decision(id)});
        reply(raw_document{"application/json", std::move((*found)->body)});
      }));
  return promise;
}

auto readiness_agent::read_badge(call const&, get_readiness_badge const& wanted) -> caf::result<raw_document> {
  auto [reply, promise] = begin_reply<raw_document>(self_);
  auto query = store::listing{.collection = "decisions", .newest_first = true, .limit = 1};
  query.where["release"] = wanted.release;
  if (wanted.project) query.where["project"] = *wanted.project;
  options_->store->list(std::move(query), in_context_of(self_, [reply = reply, wanted](expected<store::page> page) {
                          if (!page) return reply(tl::unexpected{page.error()});
                          auto const* newest = page->documents.empty() ? nullptr : &page->documents.front();
                          auto const stored = newest ? decode_json_text<decision>(newest->body, decode_mode::open)
                                                     : expected<decision>{decision{.release = wanted.release}};
                          if (!stored) return reply(tl::unexpected{stored.error()});
                          reply(raw_document{"image/svg+xml", readiness::render_badge(*stored), "max-age=60"});
                        }));
  return promise;
}

} // namespace nexus::orchestrator
