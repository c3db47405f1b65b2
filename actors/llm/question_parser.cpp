#include "actors/evidence/version.hpp"
#include "actors/llm/question.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace nexus::llm {

namespace {

constexpr std::size_t most_ticket_keys = 5;

auto integer_in(std::string_view text) -> std::optional<std::int64_t> {
  if (text.starts_with('#')) text.remove_prefix(1);
  std::int64_t value = 0;
  auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size() || text.empty() || text.size() > 9) return {};
  return value;
}

// "proj-123" is a key, "release-2" is not.
auto ticket_key_in(word const& w) -> std::optional<std::string> {
  static std::set<std::string_view> const other{
      "release", "version", "sprint", "build", "job",   "pr",    "rc",   "v",   "top",    "sha",   "utf",
      "cve",     "p",       "iso",    "run",   "level", "phase", "week", "day", "number", "alpha", "beta"};
  auto const dash = w.text.find('-');
  if (dash == std::string::npos || dash < 2 || dash > 20) return {};
  auto const letters = std::string_view{w.lower}.substr(0, dash);
  if (other.contains(letters) || !(letters[0] >= 'a' && letters[0] <= 'z')) return {};
  auto const allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  if (!std::all_of(letters.begin(), letters.end(), allowed)) return {};
  auto const number = integer_in(std::string_view{w.text}.substr(dash + 1));
  if (!number || w.text[dash + 1] == '#') return {};
  std::string key;
  for (auto c : letters) key += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return fmt::format("{}-{}", key, *number);
}

class parser {
public:
  explicit parser(std::string_view text) { q_.words = split_words(text); }

  auto parse() -> question {
    read_references();
    read_filter();
    q_.why = q_.has({"why", "explain", "reason", "cause", "wrong"});
    q_.foreign = is_foreign(q_.words);
    if (q_.foreign) return std::move(q_);
    q_.topic = classify();
    read_names();
    if (q_.topic == topic::unknown && !q_.names.empty() && is_short_of_words()) q_.topic = topic::something;
    return std::move(q_);
  }

private:
  auto lower(std::size_t i) const -> std::string_view {
    return i < q_.words.size() ? std::string_view{q_.words[i].lower} : std::string_view{};
  }

  auto is(std::size_t i, std::initializer_list<std::string_view> any_of) const -> bool {
    return i < q_.words.size() && std::find(any_of.begin(), any_of.end(), lower(i)) != any_of.end();
  }

  void take(std::size_t i) { taken_.insert(i); }

  void read_references() {
    for (std::size_t i = 0; i < q_.words.size(); ++i) {
      auto const& w = q_.words[i];
      auto const before = [&](std::initializer_list<std::string_view> any_of) { return i > 0 && is(i - 1, any_of); };
      if (auto key = ticket_key_in(w)) {
        take(i);
        auto const known = std::find(q_.ticket_keys.begin(), q_.ticket_keys.end(), *key) != q_.ticket_keys.end();
        if (!known && q_.ticket_keys.size() < most_ticket_keys) q_.ticket_keys.push_back(std::move(*key));
      } else if (auto const number = integer_in(w.text)) {
        take(i);
        if (before({"last", "latest", "recent", "past", "previous", "newest", "first"})) {
          q_.count = number;
        } else if (before({"sprint"})) {
          q_.sprint = fmt::format("{} {}", q_.words[i - 1].text, w.text);
        } else if (before({"release", "version", "releasing"})) {
          q_.version = w.text;
        } else if (!q_.number) {
          q_.number = number;
          glued_ = before_is_path(i);
        }
      } else if (!q_.version && is_version(w)) {
        take(i);
        q_.version = w.text;
        if (is(i + 1, {"rc", "beta", "alpha"}) || lower(i + 1).starts_with("rc")) {
          take(i + 1);
          q_.version = fmt::format("{} {}", w.text, q_.words[i + 1].text);
        }
      } else if (w.lower.starts_with("sprint-")) {
        take(i);
        q_.sprint = w.text;
      }
      if (is(i, {"branch"}) && i + 1 < q_.words.size() && may_name_branch(i + 1)) {
        q_.branch = q_.words[i + 1].text;
        take(i + 1);
      } else if (is(i, {"branch"}) && i > 0 && may_name_branch(i - 1)) {
        q_.branch = q_.words[i - 1].text;
        take(i - 1);
      }
    }
  }

  auto before_is_path(std::size_t i) const -> bool {
    return i > 0 && q_.words[i - 1].number_follows && q_.words[i - 1].text.find('/') != std::string::npos;
  }

  static auto is_version(word const& w) -> bool {
    // A bare number is a version only behind "release", and a path is none at all.
    auto const dotted = w.text.find('.') != std::string::npos;
    auto const prefixed = w.lower.size() > 1 && w.lower[0] == 'v' && w.lower[1] >= '0' && w.lower[1] <= '9';
    auto const worded = w.lower.starts_with("release-") || w.lower.starts_with("version-");
    return (dotted || prefixed || worded) && evidence::read_version(w.text).has_value();
  }

