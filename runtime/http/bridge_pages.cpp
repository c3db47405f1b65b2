#include "runtime/http/bridge_exchange.hpp"

namespace nexus::http {
namespace {

auto name_of(health::state_type state) -> std::string_view {
  return state == health::state_type::pass ? "pass" : state == health::state_type::warn ? "warn" : "fail";
}

} // namespace

// -- health
// -------------------------------------------------------------------------------------------------------------------------

auto role_api::worst_check() const -> health::state_type {
  auto worst = health::state_type::pass;
  for (auto const& check : options_.checks) worst = std::max(worst, check.look().state);
  return worst;
}

void role_api::health_page(exchange& work) {
  // Load balancers ask often: every check is looked at once, and the text is written directly. Its names are our own.
  auto worst = health::state_type::pass;
  auto dependencies = std::string{};
  for (auto const& check : options_.checks) {
    auto const state = check.look().state;
    worst = std::max(worst, state);
    fmt::format_to(std::back_inserter(dependencies), R"({}"{}":"{}")", dependencies.empty() ? "" : ",", check.name,
                   name_of(state));
  }
  auto members = std::string{};
  for (auto const& [name, value] : options_.health_members)
    fmt::format_to(std::back_inserter(members), R"("{}":{},)", name, dump_json(value));
  work.respond(json_response(
      200,
      fmt::format(
          R"({{"status":"{}","service":"{}","version":"{}","uptime_seconds":{:.3f},"timestamp":"{}",{}"dependencies":{{{}}}}})",
          worst == health::state_type::pass   ? "healthy"
          : worst == health::state_type::warn ? "degraded"
                                              : "unhealthy",
          options_.table->service, options_.version,
          std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count(),
          format_timestamp(now(system_)), members, dependencies)));
}

void role_api::ready(exchange& work) {
  if (worst_check() == health::state_type::fail) return work.respond(json_response(503, R"({"status":"not_ready"})"));
  work.respond(json_response(200, R"({"status":"ready"})"));
}

void role_api::alive(exchange& work) { work.respond(json_response(200, R"({"status":"alive"})")); }

void role_api::livez(exchange& work) {
  work.respond({200, {{"Content-Type", "application/health+json"}}, R"({"status":"pass"})"});
}

void role_api::readyz(exchange& work) {
  auto worst = health::state_type::pass;
  auto checks = nlohmann::ordered_json::object();
  for (auto const& check : options_.checks) {
    auto const excluded = std::any_of(work.target.query.begin(), work.target.query.end(), [&](auto const& parameter) {
      return parameter.first == "exclude" && parameter.second == check.name;
    });
    if (excluded) continue;
    auto const seen = check.look();
    worst = std::max(worst, seen.state);
    checks[check.name] = nlohmann::ordered_json::array({{{"status", name_of(seen.state)}, {"output", seen.detail}}});
  }
  auto body = nlohmann::ordered_json{
      {"status", name_of(worst)}, {"serviceId", options_.table->service}, {"version", options_.version}};
  if (work.target.parameter("verbose")) body["checks"] = std::move(checks);
  work.respond(
      {worst == health::state_type::fail ? 503 : 200, {{"Content-Type", "application/health+json"}}, body.dump()});
}

// -- pages
// --------------------------------------------------------------------------------------------------------------------------

void role_api::metrics_page(exchange& work) {
  work.respond(
      {200, {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}}, render_metrics(*options_.metrics)});
}

void role_api::openapi(exchange& work) {
  auto text = openapi_text_;
  // Who came through a proxy cannot guess our address from its own.
  if (auto const& base = work.request.base_url; !base.empty())
    text.insert(1, fmt::format(R"("servers":[{{"url":{}}}],)", dump_json(nlohmann::json(base))));
  work.respond(json_response(200, std::move(text)));
}

void role_api::docs(exchange& work) {
  work.respond({200,
                {{"Content-Type", "text/html; charset=utf-8"},
                 {"Content-Security-Policy",
                  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; "
                  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}},
                docs_page("Nexus " + options_.table->service)});
}

void role_api::settings_page(exchange& work) {
  work.respond(
      json_response(200, options_.settings().dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)));
}

void role_api::supervision(exchange& work) { work.respond(json_response(200, encode_json(options_.tree()))); }

} // namespace nexus::http
