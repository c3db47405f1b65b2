#include "runtime/rest/service.hpp"

#include "messages/core/text.hpp"

#include <openssl/evp.h>

#include <charconv>

namespace nexus::rest {
namespace {

constexpr std::size_t parallel_requests = 8;

auto whole_number(std::optional<std::string_view> text) -> std::optional<std::int64_t> {
  if (!text) return {};
  std::int64_t result = 0;
  auto const [end, code] = std::from_chars(text->data(), text->data() + text->size(), result);
  return code == std::errc{} && end == text->data() + text->size() ? std::optional{result} : std::nullopt;
}

/// Retry-After in seconds (the form that Jira, GitHub and Jenkins use), or the end of GitHub's rate limit.
auto wait_told_by(service_settings const& settings, http::headers const& fields) -> std::chrono::milliseconds {
  constexpr std::int64_t day = 86'400;
  if (auto const seconds = whole_number(fields.find("Retry-After")); seconds && *seconds >= 0)
    return std::chrono::seconds{std::min(*seconds, day)};
  auto const reset = whole_number(fields.find("X-RateLimit-Reset"));
  if (reset && settings.now) {
    auto const now = std::chrono::floor<std::chrono::seconds>(settings.now()).time_since_epoch().count();
    return std::chrono::seconds{std::clamp<std::int64_t>(*reset - now, 0, day)};
  }
  return {};
}

auto own_words(service_settings const& settings, http::response const& response) -> std::string {
  if (!settings.problem_text) return {};
  auto const body = parse_json(response.body, settings.limits);
  return body ? one_line(settings.problem_text(*body)) : std::string{};
}

auto json_request(std::string method, std::string const& target, nlohmann::json const& body) -> http::request {
  return {.method = std::move(method),
          .target = target,
          .fields = {{"Content-Type", "application/json"}},
          .body = dump_json(body)};
}

/// What an answer means for a write: an acceptance counts whatever its body is like, and a refusal is certain.
auto of_write(expected<answer> result, http::response const& response) -> expected<answer> {
  if (result) return result;
  if (response.status >= 200 && response.status < 300) return answer{nullptr, response.fields};
  if (result.error().code == errc::upstream && response.status < 500)
    result.error().code = response.status == 401 ? errc::permission_denied : errc::refused;
  return result;
}

} // namespace

service::service(service_settings settings, http::exchange exchange) : exchange_(std::move(exchange)) {
  while (settings.base_url.ends_with('/')) settings.base_url.pop_back();
  settings_ = std::make_shared<service_settings const>(std::move(settings));
}

void service::get(call const& context, std::string const& target, continuation<answer> done) const {
  send(context, http::request{.method = "GET", .target = target, .fields = {}, .body = {}}, false, std::move(done));
}

void service::ask(call const& context, std::string const& target, nlohmann::json const& body,
                  continuation<answer> done) const {
  send(context, json_request("POST", target, body), false, std::move(done));
}

void service::change(call const& context, std::string method, std::string const& target, nlohmann::json const& body,
                     continuation<answer> done) const {
  send(context, json_request(std::move(method), target, body), true, std::move(done));
}

void service::submit(call const& context, std::string const& target,
                     std::vector<std::pair<std::string, std::string>> const& form, continuation<answer> done) const {
  auto text = std::string{};
  for (auto const& [name, value] : form)
    text += fmt::format("{}{}={}", text.empty() ? "" : "&", http::percent_encode(name), http::percent_encode(value));
  send(context,
       http::request{.method = "POST",
                     .target = target,
                     .fields = {{"Content-Type", "application/x-www-form-urlencoded"}},
                     .body = std::move(text)},
       true, std::move(done));
}

void service::get_all(call const& context, std::vector<std::string> targets,
                      std::function<void(std::vector<expected<answer>>)> done) const {
  auto const count = targets.size();
  gather<answer>(
      count, parallel_requests,
      [self = *this, context, targets = std::move(targets)](std::size_t i, continuation<answer> next) {
        self.get(context, targets[i], std::move(next));
      },
      std::move(done));
}

void service::get_pages(call const& context, std::string const& target, std::size_t limit,
                        continuation<page_sequence> done) const {
  struct reading {
    service self;
    call context;
    std::size_t limit;
    page_sequence read;
    continuation<page_sequence> done;

    static void next(std::shared_ptr<reading> state, std::string const& page) {
      state->self.get(state->context, page, [state](expected<answer> got) {
        if (!got) return state->done(tl::unexpected{std::move(got.error())});
        state->read.pages.push_back(std::move(got->body));
        auto const following = next_page(state->self.settings(), got->fields);
        state->read.more = !following.empty();
        if (state->read.more && state->read.pages.size() < state->limit) return next(state, following);
        state->done(std::move(state->read));
      });
    }
  };
  reading::next(std::make_shared<reading>(reading{*this, context, limit, {}, std::move(done)}), target);
}

void service::send(call const& context, http::request outbound, bool writes, continuation<answer> done) const {
  auto where = fmt::format("{} {} {}", settings_->name, outbound.method,
                           std::string_view{outbound.target}.substr(0, outbound.target.find('?')));
  outbound.target.insert(0, settings_->base_url);
  for (auto const& [name, value] : settings_->fields) outbound.fields.add(name, value);
  exchange_(context, std::move(outbound),
            [settings = settings_, where = std::move(where), writes,
             done = std::move(done)](expected<http::response> response) mutable {
              if (response) {
                auto result = interpret(*settings, where, *response);
                return done(writes ? of_write(std::move(result), *response) : std::move(result));
              }
              auto failure = std::move(response.error());
              if (failure.where.empty()) failure.where = std::move(where);
              // There was an answer, so the write may be done; the code alone would tell the opposite.
              if (writes && failure.code == errc::too_large) failure.code = errc::upstream;
              done(tl::unexpected{std::move(failure)});
            });
}

auto interpret(service_settings const& settings, std::string const& where, http::response const& response)
    -> expected<answer> {
  auto const status = response.status;
  if (status >= 200 && status < 300) {
    if (response.body.find_first_not_of(" \t\r\n") == std::string::npos) return answer{nullptr, response.fields};
    auto body = parse_json(response.body, settings.limits);
    if (body) return answer{std::move(*body), response.fields};
    auto failure = error{errc::upstream,
                         fmt::format("{} answered {} with something that is not acceptable JSON: {}", settings.name,
                                     status, one_line(body.error().message)),
                         where,
                         {},
                         {}};
    if (response.body.front() == '<')
      failure.remedy =
          fmt::format("it is a page: check that {} is the address of {}'s API", settings.url_setting, settings.name);
    return tl::unexpected{std::move(failure)};
  }

  auto const words = own_words(settings, response);
  auto const detail = words.empty() ? std::string{} : ": " + words;
  auto failure = error{errc::upstream, {}, where, {}, wait_told_by(settings, response.fields)};
  auto const limit_used_up =
      status == 403 && (response.fields.find("Retry-After") || response.fields.find("X-RateLimit-Remaining") == "0");
  if (status == 429 || limit_used_up) {
    failure.code = errc::overloaded;
    failure.message = fmt::format("{} limits the rate of requests{}", settings.name, detail);
    return tl::unexpected{std::move(failure)};
  }
  switch (status) {
  case 400:
  case 422:
    failure.code = errc::refused;
    failure.message = fmt::format("{} refused the request{}", settings.name, detail);
    break;
  case 401:
    failure.message = fmt::format("{} does not accept the credentials{}", settings.name, detail);
    failure.remedy = fmt::format("check {}", settings.credentials_setting);
    break;
  case 403:
    failure.code = errc::permission_denied;
    failure.message = fmt::format("{} does not permit this to these credentials{}", settings.name, detail);
    failure.remedy = fmt::format("check the permissions of {}", settings.credentials_setting);
    break;
  case 404:
  case 410:
    failure.code = errc::not_found;
    failure.message = fmt::format("{} has no such thing{}", settings.name, detail);
    break;
  case 409:
    failure.code = errc::conflict;
    failure.message = fmt::format("{} reports a conflict{}", settings.name, detail);
    break;
  default:
    failure.message = fmt::format("{} answered {} {}{}", settings.name, status, http::reason_phrase(status), detail);
    if (status >= 300 && status < 400)
      failure.remedy =
          fmt::format("check that {} is the address of {}'s API itself", settings.url_setting, settings.name);
  }
  return tl::unexpected{std::move(failure)};
}

auto basic_authorization(std::string_view user, std::string_view token) -> std::string {
  auto const plain = fmt::format("{}:{}", user, token);
  auto encoded = std::string(4 * ((plain.size() + 2) / 3), '\0');
  // EVP_EncodeBlock writes a terminating NUL, for which std::string has room.
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                  reinterpret_cast<unsigned char const*>(plain.data()), static_cast<int>(plain.size()));
  return "Basic " + encoded;
}

