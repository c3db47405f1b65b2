#include "runtime/http/bridge.hpp"

#include "messages/core/codec.hpp"
#include "runtime/http/problem.hpp"
#include "runtime/telemetry/logging.hpp"

#include <boost/asio/ip/address.hpp>

namespace nexus::http {
namespace {

constexpr auto json_type = "application/json";

auto json_response(int status, std::string body) -> response {
  return {status, {{"Content-Type", json_type}}, std::move(body)};
}

auto name_of(health::state_type state) -> std::string_view {
  return state == health::state_type::pass ? "pass" : state == health::state_type::warn ? "warn" : "fail";
}

auto has_member(type_descriptor const& type, std::string_view name) -> bool {
  return std::any_of(type.members.begin(), type.members.end(), [&](auto const& member) { return member.name == name; });
}

/// Whether a Host field means this machine. Only an address counts as one: "127.example.com" is somebody's name.
auto names_this_machine(std::string_view host) -> bool {
  auto const colon = host.rfind(':');
  if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) host = host.substr(0, colon);
  if (host.empty() || host == "localhost") return true;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  auto failure = boost::system::error_code{};
  auto const address = boost::asio::ip::make_address(std::string{host}, failure);
  return !failure && address.is_loopback();
}

/// A page of another site must not use a browser on this machine to speak as the local user: its requests carry that
/// site's name, as the host (a name that was made to lead here) or as the origin.
auto comes_from_this_machine(headers const& fields) -> bool {
  if (!names_this_machine(fields.find("Host").value_or(""))) return false;
  auto const origin = fields.find("Origin");
  if (!origin) return true;
  auto const authority = origin->find("://");
  return authority != std::string_view::npos && names_this_machine(origin->substr(authority + 3));
}

/// Whether a Content-Type means JSON: its media type, without parameters.
auto is_json(std::string_view content_type) -> bool {
  auto type = std::string{content_type.substr(0, content_type.find(';'))};
  while (type.ends_with(' ') || type.ends_with('\t')) type.pop_back();
  std::transform(type.begin(), type.end(), type.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return type == json_type || (type.starts_with("application/") && type.ends_with("+json"));
}

} // namespace

/// One request on its way to its answer.
struct role_api::exchange {
  incoming request;
  responder answer;
  target_parts target;
  principal who;
  call context;
  std::string endpoint = "unmatched";
  std::string task_id;
  std::chrono::steady_clock::time_point begun;
  role_api* api = nullptr;
  bool answered = false;

