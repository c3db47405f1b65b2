#include "apps/server_client.hpp"

#include "actors/evidence/report_file.hpp"
#include "apps/spinner.hpp"
#include "messages/core/codec.hpp"
#include "runtime/http/curl_transport.hpp"
#include "runtime/http/outbound.hpp"

#include <charconv>
#include <cstdlib>
#include <future>

namespace nexus::apps {
namespace {

constexpr auto default_port = 8080;
constexpr auto token_limit = std::size_t{16} * 1024;

/// A server started with another port offset is found by the variable that it was started with.
auto default_url() -> std::string {
  if (auto const* url = std::getenv("NEXUS_SERVER"); url != nullptr && *url != '\0') return url;
  auto offset = 0;
  if (auto const* text = std::getenv("NEXUS_PORT_OFFSET")) {
    auto const written = std::string_view{text};
    std::from_chars(written.data(), written.data() + written.size(), offset);
  }
  return fmt::format("http://127.0.0.1:{}", default_port + offset);
}

auto read_token(std::string const& file) -> expected<std::string> {
  auto token = std::string{};
  if (!file.empty()) {
    auto const content = evidence::read_file(file, token_limit);
    if (!content) return tl::unexpected{content.error()};
    token = content->text;
  } else if (auto const* variable = std::getenv("NEXUS_TOKEN")) {
    token = variable;
  }
  token.erase(token.find_last_not_of(" \t\r\n") + 1);
  if (std::ranges::any_of(token, [](unsigned char c) { return c <= ' ' || c >= 0x7f; }))
    return fail_at(file.empty() ? "NEXUS_TOKEN" : file, errc::invalid_argument, "not a token: it holds white space");
  return token;
}

auto code_of_status(int status) -> errc {
  switch (status) {
  case 400:
    return errc::malformed;
  case 401:
    return errc::unauthenticated;
  case 403:
    return errc::permission_denied;
  case 404:
    return errc::not_found;
  case 409:
    return errc::conflict;
  case 413:
    return errc::too_large;
  case 422:
    return errc::invalid_argument;
  case 429:
    return errc::overloaded;
  case 503:
    return errc::unavailable;
  case 504:
    return errc::deadline_exceeded;
  default:
    return errc::upstream;
  }
}

/// Ports of the roles, relative to the orchestrator's.
constexpr std::pair<std::string_view, int> role_ports[]{
    {"orchestrator", 0}, {"jira", 1}, {"git_ci", 2}, {"reporting", 3}};

} // namespace

void add_server_options(CLI::App& command, server_options& options) {
  options.url = default_url();
  command.add_option("--server", options.url, "The server's URL; also the variable NEXUS_SERVER")
      ->type_name("URL")
      ->capture_default_str();
  command.add_option("--token-file", options.token_file, "File that holds the token; else the variable NEXUS_TOKEN")
      ->envname("NEXUS_TOKEN_FILE")
      ->type_name("FILE");
  command.add_option("--timeout", options.timeout_seconds, "How long to wait for an answer")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.1, 86'400.0))
      ->capture_default_str();
}

server_client::server_client(std::string url, std::string authorization, std::chrono::milliseconds timeout)
    : url_(std::move(url)),
      authorization_(std::move(authorization)),
      timeout_(timeout),
      transport_(std::make_unique<http::curl_transport>(
          http::curl_options{.user_agent = std::string{"nexus-cli/"} + NEXUS_VERSION})) {}

server_client::server_client(server_client&&) noexcept = default;
server_client::~server_client() = default;

auto server_client::open(server_options const& options) -> expected<server_client> {
  auto url = options.url;
  while (url.ends_with('/')) url.pop_back();
  auto const parts = http::parse_url(url);
  if (!parts) {
    auto problem = parts.error();
    problem.where = "--server";
    return tl::unexpected{problem};
  }
  auto token = read_token(options.token_file);
  if (!token) return tl::unexpected{token.error()};
  auto const timeout = std::chrono::milliseconds{static_cast<std::int64_t>(options.timeout_seconds * 1000)};
  return server_client{std::move(url), token->empty() ? std::string{} : "Bearer " + *token, timeout};
}

auto server_client::prepare(http::request outbound) const -> http::request {
  if (!authorization_.empty()) outbound.fields.set("Authorization", authorization_);
  outbound.fields.set("Accept", "application/json");
  if (!outbound.body.empty()) outbound.fields.set("Content-Type", "application/json");
  return outbound;
}

auto server_client::explain(error problem) const -> error {
  if (problem.code == errc::upstream) {
    problem.code = errc::unavailable;
    problem.remedy = "start a server with 'nexus serve', or name another with --server";
  } else if (problem.code == errc::deadline_exceeded) {
    problem.remedy = "wait longer with --timeout";
  }
  return problem;
}

auto server_client::exchange(http::request outbound, std::string const& progress) -> expected<http::response> {
  auto answer = std::promise<expected<http::response>>{};
  auto waiting = answer.get_future();
  transport_->send(prepare(std::move(outbound)), timeout_,
                   [&](expected<http::response> outcome) { answer.set_value(std::move(outcome)); });
  auto display = spinner{progress};
  while (waiting.wait_for(spinner::interval) != std::future_status::ready) display.turn();
  auto result = waiting.get();
  if (!result) return tl::unexpected{explain(result.error())};
  return result;
}

auto server_client::get_all(std::vector<std::string> const& urls) -> std::vector<expected<http::response>> {
  auto answers = std::vector<std::promise<expected<http::response>>>(urls.size());
  for (std::size_t i = 0; i < urls.size(); ++i)
    transport_->send(
        prepare({.method = "GET", .target = urls[i], .fields = {}, .body = {}}), timeout_,
        [&answer = answers[i]](expected<http::response> outcome) { answer.set_value(std::move(outcome)); });
  auto results = std::vector<expected<http::response>>{};
  for (auto& answer : answers) {
    auto result = answer.get_future().get();
    results.push_back(result ? std::move(result) : tl::unexpected{explain(result.error())});
  }
  return results;
}

auto server_client::get(std::string const& target, std::string const& progress) -> expected<http::response> {
  auto const url = url_ + target;
  return successful(exchange({.method = "GET", .target = url, .fields = {}, .body = {}}, progress), url);
}

auto server_client::post(std::string const& target, nlohmann::json const& body, std::string const& progress)
    -> expected<http::response> {
  auto const url = url_ + target;
  return successful(exchange({.method = "POST", .target = url, .fields = {}, .body = dump_json(body)}, progress), url);
}

auto server_client::roles() const -> std::vector<role_address> {
  // Without a port of its own the URL leads to one place only: the orchestrator behind a proxy.
  auto const colon = url_.rfind(':');
  auto port = 0;
  auto const digits = std::string_view{url_}.substr(colon + 1);
  auto const [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (problem != std::errc{} || end != digits.data() + digits.size()) return {{"orchestrator", url_}};
  auto result = std::vector<role_address>{};
  for (auto const& [name, distance] : role_ports)
    result.push_back({std::string{name}, fmt::format("{}:{}", url_.substr(0, colon), port + distance)});
  return result;
}

auto server_client::successful(expected<http::response> answer, std::string const& url) -> expected<http::response> {
  if (!answer || (answer->status >= 200 && answer->status < 300)) return answer;
  auto problem = error{code_of_status(answer->status), {}, url, {}, {}};
  if (auto const body = json_of(*answer); body && body->is_object() && body->contains("detail"))
    if (auto const& detail = (*body)["detail"]; detail.is_string()) problem.message = detail.get<std::string>();
  if (problem.message.empty())
    problem.message = fmt::format("the server answered {} {}", answer->status, http::reason_phrase(answer->status));
  if (answer->status == 401) problem.remedy = "give a token with --token-file or the variable NEXUS_TOKEN";
  return tl::unexpected{problem};
}

auto json_of(http::response const& answer) -> expected<nlohmann::ordered_json> {
  // Checked for size and depth first; parsed again to keep the order of members.
  auto const checked = parse_json(answer.body, {.bytes = 16 * 1024 * 1024, .depth = 64});
  if (!checked) return fail(errc::upstream, "the server's answer is no JSON: {}", checked.error().message);
  return nlohmann::ordered_json::parse(answer.body);
}

} // namespace nexus::apps
