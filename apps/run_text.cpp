#include "apps/run_text.hpp"

#include "actors/evidence/report_file.hpp"
#include "actors/readiness/evidence.hpp"
#include "apps/table.hpp"
#include "messages/core/codec.hpp"

namespace nexus::apps {
namespace {

/// Of what a step brought, on its line.
constexpr auto text_limit = std::size_t{160};

auto list(std::string_view title, std::vector<std::string> const& items, terminal const& where) -> std::string {
  if (items.empty()) return {};
  auto text = "\n" + styled(where, "1", title) + "\n";
  for (auto const& item : items) text += "  - " + plain_line(item) + "\n";
  return text;
}

} // namespace

auto style_of(release_decision verdict) -> std::string {
  switch (verdict) {
  case release_decision::go:
    return "32";
  case release_decision::no_go:
    return "31";
  default:
    return "33";
  }
}

auto style_of(run_status status) -> std::string {
  switch (status) {
  case run_status::success:
    return "32";
  case run_status::failed:
  case run_status::timeout:
  case run_status::needs_attention:
    return "31";
  default:
    return "33";
  }
}

auto answer_text(query_answer const& answer, terminal const& where) -> std::string {
  auto text = std::string{};
  if (!answer.result.empty()) text += plain_text(answer.result) + "\n";
  if (answer.decision) {
    text += "\nDecision  " + styled(where, style_of(*answer.decision), name_of(*answer.decision));
    if (answer.score) text += fmt::format(", score {} of 100", readiness::show_number(*answer.score, 1));
    if (answer.decision_id) text += fmt::format(" ({})", plain_line(*answer.decision_id));
    text += "\n";
  }
  text += list("Sources", answer.evidence, where);
  if (answer.degraded) text += list("Not everything could be read", answer.degraded_reasons, where);
  return text;
}

auto answer_of(run const& finished) -> query_answer {
  return {.query = finished.query,
          .result = finished.result.value_or(""),
          .plan = finished.plan.value_or(""),
          .steps = static_cast<std::uint32_t>(finished.steps.size()),
          .status = finished.status,
          .run_id = finished.run_id,
          .trace_id = finished.trace_id,
          .tokens_used = finished.tokens_used,
          .decision = finished.decision,
          .decision_id = finished.decision_id,
          .score = finished.score,
          .degraded = finished.degraded,
          .degraded_reasons = finished.degraded_reasons,
          .evidence = finished.evidence,
          .error = finished.error};
}

auto step_text(react_step const& step, terminal const& where) -> std::string {
  auto text = styled(where, "2", fmt::format("{:>3}", step.step_number)) + "  ";
  if (step.action) {
    text += styled(where, "1", plain_line(*step.action));
    if (!step.action_input.text.empty()) text += " " + plain_line(step.action_input.text);
    if (step.observation)
      text += styled(where, "2", " -> " + plain_line(evidence::clip(*step.observation, text_limit)));
  } else {
    text += plain_line(evidence::clip(step.thought, text_limit));
  }
  return text + styled(where, "2", fmt::format("  ({:.0f} ms)", step.duration_ms)) + "\n";
}

auto run_text(run const& shown, terminal const& where) -> std::string {
  auto text = fmt::format("Run       {}\nQuestion  {}\nStatus    {}\nCreated   {}\n", plain_line(shown.run_id),
                          plain_line(shown.query), styled(where, style_of(shown.status), name_of(shown.status)),
                          format_timestamp(shown.created_at));
  if (shown.finished_at) text += fmt::format("Finished  {}\n", format_timestamp(*shown.finished_at));
  if (shown.error) text += fmt::format("Error     {}\n", plain_line(*shown.error));
  if (!shown.steps.empty()) text += "\n" + styled(where, "1", "Steps") + "\n";
  for (auto const& step : shown.steps) text += step_text(step, where);
  if (auto const answer = answer_text(answer_of(shown), where); !answer.empty()) text += "\n" + answer;
  return text;
}

} // namespace nexus::apps
