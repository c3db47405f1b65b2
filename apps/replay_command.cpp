#include "actors/readiness/decide.hpp"
#include "actors/readiness/evidence.hpp"
#include "apps/command_line.hpp"
#include "messages/core/codec.hpp"

#include <fstream>

namespace nexus::apps {
namespace {

struct replay_options {
  std::string bundle;
  std::string decision;
};

/// Bundles are larger than settings; replay() has a limit of its own.
auto read_document(std::string const& path) -> expected<std::string> {
  auto file = std::ifstream{path, std::ios::binary};
  auto text = std::string{};
  constexpr auto limit = std::size_t{16} * 1024 * 1024;
  text.resize(limit + 1);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (!file && !file.eof())) return fail_at(path, errc::not_found, "the file cannot be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > limit) return fail_at(path, errc::too_large, "larger than {} bytes", limit);
  return text;
}

auto replay_file(replay_options const& options, command_line const& shared) -> int {
  auto const located = [&](error problem, std::string const& path) {
    problem.where = problem.where.empty() ? path : path + ": " + problem.where;
    return report(problem, problem.code == errc::corrupt ? failure : usage);
  };
  auto const text = read_document(options.bundle);
  if (!text) return report(text.error(), usage);
  auto const again = readiness::replay_bundle(*text);
  if (!again) return located(again.error(), options.bundle);
  auto differences = again->differences;
  if (!options.decision.empty()) {
    auto const stored = read_document(options.decision);
    if (!stored) return report(stored.error(), usage);
    auto const found = readiness::differences_from(*stored, again->result);
    if (!found) return located(found.error(), options.decision);
    differences.insert(differences.end(), found->begin(), found->end());
  }
  auto const& result = again->result;
  if (shared.json) {
    print(encode_json(result) + "\n");
  } else {
    auto const output = shared.output();
    auto const same = differences.empty();
    auto const held_against = again->recorded.has_value() || !options.decision.empty();
    print(fmt::format("{}  {} {}, score {}, decided {} by policy {} {}\n",
                      styled(output, same ? "32" : "31", same ? (held_against ? "OK" : "DERIVED") : "DIFFERENT"),
                      plain_line(result.release), name_of(result.verdict), readiness::show_number(result.score, 1),
                      format_timestamp(result.decided_at), plain_line(result.policy),
                      plain_line(result.policy_version)));
    print(fmt::format("bundle {}\n", result.bundle_sha256));
    if (!held_against) print("The bundle does not say what was decided; --decision FILE compares.\n");
  }
  for (auto const& difference : differences) note(difference);
  return differences.empty() ? exit_code_of(result.verdict) : static_cast<int>(failure);
}

} // namespace

void add_replay(CLI::App& app, command_line& shared) {
  auto options = std::make_shared<replay_options>();
  auto* command =
      add_command(app, shared, "replay",
                  "Derive a decision again from its evidence bundle and compare. Exit code of the verdict when it is\n"
                  "the same, 1 when it differs or the bundle was changed, 2 for what is no bundle.",
                  {"nexus replay evidence.json", "nexus replay evidence.json --decision decision.json",
                   "curl -s localhost:8080/decisions/ID/bundle > evidence.json && nexus replay evidence.json --json"});
  command->add_option("BUNDLE", options->bundle, "The bundle: nexus gate --bundle, GET /decisions/{id}/bundle")
      ->required();
  command->add_option("--decision", options->decision, "The decision as it was printed, to compare every member")
      ->type_name("FILE");
  command->callback([=, &shared] { shared.run = [=, &shared] { return replay_file(*options, shared); }; });
}

} // namespace nexus::apps
