#include "actors/readiness/render.hpp"
#include "apps/command_line.hpp"
#include "apps/gate.hpp"
#include "apps/gate_outputs.hpp"
#include "apps/server_client.hpp"
#include "apps/wall_clock.hpp"
#include "messages/core/codec.hpp"

#include <fstream>

namespace nexus::apps {
namespace {

struct gate_options {
  std::string repository = ".";
  std::string release;
  std::optional<std::string> since;
  std::vector<std::string> junit;
  std::vector<std::string> coverage;
  std::vector<std::string> sarif;
  std::optional<std::string> policy;
  std::optional<std::string> project;
  std::string environment;
  std::vector<std::string> labels;
  std::vector<std::string> baselines;
  std::string now;
  bool markdown = false;
  gate_outputs outputs;
  server_options server;
};

auto shown(decision const& decision, std::string json, gate_options const& options, command_line const& shared)
    -> std::string {
  if (options.outputs.cdevents == "-") return readiness::cdevent_of(decision) + "\n";
  if (shared.json) return std::move(json) + "\n";
  if (options.markdown) return readiness::render_markdown(decision);
  auto const output = shared.output();
  return readiness::render_text(decision, {.width = output.width, .colour = output.colour, .unicode = output.unicode});
}

auto moment(std::string const& written) -> expected<timestamp> {
  if (written.empty()) return wall_clock();
  auto time = parse_timestamp(written);
  if (!time) return fail_at("--now", errc::invalid_argument, "'{}' is no time like 2026-03-02T09:00:00Z", written);
  return time;
}

/// Writes what is wanted, prints the decision, tells GitHub.
auto finish(decision const& decision, std::string json, std::string const& bundle, gate_options const& options,
            command_line const& shared) -> int {
  if (auto const written = write_outputs(options.outputs, decision, bundle); !written)
    return report(written.error(), usage);
  print(shown(decision, std::move(json), options, shared));
  auto const code = exit_code_of(decision.verdict);
  if (!options.outputs.github_status) return code;
  auto const told = tell_github(decision);
  if (told) return code;
  // The verdict is what a pipeline waits for; a GO of which nobody heard is no success.
  auto const failed = report(told.error());
  return code == success ? failed : code;
}

auto gate_on_files(gate_options const& options, command_line const& shared) -> int {
  auto const now = moment(options.now);
  if (!now) return report(now.error(), usage);
  auto const outcome = judge_files({.files = {.repository = {.path = options.repository,
                                                             .release_ref = options.release,
                                                             .since_ref = options.since,
                                                             .now = *now},
                                              .junit = options.junit,
                                              .coverage = options.coverage,
                                              .sarif = options.sarif},
                                    .policy = options.policy,
                                    .project = options.project.value_or(""),
                                    .environment = options.environment,
                                    .labels = options.labels,
                                    .baselines = options.baselines});
  if (!outcome) return report(outcome.error(), usage);
  return finish(outcome->result, encode_json(outcome->result), outcome->bundle_json, options, shared);
}

auto gate_on_server(gate_options const& options, command_line const& shared) -> int {
  auto client = server_client::open(options.server);
  if (!client) return report(client.error(), usage);
  auto target = "/readiness/" + http::percent_encode(options.release);
  auto separator = '?';
  auto const add = [&](std::string_view name, std::string const& value) {
    if (value.empty()) return;
    target += fmt::format("{}{}={}", separator, name, http::percent_encode(value));
    separator = '&';
  };
  add("project", options.project.value_or(""));
  add("policy", options.policy.value_or(""));
  add("environment", options.environment);
  add("labels", fmt::format("{}", fmt::join(options.labels, ",")));
  auto const answer = client->get(target, fmt::format("judging {}", options.release));
  if (!answer) return report(answer.error());
  auto const decided = decode_json_text<decision>(answer->body, decode_mode::open, {.bytes = 16 * 1024 * 1024});
  if (!decided) return report({errc::upstream, "the server's answer is no decision", client->url(), {}, {}});
  auto bundle = std::string{};
  if (!options.outputs.bundle.empty()) {
    auto answered = client->get("/decisions/" + http::percent_encode(decided->decision_id) + "/bundle");
    if (!answered) return report(answered.error());
    bundle = std::move(answered->body);
  }
  return finish(*decided, answer->body, bundle, options, shared);
}

} // namespace

void add_gate(CLI::App& app, command_line& shared) {
  auto options = std::make_shared<gate_options>();
  auto* command =
      add_command(app, shared, "gate",
                  "Judge a release: GO (exit code 0), CONDITIONAL (10), INCONCLUSIVE (20) or NO_GO (30).\n"
                  "Without --server it judges a git repository and report files, which needs no server.",
                  {"nexus gate --release v2.0.0 --junit 'reports/*.xml' --coverage coverage.xml --sarif scan.sarif",
                   "nexus gate --release HEAD --junit 'reports/**/*.xml' --markdown >> \"$GITHUB_STEP_SUMMARY\"",
                   "nexus gate --release v2.0.0 --policy release.yaml --json --bundle evidence.json",
                   "nexus gate --server http://127.0.0.1:8080 --release v2.0.0 --project NEXUS"});
  command->add_option("--release", options->release, "The release: a tag, branch or commit; with --server its name")
      ->type_name("REF")
      ->required();
  add_server_options(*command, options->server);
  auto* server = command->get_option("--server");
  server->description("Ask this running server instead of judging files")->default_str("");
  command->add_option("--project", options->project, "Key of the project that the release belongs to")
      ->type_name("KEY");
  command->add_option("--environment", options->environment, "Where it is to go: one of the policy's environments")
      ->type_name("NAME");
  command->add_option("--label", options->labels, "What the release is, for exemptions from freezes; several times")
      ->type_name("LABEL");
  for (auto const* name : {"--server", "--token-file", "--timeout"}) command->get_option(name)->group("With a server");

  command->add_option("--repo", options->repository, "The git repository")->type_name("DIR")->capture_default_str();
  command->add_option("--since", options->since, "Where the changes begin; else at the previous version's tag")
      ->type_name("REF");
  command->add_option("--junit", options->junit, "JUnit XML files; may be given several times")->type_name("GLOB");
  command->add_option("--coverage", options->coverage, "Cobertura or LCOV files")->type_name("FILE");
  command->add_option("--sarif", options->sarif, "SARIF files")->type_name("FILE");
  command->add_option("--now", options->now, "The time of the decision, for a result that can be repeated")
      ->type_name("RFC3339");
  command
      ->add_option("--baseline", options->baselines,
                   "Evidence bundles of earlier releases, for criteria such as '>= previous'")
      ->type_name("FILE");
  for (auto const* name : {"--repo", "--since", "--junit", "--coverage", "--sarif", "--baseline", "--now"})
    command->get_option(name)->excludes(server)->group("On files");

  command->add_option("--policy", options->policy, "Policy file instead of the built-in one; with --server its name")
      ->type_name("FILE");
  auto& outputs = options->outputs;
  command->add_option("--bundle", outputs.bundle, "Also write the evidence bundle to this file")->type_name("FILE");
  command->add_option("--badge", outputs.badge, "Also write a badge (SVG) to this file")->type_name("FILE");
  command
      ->add_option("--cdevents", outputs.cdevents, "Also write the decision as a CDEvent (JSON); - for standard output")
      ->type_name("FILE");
  command->add_flag("--github-status", outputs.github_status,
                    "Also set the commit's status by GITHUB_TOKEN, GITHUB_REPOSITORY and GITHUB_SHA");
  command->add_flag("--markdown", options->markdown, "Markdown, for a comment on a pull request")
      ->excludes(command->get_option("--json"));
  for (auto const* name : {"--bundle", "--badge", "--cdevents", "--github-status", "--markdown"})
    command->get_option(name)->group("Output");
  command->callback([=, &shared] {
    shared.run = [=, &shared] {
      return server->count() > 0 ? gate_on_server(*options, shared) : gate_on_files(*options, shared);
    };
  });
}

} // namespace nexus::apps
