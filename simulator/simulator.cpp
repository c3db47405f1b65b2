#include "simulator/simulator.hpp"

#include "simulator/changes.hpp"
#include "simulator/confluence.hpp"
#include "simulator/control.hpp"
#include "simulator/faults.hpp"
#include "simulator/generate.hpp"
#include "simulator/github.hpp"
#include "simulator/jenkins.hpp"
#include "simulator/jira.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <mutex>

namespace nexus::simulator {
namespace {

constexpr std::size_t log_capacity = 10'000;
constexpr std::size_t longest_logged_path = 2'048;
constexpr int hourly_limit = 5'000;

auto whole_seconds(std::chrono::system_clock::time_point when) -> instant {
  return std::chrono::floor<std::chrono::seconds>(when);
}

/// Scheme and authority that the client used, so that links in answers lead back here.
auto origin_of(http::request const& received) -> std::string {
  if (auto host = received.fields.find("Host"); host && !host->empty()) return fmt::format("http://{}", *host);
  auto target = std::string_view{received.target};
  auto scheme = target.find("://");
  if (scheme == std::string_view::npos || target.starts_with('/')) return "http://simulator";
  return std::string{target.substr(0, target.find('/', scheme + 3))};
}

/// Answers to repeated reads, until the data changes or the second is over (queries may ask for "the last hour").
class answer_cache {
public:
  auto find(std::string const& key, instant now) -> http::response const* {
    if (now != second_) clear();
    second_ = now;
    auto found = answers_.find(key);
    return found == answers_.end() ? nullptr : &found->second;
  }

  void put(std::string key, http::response const& answer) {
    if (answer.status != 200 || answer.body.size() > capacity / 4) return;
    if (size_ + answer.body.size() > capacity) clear();
    size_ += answer.body.size();
    answers_.emplace(std::move(key), answer);
  }

  void clear() {
    answers_.clear();
    size_ = 0;
  }

private:
  static constexpr std::size_t capacity = 4 * 1024 * 1024;
  std::unordered_map<std::string, http::response> answers_;
  std::size_t size_ = 0;
  instant second_;
};

} // namespace

struct world::state {
  explicit state(options chosen)
      : settings(std::move(chosen)),
        data(generate(settings.seed, whole_seconds(settings.anchor), names{settings.renamed})),
        wiki(confluence::make_site(whole_seconds(settings.anchor))) {}

  auto now() const { return settings.clock ? settings.clock() : settings.anchor; }

  /// Any of the services; credentials first, as the real ones do.
  auto serve(std::string_view service, visit const& v) -> http::response {
    auto refused = refuse(service, v.raw);
    if (refused) return std::move(*refused);
    if (service == "confluence") return confluence::answer(wiki, v);
    if (service == "jenkins") jenkins::go_on(data, v.now);
    // What was known before a change is not known after it.
    if (std::exchange(edition, data.edition) != data.edition) cache.clear();
    auto reads = v.raw.method == "GET" || v.raw.method == "POST";
    auto version = v.raw.fields.find("X-GitHub-Api-Version").value_or("");
    auto key = fmt::format("{}\n{}\n{}\n{}\n{}", v.base, v.raw.method, v.raw.target, version, v.raw.body);
    if (auto const* known = reads ? cache.find(key, v.now) : nullptr) return *known;
    auto answer = service == "jira"     ? jira::answer(data, v)
                  : service == "github" ? github::answer(data, v)
                                        : jenkins::answer(data, v);
    if (reads && edition == data.edition) cache.put(std::move(key), answer);
    return answer;
  }

  auto refuse(std::string_view service, http::request const& raw) const -> std::optional<http::response> {
    auto given = raw.fields.find("Authorization");
    auto matches = [&](std::string const& user, std::string const& token) {
      auto basic = basic_authorization(raw);
      return basic && basic->user == user && same_secret(basic->password, token);
    };
    if (service == "jira") {
      if (!matches(settings.jira_user, settings.jira_token)) return jira::unauthenticated();
    } else if (service == "confluence") {
      if (!matches(settings.confluence_user, settings.confluence_token)) return confluence::unauthenticated();
    } else if (service == "jenkins") {
      if (!matches(settings.jenkins_user, settings.jenkins_token)) return jenkins::unauthenticated(given.has_value());
    } else {
      if (!raw.fields.find("User-Agent"))
        return github::problem(
            403, "Request forbidden by administrative rules. Please make sure your request has a User-Agent header "
                 "(https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required).");
      if (!given) return github::problem(401, "Requires authentication");
      if (!github::authorised(raw, settings.github_token)) return github::problem(401, "Bad credentials");
    }
    return std::nullopt;
  }

