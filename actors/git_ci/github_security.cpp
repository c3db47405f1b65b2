#include "actors/git_ci/github_core.hpp"
#include "actors/git_ci/security_alerts.hpp"

namespace nexus::git_ci {
namespace {

using rest::continuation;
using rest::json_view;

constexpr std::size_t max_alert_pages = 10;

struct reading {
  security_scan_result result;
  std::string default_ref, ref;
  std::optional<expected<rest::page_sequence>> dependabot, code;
  std::optional<expected<rest::answer>> analyses;
};

auto dependency_source(reading const& from) -> source_alerts {
  auto result = source_alerts{};
  result.source = {.name = "dependabot",
                   .available = from.dependabot->has_value(),
                   .reason = {},
                   .ref = from.default_ref,
                   .alerts = {}};
  if (!result.source.available) {
    result.source.reason = from.dependabot->error().render();
    return result;
  }
  result.more = (*from.dependabot)->more;
  for (auto const& page : (*from.dependabot)->pages)
    for (auto const& each : json_view{page}.items())
      if (auto alert = dependency_alert_from_json(each)) result.alerts.push_back(std::move(*alert));
  return result;
}

auto code_source(reading const& from) -> source_alerts {
  auto result = source_alerts{};
  result.source = {.name = "code_scanning", .available = false, .reason = {}, .ref = from.ref, .alerts = {}};
  // No alerts on a ref that was never analysed says nothing.
  if (!*from.code)
    result.source.reason = from.code->error().render();
  else if (!*from.analyses)
    result.source.reason = from.analyses->error().render();
  else if (json_view{(*from.analyses)->body}.items().empty())
    result.source.reason = fmt::format("{} was never analysed", from.ref);
  if (result.source.reason) return result;
  result.source.available = true;
  result.more = (*from.code)->more;
  for (auto const& page : (*from.code)->pages)
    for (auto const& each : json_view{page}.items()) {
      if (auto alert = code_alert_from_json(each)) result.alerts.push_back(std::move(*alert));
      if (is_code_smell(each)) ++result.smells;
    }
  return result;
}

} // namespace

void github_client::core::security(call const& context, std::string const& name,
                                   std::optional<std::string> const& branch,
                                   continuation<security_scan_result> done) const {
  repository(
      context, name,
      [self = shared_from_this(), context, name, branch, done = std::move(done)](expected<nlohmann::json> got) {
        if (failed(got, done)) return;
        auto const default_branch = json_view{*got}["default_branch"].text().value_or("");
        auto const state = std::make_shared<reading>();
        auto& result = state->result;
        result.repo_name = json_view{*got}["full_name"].words().value_or(name);
        result.branch = branch.value_or(default_branch);
        result.scan_id = fmt::format("github:{}@{}", result.repo_name, result.branch);
        result.scanner_name = "GitHub security alerts";
        result.scan_timestamp = self->github.now();
        state->default_ref = "refs/heads/" + default_branch;
        state->ref = result.branch.starts_with("refs/") ? result.branch : "refs/heads/" + result.branch;

        auto const ref = http::percent_encode(state->ref);
        auto const pages = [=](std::string const& target,
                               std::optional<expected<rest::page_sequence>> reading::* to) -> rest::task {
          return [=](std::function<void()> next) {
            self->github.get_pages(context, target, max_alert_pages, [=](expected<rest::page_sequence> read) {
              (*state).*to = std::move(read);
              next();
            });
          };
        };
        auto tasks = std::vector<rest::task>{};
        if (self->settings.needs_dependabot)
          tasks.push_back(
              pages(fmt::format("/repos/{}/dependabot/alerts?state=open&per_page=100", name), &reading::dependabot));
        if (self->settings.needs_code_scanning) {
          tasks.push_back(pages(fmt::format("/repos/{}/code-scanning/alerts?state=open&ref={}&per_page=100", name, ref),
                                &reading::code));
          tasks.push_back([=](std::function<void()> next) {
            self->github.get(context, fmt::format("/repos/{}/code-scanning/analyses?ref={}&per_page=1", name, ref),
                             [=](expected<rest::answer> read) {
                               state->analyses = std::move(read);
                               next();
                             });
          });
        }
        rest::join(std::move(tasks), [=] {
          auto const broken = [&](auto& read) {
            return read && !*read && !not_available(read->error()) && failed(*read, done);
          };
          if (broken(state->dependabot) || broken(state->code) || broken(state->analyses)) return;
          auto& whole = state->result;
          std::vector<source_alerts> sources;
          if (state->dependabot) sources.push_back(dependency_source(*state));
          if (state->code) sources.push_back(code_source(*state));
          if (state->analyses && *state->analyses && !json_view{(*state->analyses)->body}.items().empty()) {
            auto const newest = json_view{json_view{(*state->analyses)->body}.items().front()};
            whole.commit_sha = newest["commit_sha"].words();
            whole.scan_timestamp = newest["created_at"].time().value_or(whole.scan_timestamp);
            whole.scanner_version = newest["tool"]["version"].words();
          }
          for (auto const& [member, why] : std::initializer_list<std::pair<char const*, char const*>>{
                   {"total_dependencies", "the alerts do not count sound dependencies"},
                   {"outdated_dependencies", "the alerts do not tell"},
                   {"secrets_detected", "secret scanning is not read"},
                   {"compliant", "the release policy decides what is acceptable"}})
            whole.unavailable[member] = why;
          if (!whole.commit_sha) whole.unavailable["commit_sha"] = "no code analysis of this ref is known";
          summarise(whole, std::move(sources));
          done(std::move(whole));
        });
      });
}

} // namespace nexus::git_ci
