#include "simulator/changes.hpp"

#include "simulator/generate.hpp"

#include <algorithm>

namespace nexus::simulator {
namespace {

using json = nlohmann::json;

/// Reads members of a change with errors that name them.
class change_reader {
public:
  explicit change_reader(json const& source) : source_(source) {}

  auto has(char const* name) const -> bool { return source_.contains(name); }
  auto text(char const* name) const -> expected<std::string> {
    auto found = source_.find(name);
    if (found == source_.end() || !found->is_string())
      return fail_at(path(name), errc::invalid_argument, "expected a text");
    return found->get<std::string>();
  }
  auto flag(char const* name) const -> expected<bool> {
    auto found = source_.find(name);
    if (found == source_.end() || !found->is_boolean())
      return fail_at(path(name), errc::invalid_argument, "expected true or false");
    return found->get<bool>();
  }
  auto number(char const* name, double low, double high) const -> expected<double> {
    auto found = source_.find(name);
    if (found == source_.end() || !found->is_number() || found->get<double>() < low || found->get<double>() > high)
      return fail_at(path(name), errc::invalid_argument, "expected a number from {} to {}", low, high);
    return found->get<double>();
  }
  auto texts(char const* name) const -> expected<std::vector<std::string>> {
    auto found = source_.find(name);
    std::vector<std::string> list;
    if (found == source_.end() || !found->is_array())
      return fail_at(path(name), errc::invalid_argument, "expected a list of texts");
    for (auto const& each : *found) {
      if (!each.is_string()) return fail_at(path(name), errc::invalid_argument, "expected a list of texts");
      list.push_back(each.get<std::string>());
    }
    return list;
  }

private:
  static auto path(char const* name) -> std::string { return std::string{"$."} + name; }
  json const& source_;
};

template <class Enum, class Names>
auto find_name(Names const& all, std::string_view wanted) -> std::optional<Enum> {
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i] == wanted) return static_cast<Enum>(i);
  return std::nullopt;
}

auto find_person(data_set const& world, std::string_view wanted) -> std::optional<std::size_t> {
  for (std::size_t i = 0; i < world.people.size(); ++i) {
    auto const& p = world.people[i];
    if (p.account_id == wanted || p.name == wanted || p.email == wanted || p.login == wanted) return i;
  }
  return std::nullopt;
}