  /// Counts the request, whose answer is known now.
  void record(int status, std::uint64_t bytes) const {
    auto const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    api->options_.measured->record(request.message.method, endpoint, status, api->options_.table->role, seconds,
                                   request.message.body.size(), bytes);
    if (status >= 500)
      log_event(log_level::warn, api->options_.table->role, "request failed",
                {{"request_id", request.request_id},
                 {"method", request.message.method},
                 {"endpoint", endpoint},
                 {"status", status}},
                &context);
  }
  void respond(response reply) {
    if (std::exchange(answered, true)) return;
    if (!context.traceparent.empty()) reply.fields.set("traceparent", context.traceparent);
    record(reply.status, reply.body.size());
    answer.respond(std::move(reply));
  }
  void refuse(error const& problem) {
    auto reply = problem_of(problem, request.request_id);
    if (reply.status == 401) reply.fields.set("WWW-Authenticate", R"(Bearer realm="nexus")");
    respond(std::move(reply));
  }
};

role_api::role_api(caf::actor_system& system, bridge_options options)
    : system_(system), options_(std::move(options)), started_(std::chrono::steady_clock::now()) {
  for (auto const& operation : options_.table->operations) {
    router_.add(operation.method, operation.path);
    targets_.push_back({.operation = &operation, .path_template = operation.path});
  }
  for (auto const& route : options_.routes) {
    router_.add(route.description.method, route.description.path);
    targets_.push_back({.custom = &route, .path_template = route.description.path});
    described_.push_back(route.description);
  }
  add_built_in("POST", "/execute", "Carry out an operation by its name or its older name.", false, &role_api::execute);
  add_built_in("GET", "/health", "How this service is doing.", true, &role_api::health_page);
  add_built_in("GET", "/ready", "Whether this service takes requests.", true, &role_api::ready);
  add_built_in("GET", "/live", "Whether this process lives.", true, &role_api::alive);
  add_built_in("GET", "/livez", "Whether this process lives.", true, &role_api::livez, "application/health+json");
  add_built_in("GET", "/readyz", "Whether this service takes requests; ?verbose lists each check.", true,
               &role_api::readyz, "application/health+json");
  add_built_in("GET", "/metrics", "Figures for Prometheus.", options_.metrics_open, &role_api::metrics_page,
               "text/plain");
  add_built_in("GET", "/openapi.json", "This description.", true, &role_api::openapi);
  add_built_in("GET", "/docs", "This description as a page.", true, &role_api::docs, "text/html");
  add_built_in("GET", "/supervision", "The supervision tree of this process.", false, &role_api::supervision);
  openapi_text_ = openapi_document(*options_.table, described_, options_.version).dump();
  active_ = &options_.measured->active(options_.table->role);
}

void role_api::add_built_in(std::string method, std::string path, std::string summary, bool open, built_in page,
                            std::string content_type) {
  router_.add(method, path);
  targets_.push_back({.handle = page, .path_template = path, .open = open});
  described_.push_back({std::move(method), std::move(path), std::move(summary), std::move(content_type), open});
}

void role_api::handle(incoming request, responder answer) {
  auto work = exchange{std::move(request), std::move(answer)};
  work.begun = std::chrono::steady_clock::now();
  work.api = this;
  dispatch(work);
}

void role_api::dispatch(exchange& work) {
  auto parts = parse_target(work.request.message.target);
  if (!parts) return work.refuse(parts.error());
  work.target = std::move(*parts);
  auto match = router_.find(work.request.message.method, work.target);
  if (!match) {
    if (match.error().code == errc::not_found) return work.refuse(match.error());
    auto reply = problem(405, match.error().message, work.request.request_id);
    reply.fields.set("Allow", match.error().remedy);
    return work.respond(std::move(reply));
  }
  auto const& found = targets_[match->route];
  work.endpoint = found.path_template;
  if (found.open) return (this->*found.handle)(work);

  auto const& fields = work.request.message.fields;
  auto const local = work.request.remote_is_loopback && comes_from_this_machine(fields);
  auto identity = options_.identities->identify(fields.find("Authorization"), local);
  if (!identity) return work.refuse(identity.error());
  work.who = std::move(*identity);
  if (found.operation && found.operation->effect != operation_effect::read && !work.who.may_write)
    return work.refuse({errc::permission_denied,
                        fmt::format("'{}' may only read", work.who.name),
                        {},
                        "use a token with the scope 'write'",
                        {}});

  auto trace = trace_context::parse(fields.find("traceparent").value_or(""));
  if (!trace) trace = trace_context{};
  auto const fill = [this](auto& bytes) {
    for (std::size_t i = 0; i < bytes.size(); i += 8) {
      auto bits = options_.random() | 1; // never all zeros
      for (std::size_t k = i; k < i + 8; ++k, bits >>= 8) bytes[k] = static_cast<std::uint8_t>(bits);
    }
  };
  if (!trace->valid()) fill(trace->trace_id);
  fill(trace->span_id);
  work.context.traceparent = trace->to_header();
  work.context.principal = work.who.name;

  if (found.custom) return run_custom(std::move(work), *found.custom, match->members);
  if (found.handle) return (this->*found.handle)(work);
  auto body = nlohmann::json{};
  if (work.request.message.method != "GET" && work.request.message.method != "HEAD") {
    auto parsed = body_of(work);
    if (!parsed) return work.refuse(parsed.error());
    body = std::move(*parsed);
  }
  auto arguments = bind_arguments(*found.operation, match->members, work.target.query, std::move(body));
  if (!arguments) return work.refuse(arguments.error());
  run_operation(std::make_shared<exchange>(std::move(work)), *found.operation, std::move(*arguments),
                found.operation->style);
}

auto role_api::body_of(exchange const& work) const -> expected<nlohmann::json> {
  auto const& body = work.request.message.body;
  if (body.empty()) return nlohmann::json::object();
  if (auto const type = work.request.message.fields.find("Content-Type"); type && !is_json(*type))
    return tl::unexpected{error{errc::invalid_argument,
                                "the body must be application/json",
                                "Content-Type",
                                "send the header 'Content-Type: application/json'",
                                {}}};
  return parse_json(body);
}

/// Such a route answers by itself, perhaps for a long time: it is counted when its answer is over.
void role_api::run_custom(exchange work, custom_route const& route,
                          std::vector<std::pair<std::string, std::string>> const& members) {
  // What waits for the end must not hold the way to it.
  auto const answer = std::move(work.answer);
  auto const shared = std::make_shared<exchange const>(std::move(work));
  active_->Increment();
  answer.on_over([self = shared_from_this(), shared](int status, std::uint64_t bytes) {
    self->active_->Decrement();
    shared->record(status, bytes);
  });
  route.handle(shared->request, answer, members);
}

// -- operations
// ---------------------------------------------------------------------------------------------------------------------

void role_api::run_operation(std::shared_ptr<exchange> work, operation_info const& operation, nlohmann::json arguments,
                             reply_style style) {
  work->context.deadline = now(system_) + operation.patience;
  if (operation.effect != operation_effect::read) work->context.idempotency_key = options_.make_id();
  if (work->task_id.empty()) work->task_id = work->request.request_id;
  active_->Increment();
  auto finish = [self = shared_from_this(), work, &operation, style](expected<operation_result> outcome) {
    self->active_->Decrement();
    auto const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - work->begun).count();
    auto const success = outcome && outcome->failure.empty();
    self->options_.operation_done(operation.name, success, seconds);
    // Shape is the client's fault whatever the style; an outage is not an answer either.
    auto const answerable = outcome || outcome.error().code == errc::refused ||
                            outcome.error().code == errc::not_found || outcome.error().code == errc::conflict ||
                            outcome.error().code == errc::upstream || outcome.error().code == errc::budget_exceeded;
    if (style == reply_style::plain || !answerable) {
      if (!outcome) return work->refuse(outcome.error());
      return work->respond({operation.success_status,
                            {{"Content-Type", outcome->content_type.empty() ? json_type : outcome->content_type}},
                            std::move(outcome->body)});
    }
    auto const quoted = [](std::string const& text) { return dump_json(nlohmann::json(text)); };
    auto const message = outcome ? outcome->failure : outcome.error().render();
    auto const code = outcome ? std::string{} : std::string{to_string(outcome.error().code)};
    work->respond(json_response(
        200,
        fmt::format(
            R"({{"task_id":{},"correlation_id":{},"status":"{}","data":{},"error_message":{},"error_code":{},)"
            R"("execution_time_ms":{:.3f},"retries_used":0,"agent_type":"{}","agent_version":"{}","completed_at":"{}"}})",
            quoted(work->task_id), quoted(work->request.request_id), success ? "success" : "failed",
            outcome ? outcome->body : "null", success ? "null" : quoted(message), code.empty() ? "null" : quoted(code),
            seconds * 1000, self->options_.table->role, self->options_.version, format_timestamp(now(self->system_)))));
  };
  system_.spawn<caf::hidden>([context = work->context, &operation, arguments = std::move(arguments),
                              finish = std::move(finish)](caf::event_based_actor* self) mutable {
    operation.invoke(self, context, arguments, [self, finish = std::move(finish)](expected<operation_result> outcome) {
      finish(std::move(outcome));
      self->quit();
    });
  });
}

