#include "runtime/http/client.hpp"

#include "messages/core/codec.hpp"
#include "runtime/http/outbound.hpp"
#include "runtime/telemetry/span.hpp"

#include <date/date.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

namespace nexus::http {
namespace {

auto repeatable(request const& outbound) -> bool { return outbound.method == "GET" || outbound.method == "HEAD"; }

/// Errors that say nothing about the service: the request never left, or was given up by us.
auto refused_here(errc code) -> bool {
  return code == errc::invalid_argument || code == errc::overloaded || code == errc::cancelled;
}

/// Calls that are remembered: by far more than are under way at once.
constexpr std::size_t most_remembered = 1'000;

auto passing_trouble(int status) -> bool { return status == 429 || status == 502 || status == 503 || status == 504; }

auto refuses_for_now(response const& answer) -> bool { return answer.status == 429 || answer.status == 403; }

/// When a rate limit that this answer has used up, or found used up, is renewed: at X-RateLimit-Reset (seconds since
/// 1970), in an hour at most. A refusal that does not say so legibly means a minute. Retry-After is another thing.
auto limit_renewal(response const& answer, timestamp now) -> std::optional<timestamp> {
  if (answer.fields.find("X-RateLimit-Remaining") != "0" || answer.fields.find("Retry-After")) return std::nullopt;
  auto const field = answer.fields.find("X-RateLimit-Reset").value_or("");
  std::int64_t seconds = 0;
  auto const [end, problem] = std::from_chars(field.data(), field.data() + field.size(), seconds);
  auto const legible = problem == std::errc{} && end == field.data() + field.size() && seconds >= 0;
  if (!legible) return refuses_for_now(answer) ? std::optional{now + std::chrono::minutes{1}} : std::nullopt;
  auto const longest = now + std::chrono::hours{1};
  if (seconds >= std::chrono::ceil<std::chrono::seconds>(longest.time_since_epoch()).count()) return longest;
  return timestamp{std::chrono::seconds{seconds}};
}

/// Whether the limit is the one that most requests have in common.
auto concerns_all(response const& answer) -> bool {
  auto const resource = answer.fields.find("X-RateLimit-Resource");
  return !resource || *resource == "core";
}

} // namespace

struct client::attempt {
  call context;
  request outbound;
  response_callback done;
  std::uint32_t number = 1;
  /// Let through by an open breaker, to see whether the service is back.
  bool probe = false;
  /// Of the attempt that is under way.
  span work = {};

