#include "apps/node_settings.hpp"
#include "runtime/http/address_range.hpp"
#include "runtime/http/cross_origin.hpp"
#include "runtime/settings/settings.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <set>

namespace nexus {
namespace {

using namespace std::chrono_literals;

/// The highest of the roles' own ports (scheduling), which an offset must leave below 65536.
constexpr int highest_port = 8089;

/// RFC 7518, section 3.2: a key for HS256 has at least 256 bits.
constexpr std::size_t shortest_jwt_secret = 32;

auto parse_address(std::string_view text) -> std::optional<boost::asio::ip::address> {
  auto failure = boost::system::error_code{};
  auto address = boost::asio::ip::make_address(std::string{text}, failure);
  if (failure) return std::nullopt;
  return address;
}

class checker {
public:
  explicit checker(node_settings const& settings) : settings_{settings} {}

  auto run() && -> std::vector<error> {
    check_listeners();
    check_edge();
    check_measures();
    check_services();
    check_projects();
    return std::move(problems_);
  }

private:
  void problem(std::string path, std::string message, std::string remedy) {
    problems_.push_back({errc::invalid_argument, std::move(message), std::move(path), std::move(remedy), {}});
  }

  void check_listeners() {
    auto const credentials = !settings_.auth.tokens_file.empty() || settings_.auth.jwt_secret.is_set();
    constexpr auto give_credentials =
        "set auth.tokens_file (NEXUS_API_TOKENS_FILE) or auth.jwt_secret (NEXUS_JWT_SECRET)";
    if (!parse_address(settings_.bind))
      problem("bind", "not an IP address", "use 127.0.0.1, ::1, 0.0.0.0 or the address of one interface");
    else if (!is_loopback(settings_.bind) && !credentials)
      problem("bind", "listening beyond this machine needs credentials",
              fmt::format("{}, or bind 127.0.0.1", give_credentials));
    if (settings_.environment == node_environment::production && !credentials)
      problem("environment", "production needs credentials", give_credentials);
    if (auto const& key = settings_.auth.jwt_secret; key.is_set() && key.reveal().size() < shortest_jwt_secret)
      problem("auth.jwt_secret", fmt::format("shorter than {} bytes", shortest_jwt_secret),
              "make one with: openssl rand -base64 48");
    if (settings_.port_offset + highest_port > 65535)
      problem("port_offset", "moves ports beyond 65535", fmt::format("use at most {}", 65535 - highest_port));
    if (settings_.port && settings_.roles.size() != 1)
      problem("port", "one port cannot serve several roles",
              "name the one role in 'roles' (NEXUS_ROLES), or unset it and use port_offset (NEXUS_PORT_OFFSET)");
    auto seen = std::set<node_role>{};
    for (auto const role : settings_.roles)
      if (!seen.insert(role).second)
        problem("roles", fmt::format("'{}' is listed twice", name_of(role)), "list each role once");
    if (settings_.data_dir.empty()) problem("data_dir", "empty", "name a directory");
  }

  void refuse(std::string path, error found) {
    problem(std::move(path), std::move(found.message), std::move(found.remedy));
  }

  void check_edge() {
    auto const& cors = settings_.http.cors;
    for (std::size_t i = 0; i < cors.origins.size(); ++i) {
      auto path = fmt::format("http.cors.origins[{}]", i);
      if (auto const good = http::check_origin(cors.origins[i]); !good)
        refuse(std::move(path), good.error());
      else if (cors.origins[i] == "*" && cors.origins.size() > 1)
        problem(std::move(path), "'*' stands for every origin", "list it alone, or leave it out");
    }
    if (cors.credentials && std::ranges::find(cors.origins, "*") != cors.origins.end())
      problem("http.cors.credentials", "not together with the origin '*'", "list the origins, or unset it");
    auto const& proxies = settings_.http.trusted_proxies;
    for (std::size_t i = 0; i < proxies.size(); ++i) {
      auto path = fmt::format("http.trusted_proxies[{}]", i);
      if (auto const range = http::address_range::parse(proxies[i]); !range)
        refuse(std::move(path), range.error());
      else if (proxies[i].ends_with("/0"))
        problem(std::move(path), "everybody would be trusted to say who they are", "list the proxies' own addresses");
    }
  }

