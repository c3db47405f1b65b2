#include "simulator/faults.hpp"

#include "simulator/github.hpp"
#include "simulator/jenkins.hpp"
#include "simulator/jira.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace nexus::simulator {
namespace {

constexpr std::array<std::string_view, 5> kind_names{"status", "slow", "cut_off", "malformed", "rate_limit"};

auto own_error(std::string_view service, int status) -> http::response {
  auto reason = std::string{http::reason_phrase(status)};
  if (reason.empty()) reason = "Error";
  if (service == "jira") return jira::problem(status, reason);
  if (service == "github") return github::problem(status, reason);
  return jenkins::problem(status, reason);
}

auto too_many(fault const& f, std::string_view service, instant now) -> http::response {
  auto status = f.status != 0 ? f.status : service == "github" ? 403 : 429;
  auto answer = service == "github"
                    ? github::problem(status, "API rate limit exceeded for user ID 1. If you reach out to GitHub "
                                              "Support for help, please include the request ID.")
                    : own_error(service, status);
  answer.fields.set("Retry-After", fmt::format("{}", f.retry_after.count()));
  if (service == "github") {
    answer.fields.set("x-ratelimit-remaining", "0");
    answer.fields.set("x-ratelimit-reset", fmt::format("{}", (now + f.retry_after).time_since_epoch().count()));
  }
  return answer;
}

} // namespace

void fault_list::add(fault ordered) {
  if (faults_.size() < capacity && ordered.count != 0) faults_.push_back(std::move(ordered));
}

auto fault_list::take(std::string_view service, std::string_view path) -> std::optional<fault> {
  auto behind_service = path.substr(std::min(path.size(), service.size() + 1));
  auto found = std::find_if(faults_.begin(), faults_.end(), [&](fault const& f) {
    return (f.service.empty() || f.service == service) &&
           (path.starts_with(f.match) || behind_service.starts_with(f.match));
  });
  if (found == faults_.end()) return std::nullopt;
  auto hit = *found;
  if (found->count > 0 && --found->count == 0) faults_.erase(found);
  return hit;
}

auto name_of(fault::kind_type kind) -> std::string_view { return kind_names[static_cast<std::size_t>(kind)]; }

auto read_fault(json const& text) -> expected<fault> {
  if (!text.is_object()) return fail(errc::malformed, "a fault is a JSON object");
  fault f;
  for (auto const& [name, value] : text.items()) {
    auto whole = value.is_number_integer() ? std::clamp<std::int64_t>(value.get<std::int64_t>(), -1, 1'000'000)
                                           : std::int64_t{-2};
    auto is_text = value.is_string();
    auto wrong = [&, key = name] { return fail_at("$." + key, errc::invalid_argument, "not a value for '{}'", key); };
    if (name == "service") {
      if (!is_text || (value != "jira" && value != "github" && value != "jenkins" &&
                       value != "")) // NOLINT(readability-container-size-empty): a JSON text is never empty()
        return wrong();
      f.service = value.get<std::string>();
    } else if (name == "match") {
      if (!is_text) return wrong();
      f.match = value.get<std::string>();
    } else if (name == "kind") {
      auto known = std::find(kind_names.begin(), kind_names.end(), is_text ? value.get<std::string>() : std::string{});
      if (known == kind_names.end()) return wrong();
      f.kind = static_cast<fault::kind_type>(known - kind_names.begin());
    } else if (name == "status") {
      if (whole < 200 || whole > 599) return wrong();
      f.status = static_cast<int>(whole);
    } else if (name == "delay_ms") {
      if (whole < 0) return wrong();
      f.delay = std::chrono::milliseconds{whole};
    } else if (name == "retry_after_s") {
      if (whole < 0) return wrong();
      f.retry_after = std::chrono::seconds{whole};
    } else if (name == "count") {
      if (whole == -2) return wrong();
      f.count = static_cast<int>(whole);
    } else {
      return fail_at("$." + name, errc::invalid_argument, "unknown member '{}'", name);
    }
  }
  return f;
}

auto write_fault(fault const& f) -> json {
  return {{"service", f.service},
          {"match", f.match},
          {"kind", name_of(f.kind)},
          {"status", f.status},
          {"delay_ms", f.delay.count()},
          {"retry_after_s", f.retry_after.count()},
          {"count", f.count}};
}

auto spoil(fault const& f, std::string_view service, http::response answer, instant now) -> http::service_reply {
  http::service_reply reply;
  reply.delay = f.delay;
  switch (f.kind) {
  case fault::kind_type::status:
    answer = own_error(service, f.status == 0 ? 500 : f.status);
    break;
  case fault::kind_type::rate_limit:
    answer = too_many(f, service, now);
    break;
  case fault::kind_type::malformed:
    answer.body = answer.body.substr(0, answer.body.size() / 2) + "\"";
    break;
  case fault::kind_type::cut_off:
    reply.cut_off_after = answer.body.size() / 2;
    break;
  case fault::kind_type::slow:
    break;
  }
  reply.answer = std::move(answer);
  return reply;
}

} // namespace nexus::simulator