  void begin_span(std::string const& service);
  void end_span(expected<response> const& outcome);
};

/// OpenTelemetry's conventions for HTTP clients: a span for each attempt, whose context goes out with it. No query: it
/// may hold what nobody else should see.
void client::attempt::begin_span(std::string const& service) {
  auto with = context;
  work = nexus::begin_span(span_kind::client, with, outbound.method);
  if (!with.traceparent.empty()) outbound.fields.set("traceparent", with.traceparent);
  if (!work.recording()) return;
  work.set("http.request.method", outbound.method);
  work.set("nexus.service", service);
  if (number > 1) work.set("http.request.resend_count", number - 1);
  auto const url = parse_url(outbound.target);
  if (!url) return;
  work.set("url.full", url->shown);
  auto const host = std::string_view{url->authority};
  auto const colon = host.rfind(':');
  auto const has_port = colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos;
  auto port = url->scheme == "https" ? 443 : 80;
  if (has_port) std::from_chars(host.data() + colon + 1, host.data() + host.size(), port);
  work.set("server.address", has_port ? host.substr(0, colon) : host);
  work.set("server.port", port);
}

void client::attempt::end_span(expected<response> const& outcome) {
  if (!work.recording()) return;
  if (outcome) work.set("http.response.status_code", outcome->status);
  if (outcome && outcome->status >= 400) work.fail(std::to_string(outcome->status));
  work.judge(outcome);
  work.end();
}

client::client(std::shared_ptr<transport> carrier, client_options options, client_environment environment)
    : carrier_(std::move(carrier)),
      options_(std::move(options)),
      environment_(std::move(environment)),
      retry_tokens_(options_.retry_reserve) {}

auto client::as_exchange() -> exchange {
  return [this](call const& context, request outbound, response_callback done) {
    send(context, std::move(outbound), std::move(done));
  };
}

auto client::remaining(attempt const& work) const -> std::chrono::milliseconds {
  if (work.context.deadline == timestamp{}) return options_.timeout;
  return work.context.deadline - environment_.now();
}

void client::send(call const& context, request outbound, response_callback done) {
  retry_tokens_ = std::min(options_.retry_reserve, retry_tokens_ + options_.retry_ratio);
  auto work = std::make_shared<attempt>(attempt{context, std::move(outbound), std::move(done)});
  try_once(work);
}

void client::try_once(std::shared_ptr<attempt> const& work) {
  auto const patience = std::min(options_.timeout, remaining(*work));
  if (patience <= std::chrono::milliseconds::zero())
    return answer(*work, fail(errc::deadline_exceeded, "the deadline passed before {} was asked", options_.service),
                  false);
  if (auto const wait = limited_until_ - environment_.now(); wait > std::chrono::milliseconds::zero()) {
    if (wait >= remaining(*work)) return answer(*work, tl::unexpected{used_up_until(limited_until_)}, false);
    // A request without a deadline must not wait for one renewal after the other.
    if (work->context.deadline == timestamp{}) work->context.deadline = environment_.now() + options_.timeout;
    return environment_.schedule(wait, [this, work] { try_once(work); });
  }
  if (failures_in_row_ >= options_.breaker_failures) {
    auto const time = environment_.now();
    if (time < open_until_ || probing_)
      return answer(*work,
                    tl::unexpected{error{errc::unavailable,
                                         fmt::format("{} failed {} times in a row and is left alone for a while",
                                                     options_.service, failures_in_row_),
                                         {},
                                         "try again later",
                                         std::max(std::chrono::milliseconds{1}, open_until_ - time)}},
                    false);
    probing_ = true;
    work->probe = true;
  }
  work->begin_span(options_.service);
  carrier_->send(work->outbound, patience, environment_.in_context([this, work](expected<response> outcome) {
    judge(work, std::move(outcome));
  }));
}

void client::answer(attempt const& work, expected<response> outcome, bool sent) {
  auto const& key = work.context.idempotency_key;
  auto const known = !key.empty() && std::find(arrived_.begin(), arrived_.end(), key) != arrived_.end();
  if (sent && !repeatable(work.outbound) && !key.empty() && !known) {
    if (arrived_.size() >= most_remembered) arrived_.pop_front();
    arrived_.push_back(key);
  }
  if (!outcome) {
    auto& remedy = outcome.error().remedy;
    if (!key.empty() && !known && (!sent || repeatable(work.outbound))) // who only looked has changed nothing
      remedy = nothing_was_changed;
    else if (remedy == nothing_was_changed)
      remedy.clear();
  }
  work.done(std::move(outcome));
}

void client::judge(std::shared_ptr<attempt> const& work, expected<response> outcome) {
  work->end_span(outcome);
  auto const sent = outcome || outcome.error().remedy != nothing_was_changed;
  if (std::exchange(work->probe, false)) probing_ = false;
  if (outcome ? outcome->status < 500 : refused_here(outcome.error().code)) {
    if (outcome) failures_in_row_ = 0;
  } else if (++failures_in_row_ >= options_.breaker_failures) {
    open_until_ = environment_.now() + options_.breaker_pause;
  }
  auto const time = environment_.now();
  auto const renewal = outcome ? limit_renewal(*outcome, time) : std::nullopt;
  if (renewal && concerns_all(*outcome)) limited_until_ = std::max(limited_until_, *renewal);
  auto const limited = renewal && refuses_for_now(*outcome);
  auto const give_up = [&] {
    if (limited) outcome = tl::unexpected{used_up_until(*renewal)};
    answer(*work, std::move(outcome), sent);
  };
  auto const transient = outcome ? limited || passing_trouble(outcome->status) : outcome.error().code == errc::upstream;
  if (!transient || !repeatable(work->outbound) || work->number >= options_.attempts || retry_tokens_ < 1)
    return give_up();
  auto delay = std::chrono::milliseconds{static_cast<std::int64_t>(
      static_cast<double>(options_.first_delay.count()) * std::exp2(work->number - 1) * (0.5 + environment_.random()))};
  if (outcome)
    if (auto const told = retry_after(*outcome, time)) delay = std::max(delay, *told);
  if (limited) delay = std::max(delay, *renewal - time);
  if (delay >= remaining(*work)) return give_up();
  retry_tokens_ -= 1;
  ++work->number;
  environment_.schedule(delay, [this, work] { try_once(work); });
}

auto client::used_up_until(timestamp renewal) const -> error {
  return {errc::overloaded,
          fmt::format("{} limits the rate of requests; the limit is used up until {}", options_.service,
                      format_timestamp(renewal)),
          {},
          "try again then",
          std::max(std::chrono::milliseconds{1}, renewal - environment_.now())};
}

auto retry_after(response const& answer, timestamp now) -> std::optional<std::chrono::milliseconds> {
  auto const field = answer.fields.find("Retry-After");
  if (!field) return std::nullopt;
  constexpr auto longest = std::chrono::milliseconds{std::chrono::hours{24}};
  std::uint32_t seconds{};
  auto const [end, problem] = std::from_chars(field->data(), field->data() + field->size(), seconds);
  if (problem == std::errc{} && end == field->data() + field->size())
    return std::min(longest, std::chrono::milliseconds{std::chrono::seconds{seconds}});
  auto stream = std::istringstream{std::string{*field}};
  auto moment = date::sys_seconds{};
  stream >> date::parse("%a, %d %b %Y %T GMT", moment);
  if (stream.fail()) return std::nullopt;
  auto const wait = std::chrono::duration_cast<std::chrono::milliseconds>(moment - now);
  return std::clamp(wait, std::chrono::milliseconds::zero(), longest);
}

} // namespace nexus::http
