#include "actors/reporting/reporting_agent.hpp"

#include "actors/reporting/render_report.hpp"
#include "actors/reporting/report_text.hpp"
#include "messages/core/codec.hpp"
#include "messages/core/digest.hpp"

namespace nexus::reporting {
namespace {

constexpr auto bundle_limits = json_limits{.bytes = 16 * 1024 * 1024, .depth = 64};

/// The report's members of a publication: those that stand apart go before the others.
auto subject_of(publish_report const& wanted) -> report_subject {
  auto result = static_cast<report_subject const&>(wanted);
  if (!wanted.report_data) return result;
  auto const prefer = [](auto& mine, auto const& apart) {
    if (apart) mine = apart;
  };
  auto const& apart = *wanted.report_data;
  prefer(result.release, apart.release);
  prefer(result.project, apart.project);
  prefer(result.decision_id, apart.decision_id);
  prefer(result.report_id, apart.report_id);
  prefer(result.stats, apart.stats);
  if (!apart.jira_tickets.empty()) result.jira_tickets = apart.jira_tickets;
  if (!apart.builds.empty()) result.builds = apart.builds;
  if (!apart.security_scans.empty()) result.security_scans = apart.security_scans;
  return result;
}

/// What a page keeps of the outcome: "NO_GO", or "NO_GO dec_..." for a stored decision.
auto note_of(report const& made) -> std::string {
  auto text = std::string{name_of(made.decision.verdict)};
  return made.is_stored() ? text + ' ' + made.decision.decision_id : text;
}

void read_note(std::string_view note, published_report& into) {
  auto const blank = note.find(' ');
  for (auto const& each : descriptor_of<release_decision>().enumerators)
    if (each.name == note.substr(0, blank)) into.decision = static_cast<release_decision>(each.value);
  if (blank != std::string_view::npos) into.decision_id = note.substr(blank + 1);
}

/// The context of a question that serves a write.
auto for_reading(call context) -> call {
  context.idempotency_key.clear();
  context.recovering = false;
  return context;
}

} // namespace

reporting_agent::reporting_agent(reporting_agent_actor::pointer self,
                                 std::shared_ptr<reporting_agent_options const> options)
    : self_(self),
      options_(std::move(options)),
      http_(options_->transport, options_->client, http::environment_of(self, options_->random)),
      confluence_(options_->confluence, http_.as_exchange(), [system = &self->system()] { return now(*system); }) {}

auto reporting_agent::make_behavior() -> reporting_agent_actor::behavior_type {
  return {
      [](continuation& next) { next.run(); },
      [this](call const& context, generate_report const& wanted) { return generate(context, wanted); },
      [this](call const& context, preview_report const& wanted) { return preview(context, wanted); },
      [this](call const& context, publish_report const& wanted) { return publish(context, wanted); },
      [this](call const&, analyze_readiness const& wanted) -> caf::result<readiness_analysis> {
        return analyze(wanted);
      },
  };
}

// -- handlers
// --------------------------------------------------------------------------------------------------------------------

auto reporting_agent::generate(call const& context, generate_report const& wanted) -> caf::result<generated_report> {
  auto [reply, promise] = begin_reply<generated_report>(self_);
  compose(context, wanted, [this, reply = reply, format = wanted.format](expected<report> made) {
    if (!made) return reply(tl::unexpected{std::move(made.error())});
    auto text = render(*made, format);
    auto answer = generated_report{};
    answer.format = format;
    answer.size_bytes = static_cast<std::int64_t>(text.size());
    auto& place = format == report_format::html       ? answer.html
                  : format == report_format::markdown ? answer.markdown
                                                      : answer.storage;
    place = std::move(text);
    answer.report_id = made->id;
    answer.decision = made->decision.verdict;
    answer.rationale = made->decision.rationale;
    if (made->is_stored()) answer.decision_id = made->decision.decision_id;
    answer.not_available = not_available(*made);
    options_->count("generated");
    reply(std::move(answer));
  });
  return promise;
}

auto reporting_agent::preview(call const& context, preview_report const& wanted) -> caf::result<raw_document> {
  auto [reply, promise] = begin_reply<raw_document>(self_);
  auto subject = report_subject{};
  subject.release = wanted.release_version;
  subject.project = wanted.project;
  compose(context, std::move(subject), [this, reply = reply, release = wanted.release_version](expected<report> made) {
    constexpr auto type = "text/html; charset=utf-8";
    if (made) {
      options_->count("preview");
      return reply(raw_document{type, render(*made, report_format::html)});
    }
    auto const& problem = made.error();
    // There is no such release: a person who looks at the page is told so on the page.
    if (problem.code != errc::not_found && problem.code != errc::refused) return reply(tl::unexpected{problem});
    reply(raw_document{type, render_absence(fmt::format("There is no report of {}", release), problem.render())});
  });
  return promise;
}

auto reporting_agent::publish(call const& context, publish_report const& wanted) -> caf::result<published_report> {
  auto [reply, promise] = begin_reply<published_report>(self_);
  auto const title = clean(wanted.title, 250);
  if (title.empty()) {
    reply(fail_at("$.title", errc::invalid_argument, "the title shows nothing"));
    return promise;
  }
  auto const key = sha256_hex(context.idempotency_key);
  auto subject = subject_of(wanted);
  // The same publication is the same report.
  if (!subject.report_id) subject.report_id = "rep_" + key.substr(0, 16);
  compose(for_reading(context), std::move(subject),
          [this, context, wanted, title, key, reply = reply](expected<report> made) {
            if (!made)
              return reply(
                  tl::unexpected{context.recovering ? unsettled(std::move(made.error())) : std::move(made.error())});
            auto draft = page_draft{.space_key = wanted.space_key,
                                    .title = title,
                                    .page_id = wanted.page_id,
                                    .parent_id = wanted.parent_id,
                                    .storage = {},
                                    .publication = "nexus-" + key.substr(0, 24),
                                    .note = note_of(*made)};
            made->publication = draft.publication + ' ' + draft.note;
            draft.storage = render(*made, report_format::storage);
            confluence_.publish(context, std::move(draft),
                                [this, report_id = made->id, reply](expected<published_page> page) {
                                  if (!page) return reply(tl::unexpected{std::move(page.error())});
                                  options_->count("confluence");
                                  auto answer = published_report{.page_id = page->page_id,
                                                                 .title = page->title,
                                                                 .url = page->url,
                                                                 .space_key = page->space_key,
                                                                 .version = page->version,
                                                                 .created = page->created,
                                                                 .report_id = report_id,
                                                                 .decision = {},
                                                                 .decision_id = {}};
                                  read_note(page->note, answer);
                                  reply(std::move(answer));
                                });
          });
  return promise;
}

auto reporting_agent::analyze(analyze_readiness const& wanted) -> readiness_analysis {
  return analysis_of(decide_on(*options_->policy, wanted.stats, {}, {}, now(self_->system())));
}

// -- composing
// -------------------------------------------------------------------------------------------------------------------

void reporting_agent::compose(call const& context, report_subject subject, rest::continuation<report> done) {
  auto started = report{};
  started.id = subject.report_id ? *subject.report_id : "rep_" + options_->make_id();
  started.stated = std::move(subject.stats);
  started.tickets = std::move(subject.jira_tickets);
  started.builds = std::move(subject.builds);
  started.scans = std::move(subject.security_scans);
  auto const take = [this, context, started, done](expected<decision> made) mutable {
    if (!made) return done(tl::unexpected{std::move(made.error())});
    started.decision = std::move(*made);
    add_evidence(context, std::move(started), std::move(done));
  };
  if (subject.decision_id)
    return supervision::ask(self_, options_->readiness, context, get_decision{*subject.decision_id}, take);
  if (subject.release && !started.stated) {
    auto wanted = assess_release_readiness{};
    wanted.release = *subject.release;
    wanted.project = subject.project;
    return supervision::ask(self_, options_->readiness, context, std::move(wanted), take);
  }
  auto const time = now(self_->system());
  started.generated_at = time;
  if (!started.stated) started.stated.emplace();
  started.evidence = stated_evidence(*started.stated, time);
  started.decision =
      decide_on(*options_->policy, *started.stated, subject.release.value_or(""), subject.project.value_or(""), time);
  done(std::move(started));
}

void reporting_agent::add_evidence(call const& context, report started, rest::continuation<report> done) {
  auto const id = started.decision.decision_id;
  supervision::ask(self_, options_->readiness, context, get_decision_bundle{id},
                   [this, started = std::move(started), done = std::move(done)](expected<raw_document> got) mutable {
                     if (!got) return done(tl::unexpected{std::move(got.error())});
                     auto bundle = decode_json_text<evidence_bundle>(got->body, decode_mode::open, bundle_limits);
                     if (!bundle) return done(tl::unexpected{std::move(bundle.error())});
                     started.evidence = std::move(bundle->items);
                     // Now, since the evidence may have been gathered for this report.
                     started.generated_at = now(self_->system());
                     done(std::move(started));
                   });
}

} // namespace nexus::reporting
