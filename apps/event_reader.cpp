#include "apps/event_reader.hpp"

#include "apps/server_client.hpp"
#include "runtime/http/outbound.hpp"

#include <curl/curl.h>

#include <array>
#include <memory>

namespace nexus::apps {
namespace {

constexpr auto event_limit = std::size_t{16} * 1024 * 1024;
constexpr auto problem_limit = std::size_t{64} * 1024;
constexpr auto silence_seconds = 60L;

/// A transfer as curl's callback sees it.
struct transfer {
  CURL* easy;
  event_parser parser;
  http::response refusal;
};

auto on_body(char* data, std::size_t size, std::size_t count, void* user) -> std::size_t {
  auto& what = *static_cast<transfer*>(user);
  auto const bytes = std::string_view{data, size * count};
  auto status = 0L;
  curl_easy_getinfo(what.easy, CURLINFO_RESPONSE_CODE, &status);
  if (status == 200) return what.parser.feed(bytes) ? bytes.size() : 0;
  what.refusal.body += bytes.substr(0, problem_limit - std::min(problem_limit, what.refusal.body.size()));
  return bytes.size();
}

auto is_loopback(std::string_view authority) -> bool {
  return authority.starts_with("127.") || authority.starts_with("localhost") || authority.starts_with("[::1]");
}

} // namespace

auto event_parser::feed(std::string_view bytes) -> bool {
  rest_ += bytes;
  auto begin = std::size_t{0};
  for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', begin)) {
    auto text = std::string_view{rest_}.substr(begin, end - begin);
    if (text.ends_with('\r')) text.remove_suffix(1);
    line(text);
    begin = end + 1;
  }
  rest_.erase(0, begin);
  return rest_.size() + next_.data.size() <= event_limit;
}

void event_parser::line(std::string_view text) {
  if (text.empty()) {
    if (has_data_) {
      if (next_.kind.empty()) next_.kind = "message";
      receive_(next_);
    }
    next_.kind.clear();
    next_.data.clear();
    has_data_ = false;
    return;
  }
  auto const colon = text.find(':');
  auto const name = text.substr(0, colon);
  auto value = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "event") {
    next_.kind = value;
  } else if (name == "id") {
    next_.id = value;
  } else if (name == "data") {
    if (has_data_) next_.data += '\n';
    next_.data += value;
    has_data_ = true;
  } // comments, whose name is empty, and what nobody knows
}

auto read_events(event_source const& source, std::function<void(server_event const&)> receive) -> expected<void> {
  auto const url = http::parse_url(source.url);
  if (!url) return tl::unexpected{url.error()};
  auto const easy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>{curl_easy_init(), curl_easy_cleanup};
  if (!easy) return fail(errc::internal, "curl cannot be used");
  auto what = transfer{easy.get(), event_parser{std::move(receive)}, {}};
  auto fields = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>{nullptr, curl_slist_free_all};
  auto const add = [&](std::string const& field) { fields.reset(curl_slist_append(fields.release(), field.c_str())); };
  add("Accept: text/event-stream");
  if (!source.authorization.empty()) add("Authorization: " + source.authorization);
  if (!source.last_event_id.empty()) add("Last-Event-ID: " + source.last_event_id);
  auto reason = std::array<char, CURL_ERROR_SIZE>{};
  curl_easy_setopt(easy.get(), CURLOPT_URL, source.url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_CONNECTTIMEOUT, 5L);
  curl_easy_setopt(easy.get(), CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_LOW_SPEED_TIME, silence_seconds);
  curl_easy_setopt(easy.get(), CURLOPT_USERAGENT, "nexus-cli/" NEXUS_VERSION);
  curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, reason.data());
  curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, fields.get());
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &what);
  if (is_loopback(url->authority)) curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");

  auto const result = curl_easy_perform(easy.get());
  auto status = 0L;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  if (result != CURLE_OK)
    return fail_at(url->shown, status == 0 ? errc::unavailable : errc::upstream, "{}",
                   reason[0] != '\0' ? reason.data() : curl_easy_strerror(result));
  what.refusal.status = static_cast<int>(status);
  if (auto const answer = server_client::successful(std::move(what.refusal), url->shown); !answer)
    return tl::unexpected{answer.error()};
  return {};
}

} // namespace nexus::apps