auto one_line(std::string_view text, std::size_t limit) -> std::string {
  auto result = std::string{};
  for (auto const c : text) {
    auto const space = static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
    if (space && (result.empty() || result.back() == ' ')) continue;
    if (result.size() == limit) {
      // Never end in the middle of a UTF-8 sequence.
      while (!result.empty() && !starts_character(result.back())) result.pop_back();
      if (!result.empty() && static_cast<unsigned char>(result.back()) >= 0xc0) result.pop_back();
      return result + "...";
    }
    result += space ? ' ' : c;
  }
  while (result.ends_with(' ')) result.pop_back();
  return result;
}

auto next_page(service_settings const& settings, http::headers const& fields) -> std::string {
  auto const path_of = [](std::string_view url) {
    auto const scheme = url.find("://");
    auto const path = scheme == std::string_view::npos ? 0 : url.find('/', scheme + 3);
    return path == std::string_view::npos ? std::string_view{} : url.substr(path);
  };
  auto rest = fields.find("Link").value_or("");
  while (true) {
    auto const open = rest.find('<');
    auto const close = rest.find('>', open);
    if (open == std::string_view::npos || close == std::string_view::npos) return {};
    auto const path = path_of(rest.substr(open + 1, close - open - 1));
    rest = rest.substr(close + 1);
    auto const parameters = rest.substr(0, rest.find('<'));
    if (parameters.find("rel=\"next\"") == std::string_view::npos) continue;
    auto const base = path_of(settings.base_url);
    return path.starts_with(base) ? std::string{path.substr(base.size())} : std::string{};
  }
}

} // namespace nexus::rest