void role_api::execute(exchange& work) {
  auto body = body_of(work);
  if (!body) return work.refuse(body.error());
  if (!body->is_object()) return work.refuse({errc::invalid_argument, "expected object", "$", {}, {}});
  auto const action = body->find("action");
  if (action == body->end() || !action->is_string())
    return work.refuse(
        {errc::invalid_argument, "required member 'action' is missing or no string", "$.action", {}, {}});
  auto payload = body->value("payload", nlohmann::json::object());
  if (!payload.is_object()) return work.refuse({errc::invalid_argument, "expected object", "$.payload", {}, {}});
  if (auto const id = body->find("task_id"); id != body->end() && id->is_string())
    work.task_id = id->get<std::string>().substr(0, 128);
  auto found = resolve_action(*options_.table, action->get<std::string>(), payload);
  if (!found && !options_.fallback_action.empty()) found = options_.table->find(options_.fallback_action);
  auto shared = std::make_shared<exchange>(std::move(work));
  if (!found) {
    auto const quoted = [](std::string const& text) { return dump_json(nlohmann::json(text)); };
    return shared->respond(json_response(
        200,
        fmt::format(
            R"({{"task_id":{},"correlation_id":null,"status":"failed","data":null,"error_message":{},"error_code":"refused",)"
            R"("execution_time_ms":0,"retries_used":0,"agent_type":"{}","agent_version":"{}","completed_at":"{}"}})",
            quoted(shared->task_id.empty() ? shared->request.request_id : shared->task_id),
            quoted(found.error().render()), options_.table->role, options_.version, format_timestamp(now(system_)))));
  }
  auto const& operation = **found;
  if (operation.effect != operation_effect::read && !shared->who.may_write)
    return shared->refuse({errc::permission_denied,
                           fmt::format("'{}' may only read", shared->who.name),
                           {},
                           "use a token with the scope 'write'",
                           {}});
  if (auto const context = body->find("user_context"); context != body->end() && context->is_object() &&
                                                       has_member(*operation.request, "user_context") &&
                                                       !payload.contains("user_context"))
    payload["user_context"] = *context;
  run_operation(std::move(shared), operation, std::move(payload), reply_style::task_response);
}

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

