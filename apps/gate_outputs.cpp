#include "apps/gate_outputs.hpp"

#include "actors/git_ci/github_client.hpp"
#include "actors/readiness/badge.hpp"
#include "apps/wall_clock.hpp"
#include "runtime/http/curl_transport.hpp"

#include <cstdlib>
#include <fstream>
#include <future>

namespace nexus::apps {
namespace {

constexpr auto patience = std::chrono::seconds{30};

auto write_file(std::string const& path, std::string_view text, std::string_view what) -> expected<void> {
  auto file = std::ofstream{path, std::ios::binary | std::ios::trunc};
  file << text;
  file.close();
  if (!file) return fail_at(path, errc::invalid_argument, "{} could not be written", what);
  return {};
}

auto variable(char const* name) -> std::string {
  auto const* value = std::getenv(name);
  return value ? value : "";
}

auto required(char const* name) -> expected<std::string> {
  auto value = variable(name);
  if (!value.empty()) return value;
  auto problem = fail_at("--github-status", errc::invalid_argument, "the variable {} is not set", name);
  problem.value().remedy = "GitHub Actions sets GITHUB_REPOSITORY and GITHUB_SHA; the token comes from 'github.token'";
  return problem;
}

} // namespace

auto write_outputs(gate_outputs const& wanted, decision const& decision, std::string const& bundle) -> expected<void> {
  if (!wanted.bundle.empty())
    if (auto done = write_file(wanted.bundle, bundle, "the evidence bundle"); !done) return done;
  if (!wanted.badge.empty())
    if (auto done = write_file(wanted.badge, readiness::render_badge(decision), "the badge"); !done) return done;
  if (!wanted.cdevents.empty() && wanted.cdevents != "-")
    return write_file(wanted.cdevents, readiness::cdevent_of(decision) + "\n", "the event");
  return {};
}

auto tell_github(decision const& decision) -> expected<void> {
  auto const token = required("GITHUB_TOKEN");
  if (!token) return tl::unexpected{token.error()};
  auto const repository = required("GITHUB_REPOSITORY");
  if (!repository) return tl::unexpected{repository.error()};
  auto status = readiness::commit_status_of(decision, *repository);
  if (auto const sha = variable("GITHUB_SHA"); !sha.empty()) status.commit = sha;
  if (auto const run = variable("GITHUB_RUN_ID"), server = variable("GITHUB_SERVER_URL");
      !run.empty() && !server.empty())
    status.target_url = fmt::format("{}/{}/actions/runs/{}", server, *repository, run);

  auto settings = git_ci::github_settings{.token = *token};
  if (auto const url = variable("GITHUB_API_URL"); !url.empty()) settings.url = url;
  while (settings.url.ends_with('/')) settings.url.pop_back();
  auto carrier = http::curl_transport{http::curl_options{.user_agent = std::string{"nexus-cli/"} + NEXUS_VERSION}};
  auto const client = git_ci::github_client{settings,
                                            [&](call const&, http::request outbound, http::response_callback done) {
                                              carrier.send(std::move(outbound), patience, std::move(done));
                                            },
                                            wall_clock};
  auto answer = std::promise<expected<commit_status>>{};
  client.write({.idempotency_key = decision.decision_id}, status,
               [&](expected<commit_status> outcome) { answer.set_value(std::move(outcome)); });
  return answer.get_future().get().map([](commit_status const&) {});
}

} // namespace nexus::apps
