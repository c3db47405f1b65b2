#include "actors/readiness/announce.hpp"

#include "actors/readiness/evidence.hpp"
#include "messages/core/codec.hpp"

#include <algorithm>

namespace nexus::readiness {
namespace {

auto is_success(release_decision verdict) -> bool {
  return verdict == release_decision::go || verdict == release_decision::conditional;
}

/// A part of a URI reference: what is no letter or digit is escaped.
auto uri_part(std::string_view text) -> std::string {
  auto result = std::string{};
  for (auto const c : text) {
    auto const plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    result += plain ? std::string{c} : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return result;
}

} // namespace

auto cdevent_of(decision const& decision) -> std::string {
  auto const outcome = is_success(decision.verdict)                  ? "success"
                       : decision.verdict == release_decision::no_go ? "failure"
                                                                     : "error";
  auto const source = "/nexus/" + (decision.project.empty() ? std::string{"gate"} : uri_part(decision.project));
  auto content = nlohmann::ordered_json{
      {"environment", {{"id", decision.environment.empty() ? "unspecified" : decision.environment}}},
      {"outcome", outcome},
      {"reason", decision.rationale},
      {"testSuite",
       {{"id", "nexus-policy-" + decision.policy}, {"name", decision.policy}, {"version", decision.policy_version}}}};
  if (decision.verdict == release_decision::no_go) content["severity"] = "high";
  auto const event = nlohmann::ordered_json{
      {"context",
       {{"specversion", "0.5.0"},
        {"id", decision.decision_id},
        {"source", source},
        {"type", "dev.cdevents.testsuiterun.finished.0.3.0"},
        {"timestamp", format_timestamp(decision.decided_at)}}},
      {"subject", {{"id", decision.release}, {"source", source}, {"content", std::move(content)}}},
      {"customData",
       {{"verdict", name_of(decision.verdict)},
        {"score", decision.score},
        {"release", decision.release},
        {"commit", decision.commit},
        {"decisionId", decision.decision_id},
        {"policySha256", decision.policy_sha256},
        {"bundleSha256", decision.bundle_sha256},
        {"blockers", decision.blockers},
        {"unknowns", decision.unknowns},
        {"risks", decision.risks}}},
      {"customDataContentType", "application/json"}};
  return event.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

auto commit_status_of(decision const& decision, std::string repository) -> set_commit_status {
  return {.repo_name = std::move(repository),
          .commit = decision.commit,
          .state = is_success(decision.verdict)                  ? commit_state::success
                   : decision.verdict == release_decision::no_go ? commit_state::failure
                                                                 : commit_state::error,
          .context = "nexus/readiness",
          .description = decision.rationale,
          .target_url = {}};
}

} // namespace nexus::readiness