void role_api::openapi(exchange& work) { work.respond(json_response(200, openapi_text_)); }

void role_api::docs(exchange& work) {
  work.respond({200,
                {{"Content-Type", "text/html; charset=utf-8"},
                 {"Content-Security-Policy",
                  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; "
                  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}},
                docs_page("Nexus " + options_.table->service)});
}

void role_api::supervision(exchange& work) { work.respond(json_response(200, encode_json(options_.tree()))); }

// -- the actor
// ----------------------------------------------------------------------------------------------------------------------

auto listener_pool::open(std::shared_ptr<role_api> api) -> expected<std::uint16_t> {
  auto const lock = std::lock_guard{mutex_};
  auto const& role = api->options().table->role;
  if (auto const known = listeners_.find(role); known != listeners_.end()) return known->second.port();
  auto const& options = api->options();
  auto opened = server_.listen(options.address, options.port, [api](incoming request, responder answer) {
    api->handle(std::move(request), std::move(answer));
  });
  if (!opened) return tl::unexpected{opened.error()};
  auto const port = opened->port();
  listeners_.emplace(role, std::move(*opened));
  return port;
}

void listener_pool::close() {
  auto const lock = std::lock_guard{mutex_};
  listeners_.clear();
}

namespace {

class bridge_state {
public:
  bridge_state(caf::event_based_actor* self, std::shared_ptr<listener_pool> pool, std::shared_ptr<role_api> api,
               std::function<void(std::uint16_t)> opened)
      : self_(self), pool_(std::move(pool)), api_(std::move(api)), opened_(std::move(opened)) {}

  auto make_behavior() -> caf::behavior {
    if (auto port = pool_->open(api_))
      opened_(*port);
    else
      self_->quit(to_caf(port.error()));
    return {[](continuation& next) { next.run(); }};
  }

private:
  caf::event_based_actor* self_;
  std::shared_ptr<listener_pool> pool_;
  std::shared_ptr<role_api> api_;
  std::function<void(std::uint16_t)> opened_;
};

} // namespace

auto http_bridge(std::string name, std::shared_ptr<listener_pool> pool, std::shared_ptr<role_api> api,
                 std::function<void(std::uint16_t)> opened) -> supervision::child_spec {
  return supervision::worker<caf::actor, bridge_state>(std::move(name), std::move(pool), std::move(api),
                                                       std::move(opened));
}

} // namespace nexus::http