auto change_ticket(data_set& world, change_reader const& in, instant now) -> expected<json> {
  auto key = in.text("ticket");
  if (!key) return tl::unexpected{key.error()};
  auto found = world.tickets_by_key.find(*key);
  if (found == world.tickets_by_key.end()) return fail_at("$.ticket", errc::not_found, "no ticket '{}'", *key);
  auto changed = world.tickets[found->second];
  auto const& owner = world.projects[changed.project];
  auto refuse = [](char const* where, std::string_view value) {
    return fail_at(where, errc::invalid_argument, "'{}' does not exist", value);
  };
  if (in.has("status")) {
    auto name = in.text("status");
    if (!name) return tl::unexpected{name.error()};
    auto status = find_name<ticket_status>(status_names, *name);
    if (!status) return refuse("$.status", *name);
    changed.status = *status;
    changed.resolved = *status == ticket_status::done ? std::optional{changed.resolved.value_or(now)} : std::nullopt;
  }
  if (in.has("priority")) {
    auto name = in.text("priority");
    if (!name) return tl::unexpected{name.error()};
    auto level = find_name<priority>(priority_names, *name);
    if (!level) return refuse("$.priority", *name);
    changed.priority = *level;
  }
  if (in.has("assignee")) {
    auto name = in.text("assignee");
    if (!name) return tl::unexpected{name.error()};
    changed.assignee = find_person(world, *name);
    if (!changed.assignee && !name->empty()) return refuse("$.assignee", *name);
  }
  if (in.has("summary")) {
    auto summary = in.text("summary");
    if (!summary) return tl::unexpected{summary.error()};
    changed.summary = *summary;
  }
  if (in.has("labels")) {
    auto labels = in.texts("labels");
    if (!labels) return tl::unexpected{labels.error()};
    changed.labels = *labels;
  }
  if (in.has("fixVersions")) {
    auto versions = in.texts("fixVersions");
    if (!versions) return tl::unexpected{versions.error()};
    changed.versions.clear();
    for (auto const& name : *versions) {
      auto at =
          std::find_if(owner.versions.begin(), owner.versions.end(), [&](auto const& v) { return v.name == name; });
      if (at == owner.versions.end()) return refuse("$.fixVersions", name);
      changed.versions.push_back(static_cast<std::size_t>(at - owner.versions.begin()));
    }
  }
  if (in.has("points")) {
    auto points = in.number("points", 0, 1'000);
    if (!points) return tl::unexpected{points.error()};
    changed.points = *points;
  }
  changed.updated = now;
  world.tickets[found->second] = changed;
  return json{{"ticket", changed.key}, {"status", name_of(changed.status)}};
}

auto append_build(data_set& world, change_reader const& in, instant now) -> expected<json> {
  auto name = in.text("job");
  if (!name) return tl::unexpected{name.error()};
  auto found = std::find_if(world.jobs.begin(), world.jobs.end(), [&](auto const& j) { return j.full_name == *name; });
  if (found == world.jobs.end()) return fail_at("$.build.job", errc::not_found, "no job '{}'", *name);
  auto result = in.text("result");
  if (!result) return tl::unexpected{result.error()};
  constexpr std::array<std::string_view, 4> results{"SUCCESS", "FAILURE", "UNSTABLE", "ABORTED"};
  if (std::find(results.begin(), results.end(), *result) == results.end())
    return fail_at("$.build.result", errc::invalid_argument, "'{}' is not SUCCESS, FAILURE, UNSTABLE or ABORTED",
                   *result);
  // What is not said is as in the build before.
  auto next = found->last_completed();
  next.number = found->builds.back().number + 1;
  next.queue_id = 0;
  next.start = std::max(now, next.start);
  next.by_timer = false;
  next.changes.clear();
  next.result = *result;
  auto passed = *result == "SUCCESS";
  next.cause = passed ? failure::none : failure::python_tests;
  if (next.tests == 0) next.tests = 160;
  next.failed_tests = passed ? 0 : 2;
  if (passed && next.coverage.value_or(0) < 80) next.coverage = 84.2;
  auto const& repo = world.repositories[found->repository];
  if (in.has("branch")) {
    auto branch = in.text("branch");
    if (!branch) return tl::unexpected{branch.error()};
    auto full = branch->starts_with("refs/") ? *branch : "refs/remotes/origin/" + *branch;
    next.branch = full;
    auto known = std::find_if(repo.branches.begin(), repo.branches.end(),
                              [&](auto const& b) { return full.ends_with("/" + b.name); });
    if (known != repo.branches.end()) next.sha = repo.commits[known->head].sha;
  }
  if (in.has("sha")) {
    auto sha = in.text("sha");
    if (!sha) return tl::unexpected{sha.error()};
    next.sha = *sha;
  }
  if (in.has("coverage")) {
    auto coverage = in.number("coverage", 0, 100);
    if (!coverage) return tl::unexpected{coverage.error()};
    next.coverage = *coverage;
  }
  for (auto [member, target] : {std::pair{"tests", &next.tests}, std::pair{"failed_tests", &next.failed_tests}}) {
    if (!in.has(member)) continue;
    auto count = in.number(member, 0, 10'000);
    if (!count) return tl::unexpected{count.error()};
    *target = static_cast<int>(*count);
  }
  next.failed_tests = std::min(next.failed_tests, next.tests);
  next.skipped_tests = std::min(next.skipped_tests, next.tests - next.failed_tests);
  found->builds.push_back(next);
  return json{{"job", *name}, {"number", next.number}, {"result", next.result}, {"sha", next.sha}};
}

auto change_alert(data_set& world, change_reader const& in, instant now) -> expected<json> {
  auto full_name = in.text("repository");
  if (!full_name) return tl::unexpected{full_name.error()};
  auto repo = std::find_if(world.repositories.begin(), world.repositories.end(),
                           [&](auto const& r) { return r.full_name() == *full_name; });
  if (repo == world.repositories.end())
    return fail_at("$.alert.repository", errc::not_found, "no repository '{}'", *full_name);
  auto number = in.number("number", 1, 1'000'000);
  if (!number) return tl::unexpected{number.error()};
  auto state = in.text("state");
  if (!state) return tl::unexpected{state.error()};
  if (*state != "open" && *state != "fixed" && *state != "dismissed")
    return fail_at("$.alert.state", errc::invalid_argument, "'{}' is not open, fixed or dismissed", *state);
  auto hits = 0;
  for (auto& alert : repo->code_alerts) {
    if (alert.number != static_cast<int>(*number)) continue;
    alert.state = *state;
    alert.ended = *state == "open" ? std::nullopt : std::optional{now};
    ++hits;
  }
  if (hits == 0) return fail_at("$.alert.number", errc::not_found, "no code-scanning alert {}", *number);
  return json{{"alert", *number}, {"state", *state}};
}

auto change_version(data_set& world, change_reader const& in) -> expected<json> {
  auto name = in.text("version");
  if (!name) return tl::unexpected{name.error()};
  for (auto& owner : world.projects)
    for (auto& v : owner.versions) {
      if (v.name != *name) continue;
      auto changed = v;
      if (in.has("releaseDate")) {
        auto date = in.text("releaseDate").map([](auto const& text) { return parse_time(text); });
        if (!date || !*date)
          return fail_at("$.releaseDate", errc::invalid_argument, "expected a date such as 2026-01-31");
        changed.release = **date;
      }
      if (in.has("released")) {
        auto flag = in.flag("released");
        if (!flag) return tl::unexpected{flag.error()};
        changed.released = *flag;
      }
      v = changed;
      return json{{"version", v.name}, {"released", v.released}, {"releaseDate", date_text(v.release)}};
    }
  return fail_at("$.version", errc::not_found, "no version '{}'", *name);
}

} // namespace

auto apply_change(data_set& world, json const& change, instant now) -> expected<json> {
  if (!change.is_object()) return fail(errc::malformed, "a change is a JSON object");
  if (change.contains("ticket")) return change_ticket(world, change_reader{change}, now);
  if (change.contains("version")) return change_version(world, change_reader{change});
  for (auto member : {"build", "alert"}) {
    auto found = change.find(member);
    if (found == change.end()) continue;
    if (!found->is_object()) return fail_at(std::string{"$."} + member, errc::invalid_argument, "expected an object");
    return member[0] == 'b' ? append_build(world, change_reader{*found}, now)
                            : change_alert(world, change_reader{*found}, now);
  }
  return fail(errc::invalid_argument, "a change names a ticket, a build, an alert or a version");
}

} // namespace nexus::simulator