  void within(std::string path, duration_text const& value, std::chrono::milliseconds lowest,
              std::chrono::milliseconds highest, std::string_view range) {
    auto const duration = parse_duration(value.text());
    if (duration && (*duration < lowest || *duration > highest))
      problem(std::move(path), fmt::format("{} is out of range", value.text()), fmt::format("use {}", range));
  }

  void within(std::string path, size_text const& value, std::uint64_t lowest, std::uint64_t highest,
              std::string_view range) {
    auto const size = parse_size(value.text());
    if (size && (*size < lowest || *size > highest))
      problem(std::move(path), fmt::format("{} is out of range", value.text()), fmt::format("use {}", range));
  }

  void check_measures() {
    constexpr auto mebibyte = std::uint64_t{1} << 20;
    within("http.max_body_bytes", settings_.http.max_body_bytes, 1024, 64 * mebibyte, "1KiB to 64MiB");
    within("http.header_timeout", settings_.http.header_timeout, 100ms, 10min, "100ms to 10m");
    within("http.idle_timeout", settings_.http.idle_timeout, 1s, 1h, "1s to 1h");
    within("http.rate_limit.period", settings_.http.rate_limit.period, 1s, 24h, "1s to 24h");
    within("evidence.max_age", settings_.evidence.max_age, 0ms, 24h, "0 to 24h");
    within("runs.timeout", settings_.runs.timeout, 1s, 24h, "1s to 24h");
    within("runs.retention.max_age", settings_.runs.retention.max_age, 1min, 24h * 3660, "1m to 3660d");
    within("runs.retention.max_bytes", settings_.runs.retention.max_bytes, mebibyte, INT64_MAX, "at least 1MiB");
    within("supervision.period", settings_.supervision.period, 1s, 24h, "1s to 24h");
    within("supervision.backoff.minimum", settings_.supervision.backoff.minimum, 0ms, 1h, "0 to 1h");
    within("supervision.backoff.maximum", settings_.supervision.backoff.maximum, 0ms, 24h, "0 to 24h");
    auto const lowest = parse_duration(settings_.supervision.backoff.minimum.text());
    auto const highest = parse_duration(settings_.supervision.backoff.maximum.text());
    if (lowest && highest && *lowest > *highest)
      problem("supervision.backoff.minimum", "greater than supervision.backoff.maximum", "exchange them");
  }

  /// An absolute http or https URL that holds no credentials. The text itself is not repeated: it may hold some.
  void check_url(std::string path, std::string const& url) {
    if (url.empty()) return;
    auto const start = url.starts_with("https://") ? 8U : url.starts_with("http://") ? 7U : 0U;
    auto const authority = std::string_view{url}.substr(start, url.find_first_of("/?#", start) - start);
    auto const blank = url.find_first_of(" \t\r\n") != std::string::npos;
    if (start == 0 || authority.empty() || blank)
      problem(std::move(path), "not an absolute http or https URL", "write it like https://example.atlassian.net");
    else if (authority.find('@') != std::string_view::npos)
      problem(std::move(path), "a URL must not hold credentials", "use the settings beside it for name and token");
  }

  void need(std::string path, bool given, std::string_view variable) {
    if (given) return;
    auto remedy =
        fmt::format("set {} in the environment or {} in the settings file, or use mode: mock", variable, path);
    problem(std::move(path), "live mode needs it", std::move(remedy));
  }

