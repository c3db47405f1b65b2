#include "runtime/http/problem.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace nexus::http {

auto problem(int status, std::string_view detail, std::string_view request_id) -> response {
  nlohmann::ordered_json document{
      {"type", "about:blank"}, {"title", reason_phrase(status)}, {"status", status}, {"detail", detail}};
  if (!request_id.empty()) document["instance"] = request_id;
  // The detail may quote what a client sent, which need not be UTF-8.
  auto body = document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return {status, {{"Content-Type", "application/problem+json"}}, std::move(body)};
}

auto status_of(errc code) noexcept -> int {
  switch (code) {
  case errc::invalid_argument:
    return 422;
  case errc::malformed:
    return 400;
  case errc::unauthenticated:
    return 401;
  case errc::permission_denied:
    return 403;
  case errc::not_found:
    return 404;
  case errc::conflict:
    return 409;
  case errc::too_large:
    return 413;
  case errc::overloaded:
    return 429;
  case errc::unavailable:
    return 503;
  case errc::deadline_exceeded:
    return 504;
  case errc::cancelled:
    return 409;
  case errc::upstream:
    return 502;
  case errc::internal:
    return 500;
  case errc::corrupt:
    return 500;
  case errc::storage:
    return 503;
  case errc::budget_exceeded:
    return 422;
  case errc::refused:
    return 422;
  }
  return 500;
}

auto problem_of(error const& failure, std::string_view request_id) -> response {
  auto status = status_of(failure.code);
  // What broke inside is for the log, which the request id finds.
  auto answer = status == 500 ? problem(status, "an internal error; the log has it under this request's id", request_id)
                              : problem(status, failure.render(), request_id);
  if (status == 429 || status == 503) {
    auto seconds = std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(failure.retry_after).count());
    answer.fields.set("Retry-After", std::to_string(seconds));
  }
  return answer;
}

} // namespace nexus::http