  /// What GitHub adds to every answer, and the 304 of a conditional request.
  void finish_github(http::request const& raw, http::response& answer, instant when) {
    auto etag = answer.fields.find("ETag");
    auto known = raw.fields.find("If-None-Match");
    auto unchanged = etag && known && *etag == *known && raw.method == "GET";
    if (unchanged) {
      answer.status = 304;
      answer.body.clear();
    } else if (answer.status != 401) {
      // Half of the limit always remains: the simulator runs out only when a fault says so.
      github_used = std::min(github_used + 1, hourly_limit / 2);
    }
    auto hour = std::chrono::ceil<std::chrono::hours>(when + std::chrono::seconds{1});
    auto add = [&](char const* name, std::string value) {
      if (!answer.fields.find(name)) answer.fields.add(name, std::move(value));
    };
    add("x-ratelimit-limit", fmt::format("{}", hourly_limit));
    add("x-ratelimit-remaining", fmt::format("{}", hourly_limit - github_used));
    add("x-ratelimit-used", fmt::format("{}", github_used));
    add("x-ratelimit-reset", fmt::format("{}", hour.time_since_epoch() / std::chrono::seconds{1}));
    add("x-ratelimit-resource", "core");
    add("x-github-request-id", fmt::format("{:04X}:{:08X}", settings.seed & 0xffff, served));
  }

  auto answer(world& self, http::request const& received) -> http::service_reply {
    auto moment = now();
    auto when = whole_seconds(moment);
    log_entry entry{moment, {}, received.method, received.target.substr(0, longest_logged_path), 0, {}};
    http::service_reply reply;
    auto target = http::parse_target(received.target);
    if (!target) {
      reply.answer = text_answer(400, "text/plain; charset=utf-8", target.error().message + "\n");
    } else if (received.body.size() > max_body) {
      reply.answer = text_answer(413, "text/plain; charset=utf-8", "The body is too large.\n");
    } else {
      route(self, received, *target, when, entry, reply);
    }
    reply.answer.fields.set("Date", http_date(when));
    entry.status = reply.answer.status;
    remember(std::move(entry));
    return reply;
  }

  void route(world& self, http::request const& received, http::target_parts const& target, instant when,
             log_entry& entry, http::service_reply& reply) {
    auto service = target.segments.empty() ? std::string{} : target.segments.front();
    auto path = std::span<std::string const>{target.segments}.subspan(target.segments.empty() ? 0 : 1);
    visit v{received, target, path, fmt::format("{}/{}", origin_of(received), service), when};
    entry.service = service;
    if (service == "_simulator") {
      reply.answer = answer_control(self, count(), v);
      return;
    }
    if (service != "jira" && service != "github" && service != "jenkins" && service != "confluence") {
      entry.service.clear();
      reply.answer =
          text_answer(404, "text/plain; charset=utf-8",
                      "Nothing here; the services are below /jira, /github, /jenkins, /confluence and /_simulator.\n");
      return;
    }
    std::scoped_lock lock{guard};
    auto ordered = faults.take(service, target.path);
    if (!ordered || !refuses(*ordered)) reply.answer = serve(service, v);
    if (ordered) {
      entry.fault = name_of(ordered->kind);
      reply = spoil(*ordered, service, std::move(reply.answer), when);
    }
    if (service == "github") finish_github(received, reply.answer, when);
    if (service == "jenkins") reply.answer.fields.set("X-Jenkins", "2.479.3");
  }

  auto count() const -> std::size_t {
    std::scoped_lock lock{guard};
    return served;
  }

  void remember(log_entry entry) {
    std::scoped_lock lock{guard};
    ++served;
    if (recent.size() == log_capacity) recent.pop_front();
    recent.push_back(std::move(entry));
  }

  options settings;
  mutable std::mutex guard;
  data_set data;
  confluence::site wiki;
  fault_list faults;
  answer_cache cache;
  /// The edition of the data that the cache knows.
  std::uint64_t edition = 0;
  std::deque<log_entry> recent;
  std::size_t served = 0;
  int github_used = 0;
};

world::world(options settings) : state_(std::make_unique<state>(std::move(settings))) {}
world::~world() = default;

auto world::handle(http::request const& received) -> http::service_reply { return state_->answer(*this, received); }

auto world::set(nlohmann::json const& change) -> expected<nlohmann::json> {
  std::scoped_lock lock{state_->guard};
  auto changed = apply_change(state_->data, change, whole_seconds(state_->now()));
  if (changed) state_->cache.clear();
  return changed;
}

void world::add_fault(fault ordered) {
  std::scoped_lock lock{state_->guard};
  state_->faults.add(std::move(ordered));
}

void world::clear_faults() {
  std::scoped_lock lock{state_->guard};
  state_->faults.clear();
}

auto world::log() const -> std::vector<log_entry> {
  std::scoped_lock lock{state_->guard};
  return {state_->recent.begin(), state_->recent.end()};
}

} // namespace nexus::simulator