  /// Who publishes nothing needs none; who begins to configure it, or asks for the real one, needs all of it.
  void check_confluence() {
    auto const& chosen = settings_.confluence;
    auto const asked_for = chosen.mock_mode == false || !chosen.url.empty();
    if (mocks_confluence(settings_) || !asked_for || !has_role(settings_, node_role::reporting)) return;
    auto const need_it = [&](char const* path, bool given, char const* variable) {
      if (given) return;
      auto remedy =
          fmt::format("set {} in the environment or {} in the settings file, or CONFLUENCE_MOCK_MODE=true for "
                      "the simulator",
                      variable, path);
      problem(path, "publishing needs it", std::move(remedy));
    };
    need_it("confluence.url", !chosen.url.empty(), "CONFLUENCE_URL");
    need_it("confluence.username", !chosen.username.empty(), "CONFLUENCE_USERNAME");
    need_it("confluence.api_token", chosen.api_token.is_set(), "CONFLUENCE_API_TOKEN");
  }

  void check_services() {
    check_url("jira.url", settings_.jira.url);
    check_url("github.url", settings_.github.url);
    check_url("jenkins.url", settings_.jenkins.url);
    check_url("confluence.url", settings_.confluence.url);
    check_url("simulator.url", settings_.simulator.url);
    check_confluence();
    if (settings_.mode == node_mode::mock) return;
    if (has_role(settings_, node_role::jira)) {
      need("jira.url", !settings_.jira.url.empty(), "JIRA_URL");
      need("jira.username", !settings_.jira.username.empty(), "JIRA_USERNAME");
      need("jira.api_token", settings_.jira.api_token.is_set(), "JIRA_API_TOKEN");
    }
    if (has_role(settings_, node_role::git_ci)) {
      need("github.url", !settings_.github.url.empty(), "GITHUB_URL");
      need("github.token", settings_.github.token.is_set(), "GITHUB_TOKEN");
      need("jenkins.url", !settings_.jenkins.url.empty(), "JENKINS_URL");
      need("jenkins.username", !settings_.jenkins.username.empty(), "JENKINS_USERNAME");
      need("jenkins.api_token", settings_.jenkins.api_token.is_set(), "JENKINS_API_TOKEN");
    }
    need("projects", !settings_.projects.empty(), "NEXUS_PROJECTS");
  }

  void check_projects() {
    auto keys = std::set<std::string_view>{};
    for (std::size_t i = 0; i < settings_.projects.size(); ++i) {
      auto const& project = settings_.projects[i];
      auto const path = fmt::format("projects[{}].", i);
      auto const upper = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
      if (project.key.empty() || project.key[0] < 'A' || project.key[0] > 'Z' ||
          !std::all_of(project.key.begin(), project.key.end(), upper))
        problem(path + "key", "not a Jira project key", "write it in capitals, like PROJ");
      else if (!keys.insert(project.key).second)
        problem(path + "key", fmt::format("the project {} is listed twice", project.key), "list each project once");
      auto const slash = project.repository.find('/');
      if (slash == 0 || slash == std::string::npos || slash + 1 == project.repository.size() ||
          project.repository.find('/', slash + 1) != std::string::npos)
        problem(path + "repository", "not a repository's full name", "write owner/name");
      if (project.job.empty()) problem(path + "job", "empty", "name the Jenkins job that builds the project");
      check_branch(path + "release_branch", project.release_branch);
    }
  }

  void check_branch(std::string path, std::string_view pattern) {
    for (auto rest = pattern; !rest.empty();) {
      auto const open = rest.find_first_of("{}");
      if (open == std::string_view::npos) break;
      auto const close = rest.find('}', open);
      auto const name = close == std::string_view::npos ? rest.substr(open) : rest.substr(open, close - open + 1);
      if (name != "{major}" && name != "{minor}" && name != "{patch}" && name != "{version}")
        return problem(std::move(path), fmt::format("'{}' is no placeholder", name.substr(0, 32)),
                       "use {major}, {minor}, {patch} or {version}");
      rest = rest.substr(close + 1);
    }
    if (pattern.empty()) problem(std::move(path), "empty", "write it like release/{major}.{minor}");
  }

  node_settings const& settings_;
  std::vector<error> problems_;
};

} // namespace

auto is_loopback(std::string_view address) -> bool {
  auto const parsed = parse_address(address);
  return parsed && parsed->is_loopback();
}

auto check_node_settings(node_settings const& settings) -> std::vector<error> { return checker{settings}.run(); }

} // namespace nexus
