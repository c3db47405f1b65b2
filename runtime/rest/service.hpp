#pragma once

#include "messages/core/codec.hpp"
#include "runtime/http/client.hpp"
#include "runtime/rest/gather.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::rest {

/// How an outside service with a JSON API is reached, and how its errors are worded.
struct service_settings {
  /// As error texts name it: "Jira".
  std::string name;
  /// "https://example.atlassian.net", without a slash at the end.
  std::string base_url;
  /// The setting that holds base_url, for error texts: "JIRA_URL".
  std::string url_setting;
  /// The settings that hold the credentials, for error texts: "JIRA_USERNAME and JIRA_API_TOKEN".
  std::string credentials_setting;
  /// Sent with every request: Authorization, Accept, a version.
  http::headers fields;
  /// Bounds on its answers.
  json_limits limits{8 * 1024 * 1024, 64};
  /// The API's own words in the body of an error; empty when there are none.
  std::function<std::string(nlohmann::json const& body)> problem_text;
  /// The wall clock, for limits that name the moment of their end.
  std::function<timestamp()> now;
};

/// A successful answer.
struct answer {
  nlohmann::json body;
  http::headers fields;
};

/// Consecutive pages of a list.
struct page_sequence {
  std::vector<nlohmann::json> pages;
  /// Whether there are pages beyond these.
  bool more = false;
};

/// One outside service: sends requests, and turns what comes back into JSON or an error.
///
/// What status and body mean: 2xx with JSON is an answer, an empty body null; 400 and 422 refused; 401 upstream and 403
/// permission_denied, both naming the credentials' settings; 404 and 410 not_found; 409 conflict; 429, and 403 with a
/// used-up rate limit, overloaded with retry_after; anything else upstream. Errors of the transport keep their code.
/// Every error says which service, method and path (without the query) it is about.
class service {
public:
  service(service_settings settings, http::exchange exchange);

  auto settings() const -> service_settings const& { return *settings_; }
  auto now() const -> timestamp { return settings_->now(); }

  /// Reads `target`: a path with query below the base URL.
  void get(call const& context, std::string const& target, continuation<answer> done) const;
  /// Sends JSON to a path that answers questions too long for a query; nothing is changed by it.
  void ask(call const& context, std::string const& target, nlohmann::json const& body, continuation<answer> done) const;
  /// Changes something, by POST, PUT or DELETE with JSON; never repeated by itself. An acceptance whose body makes no
  /// sense is an answer with the body null. Of the errors, upstream, unavailable, deadline_exceeded and cancelled leave
  /// open whether it happened; after any other it did not (so 401 is permission_denied here, and a redirection
  /// refused).
  void change(call const& context, std::string method, std::string const& target, nlohmann::json const& body,
              continuation<answer> done) const;
  /// The same by POST with a form (application/x-www-form-urlencoded).
  void submit(call const& context, std::string const& target,
              std::vector<std::pair<std::string, std::string>> const& form, continuation<answer> done) const;
  /// Reads several targets, at most 8 at a time; the answers are in their order.
  void get_all(call const& context, std::vector<std::string> targets,
               std::function<void(std::vector<expected<answer>>)> done) const;
  /// Reads a list page by page, as its Link fields lead (RFC 8288), at most so many pages.
  void get_pages(call const& context, std::string const& target, std::size_t limit,
                 continuation<page_sequence> done) const;

private:
  void send(call const& context, http::request outbound, bool writes, continuation<answer> done) const;

  std::shared_ptr<service_settings const> settings_;
  http::exchange exchange_;
};

/// The value of an Authorization field: Basic with user and token (RFC 7617).
auto basic_authorization(std::string_view user, std::string_view token) -> std::string;

/// What an outside service wrote, fit for a line of ours: without control characters, at most `limit` bytes.
auto one_line(std::string_view text, std::size_t limit = 300) -> std::string;

/// What a response means, as class service says. `where` is "Jira GET /rest/api/3/myself".
auto interpret(service_settings const& settings, std::string const& where, http::response const& response)
    -> expected<answer>;

/// The next page that a Link field names, as a target below the base URL; empty on the last page. The host that the
/// link names is ignored: credentials never go to another one.
auto next_page(service_settings const& settings, http::headers const& fields) -> std::string;

} // namespace nexus::rest
