#include "apps/command_line.hpp"
#include "apps/policy_files.hpp"
#include "apps/policy_report.hpp"
#include "messages/core/codec.hpp"
#include "runtime/settings/settings.hpp"

#include <filesystem>

namespace nexus::apps {
namespace {

struct policy_options {
  std::vector<std::string> files;
  std::string project;
  std::string environment;
  bool of_cases = false;
};

auto dumped(nlohmann::ordered_json const& document) -> std::string {
  return document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

auto validate(policy_options const& options, command_line const& shared) -> int {
  auto files = nlohmann::ordered_json::array();
  auto valid = true;
  for (auto const& name : options.files) {
    auto const family = load_policy_or_problems(name);
    auto entry =
        nlohmann::ordered_json{{"file", name}, {"valid", family.has_value()}, {"problems", nlohmann::json::array()}};
    if (family) {
      auto const& source = family->base().source();
      entry["name"] = source.name;
      entry["version"] = source.version;
      entry["sha256"] = family->base().sha256();
      entry["projects"] = family->projects();
      entry["environments"] = family->environments();
      if (!shared.json)
        print(fmt::format("{}: valid, policy {} {} with {} objectives\n", plain_line(name), plain_line(source.name),
                          plain_line(source.version), source.objectives.size()));
    } else {
      valid = false;
      for (auto const& problem : family.error()) {
        entry["problems"].push_back(
            {{"where", problem.where}, {"message", problem.message}, {"remedy", problem.remedy}});
        if (!shared.json) note(problem.render());
      }
    }
    files.push_back(std::move(entry));
  }
  if (shared.json) print(dumped({{"valid", valid}, {"files", std::move(files)}}));
  return valid ? success : usage;
}

/// The policy for the project and environment that were chosen; says what is wrong with it.
auto effective(std::string const& name, policy_options const& options) -> std::optional<readiness::policy> {
  auto const family = load_policy_or_problems(name);
  if (!family) {
    for (auto const& problem : family.error()) note(problem.render());
    return {};
  }
  auto const policy = family->effective(options.project, options.environment);
  if (policy) return **policy;
  auto problem = policy.error();
  problem.where = "--environment";
  report(problem);
  return {};
}

auto explain(policy_options const& options, command_line const& shared) -> int {
  auto const policy = effective(options.files.front(), options);
  if (!policy) return usage;
  print(shared.json ? encode_json(policy->source()) + "\n" : render_policy(*policy, shared.output()));
  return success;
}

auto compare(policy_options const& options, command_line const& shared) -> int {
  auto const before = effective(options.files[0], options);
  auto const after = effective(options.files[1], options);
  if (!before || !after) return usage;
  auto const difference = readiness::difference_between(*before, *after);
  print(shared.json ? encode_json(difference) + "\n" : render_difference(difference, shared.output()));
  return difference.empty() ? success : failure;
}

/// Cases and the policy that they are about: of a policy its cases lie beside it ("release.test.yaml").
struct cases_with_policy {
  std::string file;
  policy_case_file cases;
  readiness::policy_family family;
};

auto read_cases(std::string const& name) -> expected<cases_with_policy> {
  auto path = std::filesystem::path{name};
  auto policy = std::optional<std::string>{};
  auto const extension = path.extension().string();
  if (path.stem().extension() != ".test") {
    policy = name;
    path.replace_extension(".test" + extension);
    auto ignored = std::error_code{};
    if (!std::filesystem::exists(path, ignored))
      return fail_at(name, errc::not_found, "the policy has no cases beside it ({})", path.string());
  }
  auto const text = read_text_file(path.string());
  if (!text) return tl::unexpected{text.error()};
  auto cases = readiness::parse_policy_cases(*text, path.string());
  if (!cases) return tl::unexpected{cases.error()};
  if (!policy) {
    auto named = path.parent_path() / cases->policy.value_or(path.stem().stem().string() + extension);
    policy = named.lexically_normal().string();
  }
  auto family = load_policy(*policy);
  if (!family) return tl::unexpected{family.error()};
  return cases_with_policy{path.string(), std::move(*cases), std::move(*family)};
}

auto test(policy_options const& options, command_line const& shared) -> int {
  auto files = nlohmann::ordered_json::array();
  auto total = std::size_t{0}, failed = std::size_t{0};
  for (auto const& name : options.files) {
    auto const read = read_cases(name);
    if (!read) return report(read.error(), usage);
    auto const results = readiness::run_policy_cases(read->family, read->cases);
    auto listed = nlohmann::ordered_json::array();
    for (auto const& one : results) {
      ++total;
      if (!one.differences.empty()) ++failed;
      listed.push_back(nlohmann::ordered_json::parse(encode_json(one)));
    }
    files.push_back({{"file", read->file}, {"cases", std::move(listed)}});
    if (!shared.json) print(render_cases(read->file, results, shared.output()));
  }
  if (shared.json)
    print(dumped({{"cases", total}, {"failed", failed}, {"files", std::move(files)}}));
  else
    print(fmt::format("{} of {} cases as expected\n", total - failed, total));
  return failed == 0 ? success : failure;
}

auto schema(policy_options const& options, command_line const&) -> int {
  print(options.of_cases ? readiness::policy_case_schema() : readiness::policy_schema());
  return success;
}

} // namespace

void add_policy(CLI::App& app, command_line& shared) {
  auto* group = add_command_group(app, "policy", "Check, explain, test and compare readiness policies.",
                                  {"nexus policy validate policies/*.yaml", "nexus policy test release.yaml"});
  auto const add = [&](CLI::App* command, std::shared_ptr<policy_options> const& options, auto act) {
    command->callback([=, &shared] { shared.run = [=, &shared] { return act(*options, shared); }; });
  };
  auto const choose_overlay = [](CLI::App& command, policy_options& options) {
    command.add_option("--project", options.project, "The policy as it is for this project")->type_name("KEY");
    command.add_option("--environment", options.environment, "The policy as it is for this environment")
        ->type_name("NAME");
  };
  auto const files = [](CLI::App& command, policy_options& options, int least, int most) {
    command.add_option("FILE", options.files, "Policy files, or the names of shipped policies (default, ci)")
        ->required()
        ->expected(least, most);
  };

  auto options = std::make_shared<policy_options>();
  auto* command =
      add_command(*group, shared, "validate", "Name every problem of policies, with line and column. Exit code 0 or 2.",
                  {"nexus policy validate release.yaml", "nexus policy validate policies/*.yaml --json"});
  files(*command, *options, 1, 1000);
  add(command, options, validate);

  options = std::make_shared<policy_options>();
  command = add_command(*group, shared, "explain", "Show what a policy comes down to, as a table and as sentences.",
                        {"nexus policy explain default", "nexus policy explain release.yaml --environment production"});
  files(*command, *options, 1, 1);
  choose_overlay(*command, *options);
  add(command, options, explain);

  options = std::make_shared<policy_options>();
  command = add_command(*group, shared, "test",
                        "Decide the cases beside a policy (release.test.yaml). Exit code 0, or 1 when one comes out\n"
                        "otherwise.",
                        {"nexus policy test release.yaml", "nexus policy test policies/*.test.yaml"});
  files(*command, *options, 1, 1000);
  add(command, options, test);

  options = std::make_shared<policy_options>();
  command = add_command(*group, shared, "diff",
                        "Tell what the change from one policy to another means: for which values which statuses and\n"
                        "verdicts. Exit code 0 when they mean the same, 1 when not.",
                        {"nexus policy diff old.yaml new.yaml", "nexus policy diff default release.yaml --json"});
  files(*command, *options, 2, 2);
  choose_overlay(*command, *options);
  add(command, options, compare);

  options = std::make_shared<policy_options>();
  command = add_command(*group, shared, "schema", "Print the JSON Schema of policies or of their cases, for editors.",
                        {"nexus policy schema > policy.schema.json", "nexus policy schema --cases"});
  command->add_flag("--cases", options->of_cases, "The schema of case files");
  add(command, options, schema);
}

} // namespace nexus::apps