  auto may_name_branch(std::size_t i) const -> bool {
    auto const& w = q_.words[i];
    return w.compound || is(i, {"main", "master", "trunk", "develop", "dev"}) || !is_common(w.lower);
  }

  void read_filter() {
    struct type_name {
      std::initializer_list<std::string_view> words;
      char const* name;
    };
    static type_name const types[] = {{{"bug", "bugs", "defect", "defects"}, "Bug"},
                                      {{"stories", "story"}, "Story"},
                                      {{"task", "tasks"}, "Task"},
                                      {{"epic", "epics"}, "Epic"},
                                      {{"subtask", "subtasks"}, "Sub-task"},
                                      {{"incident", "incidents"}, "Incident"},
                                      {{"spike", "spikes"}, "Spike"}};
    auto& f = q_.filter;
    for (auto const& type : types)
      for (std::size_t i = 0; i < q_.words.size(); ++i)
        if (is(i, type.words) && !is(i + 1, {"points", "point"})) {
          f.types.emplace_back(type.name);
          break;
        }
    if (q_.has({"critical", "urgent", "highest"}))
      f.priorities = {"Highest"};
    else if (q_.has({"high", "major"}))
      f.priorities = {"Highest", "High"};
    else if (q_.has({"low"}))
      f.priorities = {"Low", "Lowest"};
    if (q_.has({"blocked", "blocker", "blockers"}))
      f.status = "Blocked";
    else if (q_.has({"review"}))
      f.status = "In Review";
    else if (q_.has({"progress"}))
      f.status = "In Progress";
    if (q_.has({"closed", "done", "finished", "resolved", "completed", "solved"}))
      f.done = true;
    else if (q_.has({"open", "opened", "unresolved", "outstanding", "pending", "left", "remaining", "todo", "working",
                     "current", "currently", "still"}))
      f.done = false;
    // "show me" and "can I see" are only polite.
    f.mine =
        q_.has({"my", "mine"}) || phrase({"to", "me"}) || (q_.has({"i"}) && q_.has({"am", "do", "have", "working"}));
    f.unassigned = q_.has({"unassigned", "nobody"}) || phrase({"no", "assignee"}) || phrase({"not", "assigned"});
    f.by_person = !f.unassigned && !f.mine &&
                  (q_.has({"assigned", "working", "owned", "owns", "assignee", "have", "has", "by"}) || possessive());
  }

  auto phrase(std::initializer_list<std::string_view> sequence) const -> bool {
    auto const same = [](word const& w, std::string_view text) { return w.lower == text; };
    return std::search(q_.words.begin(), q_.words.end(), sequence.begin(), sequence.end(), same) != q_.words.end();
  }

  // "Mira's open tickets", "tickets of Mira".
  auto possessive() const -> bool { return q_.has({"of", "tickets", "issues"}); }

  auto starts_with_action() const -> bool {
    std::size_t i = 0;
    while (is(i, {"please", "can", "could", "would", "will", "you", "now",  "go",     "ahead", "and",
                  "hey",    "hi",  "just",  "i",     "want", "to",  "need", "kindly", "let",   "us"}))
      ++i;
    static std::set<std::string_view> const actions{
        "deploy",     "trigger", "restart", "rerun",   "delete",  "remove", "create",   "update",  "send",   "post",
        "approve",    "assign",  "move",    "cancel",  "publish", "revert", "rollback", "comment", "start",  "stop",
        "close",      "reopen",  "rename",  "set",     "change",  "add",    "retry",    "abort",   "notify", "schedule",
        "transition", "resolve", "fix",     "install", "promote", "roll",   "kill",     "reset",   "email"};
    if (is(i, {"merge"}) && !is(i + 1, {"request", "requests"})) return true;
    if (is(i, {"run"}) && !is(i + 1, {"me", "through"})) return true;
    if (is(i, {"build"}) && is(i + 1, {"it", "the", "a"}) && q_.words.size() <= i + 3) return true;
    return actions.contains(lower(i)) && !q_.has({"status"});
  }

  auto asks_for_list() const -> bool {
    return q_.has({"which", "list", "show", "what", "all", "are", "know", "see", "exist", "available"});
  }

  auto classify() const -> topic {
    auto const& q = q_;
    if (starts_with_action()) return topic::action;

    auto const build_words =
        q.has({"build", "builds", "job", "jobs", "pipeline", "pipelines", "ci", "jenkins", "compile", "compiled"});
    if (!q.ticket_keys.empty()) return about_ticket();
    if (q.has({"pr", "prs", "mr"}) || phrase({"pull", "request"}) || phrase({"pull", "requests"}) ||
        phrase({"merge", "request"}) || phrase({"merge", "requests"}) || (glued_ && !build_words))
      return q.number ? topic::pull_request : topic::pull_requests;

    auto const release_word =
        q.has({"release", "releases", "version", "versions", "releasing", "rollout", "launch", "ship", "shipping"});
    auto const ready_word = q.has({"ready", "readiness", "go-no-go", "no-go", "go-live", "ship", "shipping", "risky"});
    auto const blocker_word =
        q.has({"blocker", "blockers", "blocking", "blocks", "blocked", "holding"}) || phrase({"in", "the", "way"});
    auto const security_word = q.has({"security", "secure", "insecure", "cve", "cves", "secret", "secrets",
                                      "exploitable", "leak", "leaked"}) ||
                               std::any_of(q.words.begin(), q.words.end(),
                                           [](auto& w) { return !w.compound && w.lower.starts_with("vulnerab"); });
    if (!q.version && (security_word || phrase({"risk", "score"}))) return topic::security;
    if (q.has({"sprint", "sprints", "velocity", "burndown"}) || q.sprint) return topic::sprint;
    if ((q.version || release_word) && blocker_word && q.filter.types.empty()) return topic::release_blockers;
    if (q.version) return about_version();

    auto const ticket_word = q.has({"ticket", "tickets", "issue", "issues", "blocker", "blockers"});
    if (ready_word && !build_words) return topic::readiness;
    if (!q.filter.types.empty() || ticket_word || q.has({"assigned", "assignee"}) || phrase({"working", "on"}))
      return topic::search;
    if (release_word && !build_words) return topic::releases;
    if (q.has({"projects"}) && asks_for_list()) return topic::projects;
    if (q.has({"repositories", "repos"}) && asks_for_list()) return topic::repositories;
    if (q.has({"jobs", "pipelines"}) && asks_for_list()) return topic::jobs;
    return about_code(build_words);
  }

  auto about_ticket() const -> topic {
    auto const tree = q_.has({"epic", "epics", "hierarchy", "children", "child", "subtask", "subtasks", "breakdown",
                              "tree", "under", "stories"}) ||
                      phrase({"break", "down"}) || phrase({"belong", "to"});
    return tree ? topic::hierarchy : topic::ticket;
  }

  auto about_version() const -> topic {
    if (!q_.filter.types.empty()) return topic::search;
    auto const ticket_word = q_.has({"ticket", "tickets", "issue", "issues"});
    auto const figure_word = q_.has({"stats", "statistics", "numbers", "figures", "completion", "complete", "points",
                                     "percent", "percentage", "when", "date", "metrics"}) ||
                             phrase({"how", "many"}) || phrase({"number", "of"});
    if (figure_word && !q_.has({"coverage"})) return topic::release_figures;
    return ticket_word ? topic::search : topic::readiness;
  }

  auto about_code(bool build_words) const -> topic {
    auto const& q = q_;
    auto const outcome = q.has({"green",   "red",      "broken",  "broke",     "breaking", "break",      "fail",
                                "failed",  "failing",  "fails",   "failure",   "failures", "pass",       "passed",
                                "passing", "passes",   "succeed", "succeeded", "success",  "successful", "triggered",
                                "stable",  "unstable", "flaky",   "stability", "coverage"}) ||
                         phrase({"went", "wrong"}) || (q.has({"run", "runs"}) && q.has({"last", "latest", "recent"}));
    if (build_words || outcome) {
      auto const history = q.has({"history", "recently", "lately", "stable", "stability", "flaky", "often", "trend",
                                  "rate", "builds", "runs"}) ||
                           (q.count && !q.number);
      return history && !q.number ? topic::build_history : topic::build;
    }
    if (q.has({"repo", "repository", "repositories", "repos", "protection", "protected", "health", "healthy", "stale",
               "commit", "commits"}))
      return topic::repository;
    if (q.has({"review", "reviews", "reviewers"})) return topic::pull_requests;
    return topic::unknown;
  }

  // Unknown words are a name when the rest of the question hardly says anything but "how is it".
  auto is_short_of_words() const -> bool {
    auto const asks = q_.has({"status", "state", "healthy", "doing", "shape", "situation", "going", "happened", "ok",
                              "okay", "fine", "up", "about"});
    auto const plain = std::all_of(q_.words.begin(), q_.words.end(), [&](word const& w) {
      return w.compound || !is_common(w.lower) || integer_in(w.text) || w.lower == "please";
    });
    auto const compound = std::any_of(q_.words.begin(), q_.words.end(), [](word const& w) { return w.compound; });
    return asks || (plain && (compound || q_.number));
  }

  void read_names() {
    std::string run;
    auto const flush = [&] {
      if (!run.empty()) q_.names.push_back(std::move(run));
      run.clear();
    };
    for (std::size_t i = 0; i < q_.words.size(); ++i) {
      auto const& w = q_.words[i];
      if (taken_.contains(i) || (!w.compound && is_common(w.lower))) {
        flush();
      } else {
        if (!run.empty()) run += ' ';
        run += w.text;
      }
    }
    flush();
  }

  question q_;
  std::set<std::size_t> taken_;
  bool glued_ = false;
};

} // namespace

auto question::has(std::initializer_list<std::string_view> any_of) const -> bool {
  return std::any_of(words.begin(), words.end(), [&](word const& w) {
    return !w.compound && std::find(any_of.begin(), any_of.end(), w.lower) != any_of.end();
  });
}

auto parse_question(std::string_view text) -> question { return parser{text}.parse(); }

} // namespace nexus::llm
