#include "messages/core/text.hpp"
#include "runtime/http/bridge_exchange.hpp"
#include "runtime/http/forwarded.hpp"
#include "runtime/telemetry/logging.hpp"

#include <boost/asio/ip/address.hpp>

namespace nexus::http {
namespace {

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

/// Whether somebody handed the request on. A proxy on this machine may do so for anybody; who trusts it says so in
/// `http.trusted_proxies`.
auto was_handed_on(headers const& fields) -> bool {
  return std::any_of(fields.begin(), fields.end(), [](auto const& field) {
    auto const name = lower_case(field.first);
    return name == "forwarded" || name == "via" || name.starts_with("x-forwarded-") || name == "x-real-ip";
  });
}

/// Whether a Content-Type means JSON: its media type, without parameters.
auto is_json(std::string_view content_type) -> bool {
  auto type = lower_case(content_type.substr(0, content_type.find(';')));
  while (type.ends_with(' ') || type.ends_with('\t')) type.pop_back();
  return type == json_type || (type.starts_with("application/") && type.ends_with("+json"));
}

/// What a principal lacks for something that needs more than reading.
auto lacks(principal const& who, std::string_view may_only, std::string_view scope) -> error {
  return {errc::permission_denied,
          fmt::format("'{}' may only {}", who.name, may_only),
          {},
          fmt::format("use a token with the scope '{}'", scope),
          {}};
}

} // namespace

/// OpenTelemetry's conventions for HTTP servers. No query: it may hold what nobody else should see.
void role_api::exchange::begin_span(std::function<std::uint64_t()> const& random) {
  auto const& message = request.message;
  auto const caller = trace_context::parse(message.fields.find("traceparent").value_or(""));
  auto own = caller.value_or(trace_context{});
  auto const fill = [&](auto& bytes) {
    for (std::size_t i = 0; i < bytes.size(); i += 8) {
      auto bits = random() | 1; // never all zeros
      for (std::size_t k = i; k < i + 8; ++k, bits >>= 8) bytes[k] = static_cast<std::uint8_t>(bits);
    }
  };
  if (!caller) fill(own.trace_id);
  fill(own.span_id);
  work = begin_trace(span_kind::server, own, caller, message.method, endpoint);
  context.traceparent = own.to_header();
  if (!work.recording()) return;
  work.set("http.request.method", message.method);
  work.set("http.route", endpoint);
  work.set("url.path", target.path);
  work.set("url.scheme", request.base_url.starts_with("https:") ? "https" : "http");
  work.set("client.address", request.remote_address);
  work.set("nexus.role", api->options_.table->role);
}

void role_api::exchange::end_span(int status) {
  if (!work.recording()) return;
  work.set("http.response.status_code", status);
  if (status >= 500) work.fail(std::to_string(status));
  work.end();
}

void role_api::exchange::record(int status, std::uint64_t bytes) const {
  auto const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  api->options_.measured->record(request.message.method, endpoint, status, api->options_.table->role, seconds,
                                 request.message.body.size(), bytes);
  if (status >= 500)
    log_event(log_level::warn, api->options_.table->role, "request failed",
              {{"request_id", request.request_id},
               {"client", request.remote_address},
               {"method", request.message.method},
               {"endpoint", endpoint},
               {"status", status}},
              &context);
}

void role_api::exchange::respond(response reply) {
  if (std::exchange(answered, true)) return;
  end_span(reply.status);
  if (!context.traceparent.empty()) reply.fields.set("traceparent", context.traceparent);
  record(reply.status, reply.body.size());
  if (!claim) {
    answer.respond(std::move(reply));
    return;
  }
  auto kept = std::make_shared<response>(std::move(reply));
  api->options_.keyed->settle(*claim, outcome_status.value_or(kept->status), *kept,
                              [answer = answer, kept] { answer.respond(std::move(*kept)); });
}

void role_api::exchange::refuse(error const& problem) {
  auto reply = problem_of(problem, request.request_id);
  if (reply.status == 401) reply.fields.set("WWW-Authenticate", R"(Bearer realm="nexus")");
  respond(std::move(reply));
}

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
  targets_.back().unlimited = true;
  add_built_in("GET", "/openapi.json", "This description.", true, &role_api::openapi);
  add_built_in("GET", "/docs", "This description as a page.", true, &role_api::docs, "text/html");
  add_built_in("GET", "/supervision", "The supervision tree of this process.", false, &role_api::supervision);
  if (options_.settings) {
    add_built_in("GET", "/settings", "The settings of this process, secrets hidden; needs the scope 'admin'.", false,
                 &role_api::settings_page);
    targets_.back().administrative = true;
  }
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
  work.rules = options_.edge->rules();
  auto& received = work.request;
  auto client = client_of(received.remote_address, received.message.fields, work.rules->trusted_proxies);
  if (client.proxied) {
    // Whoever comes through a proxy is not on this machine, whatever the proxy's address.
    received.remote_is_loopback = false;
    received.remote_address = std::move(client.address);
    if (!client.scheme.empty() && !client.host.empty()) received.base_url = client.scheme + "://" + client.host;
  }
  work.answer.always_add(cross_origin_fields(work.rules->cross_origin, received.message.fields));
  if (auto preflight = answer_preflight(work.rules->cross_origin, received.message)) {
    work.endpoint = "preflight";
    return work.respond(std::move(*preflight));
  }
  dispatch(work);
}

auto role_api::within_quota(exchange& work, std::string const& whose, std::string_view client) -> bool {
  auto& limiter = options_.edge->limiter();
  auto const limit = limiter.limit();
  if (limit.requests == 0) return true;
  auto const verdict = limiter.take(whose);
  work.answer.always_add(quota_fields(limit, verdict));
  if (verdict.allowed) return true;
  options_.measured->rate_limited(work.endpoint, client);
  auto reply = problem(429,
                       fmt::format("more than {} requests in {} s; try again later", limit.requests,
                                   std::chrono::ceil<std::chrono::seconds>(limit.period).count()),
                       work.request.request_id);
  work.respond(std::move(reply));
  return false;
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
  auto const local = work.request.remote_is_loopback && comes_from_this_machine(fields) && !was_handed_on(fields);
  auto identity = work.rules->identities->identify(fields.find("Authorization"), local);
  if (!identity) {
    // Guesses at tokens cost the guesser's address.
    if (!within_quota(work, "address " + work.request.remote_address, "unknown")) return;
    return work.refuse(identity.error());
  }
  work.who = std::move(*identity);
  if (!found.unlimited && !within_quota(work, "principal " + work.who.name, work.who.name)) return;
  if (found.operation && found.operation->writes && !work.who.may_write)
    return work.refuse(lacks(work.who, "read", "write"));
  if (found.administrative && !work.who.may_administer)
    return work.refuse(lacks(work.who, work.who.may_write ? "read and write" : "read", "admin"));

  work.context.principal = work.who.name;
  work.begin_span(options_.random);
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

/// Such a route answers by itself, perhaps for a long time: it is counted, and its span ends, when its answer is over.
void role_api::run_custom(exchange work, custom_route const& route,
                          std::vector<std::pair<std::string, std::string>> const& members) {
  // What waits for the end must not hold the way to it.
  auto const answer = std::move(work.answer);
  auto const shared = std::make_shared<exchange>(std::move(work));
  active_->Increment();
  answer.on_over([self = shared_from_this(), shared](int status, std::uint64_t bytes) {
    self->active_->Decrement();
    shared->end_span(status);
    shared->record(status, bytes);
  });
  route.handle(shared->request, answer, members);
}

// -- operations
// ---------------------------------------------------------------------------------------------------------------------

void role_api::run_operation(std::shared_ptr<exchange> work, operation_info const& operation, nlohmann::json arguments,
                             reply_style style) {
  auto const& message = work->request.message;
  auto const field = message.fields.find("Idempotency-Key");
  if (!field || message.method == "GET" || message.method == "HEAD") {
    if (operation.writes) work->context.idempotency_key = options_.make_id();
    return carry_out(std::move(work), operation, std::move(arguments), style);
  }
  auto key = idempotency_key_of(*field);
  if (!key) return work->refuse(key.error());
  auto const query = std::min(message.target.find('?'), message.target.size());
  auto wanted = keyed_request{
      .principal = work->who.name,
      .door = fmt::format("{} {} {}", options_.table->role, message.method, message.target.substr(0, query)),
      .key = std::move(*key),
      .content = message.target.substr(query) + "\n" + message.body,
      .traceparent = work->context.traceparent};
  options_.keyed->claim(std::move(wanted),
                        [self = shared_from_this(), work, &operation, arguments = std::move(arguments),
                         style](expected<idempotency_claim> claim) mutable {
                          self->answer_claim(std::move(work), operation, std::move(arguments), style, std::move(claim));
                        });
}

void role_api::answer_claim(std::shared_ptr<exchange> work, operation_info const& operation, nlohmann::json arguments,
                            reply_style style, expected<idempotency_claim> claim) {
  if (!claim) return work->refuse(claim.error());
  auto const field = std::string{"Idempotency-Key"};
  switch (claim->what) {
  case idempotency_claim::kind::replay:
    options_.measured->keyed("replayed");
    claim->answer.fields.set("Idempotency-Replayed", "true");
    return work->respond(std::move(claim->answer));
  case idempotency_claim::kind::running:
    options_.measured->keyed("running");
    return work->refuse({errc::conflict,
                         "the first request with this key is still being answered",
                         field,
                         "wait for its answer, then send it again",
                         {}});
  case idempotency_claim::kind::other_content:
    options_.measured->keyed("mismatch");
    return work->refuse({errc::invalid_argument,
                         "this key was used for another request",
                         field,
                         "make a new key for each request",
                         {}});
  case idempotency_claim::kind::go:
    break;
  }
  options_.measured->keyed(claim->recovering ? "recovered" : "first");
  work->claim = std::move(*claim);
  if (!operation.writes) return carry_out(std::move(work), operation, std::move(arguments), style);
  work->context.idempotency_key = work->claim->call_key;
  work->context.recovering = work->claim->recovering;
  if (work->context.recovering && *operation.writes == reconciliation::none)
    return work->refuse({errc::conflict,
                         "an earlier attempt with this key may have happened, and cannot be looked for",
                         field,
                         "look whether it did; use a new key to do it again",
                         {}});
  carry_out(std::move(work), operation, std::move(arguments), style);
}

/// An operation that was asked for and did not answer yet. If whoever carries it dies, its key is not held for ever.
struct role_api::work_going_on {
  work_going_on(std::shared_ptr<role_api> api, std::shared_ptr<exchange> work)
      : api_(std::move(api)), work_(std::move(work)) {
    api_->active_->Increment();
  }
  work_going_on(work_going_on const&) = delete;
  auto operator=(work_going_on const&) -> work_going_on& = delete;
  ~work_going_on() {
    if (!work_) return;
    if (work_->claim) api_->options_.keyed->abandon(*work_->claim);
    end();
  }
  void end() {
    api_->active_->Decrement();
    work_ = nullptr;
  }

private:
  std::shared_ptr<role_api> api_;
  std::shared_ptr<exchange> work_;
};

void role_api::carry_out(std::shared_ptr<exchange> work, operation_info const& operation, nlohmann::json arguments,
                         reply_style style) {
  work->context.deadline = now(system_) + operation.patience;
  if (work->task_id.empty()) work->task_id = work->request.request_id;
  auto going = std::make_shared<work_going_on>(shared_from_this(), work);
  auto finish = [self = shared_from_this(), work, going = std::move(going), &operation,
                 style](expected<operation_result> outcome) {
    going->end();
    auto const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - work->begun).count();
    auto const success = outcome && outcome->failure.empty();
    self->options_.operation_done(operation.name, success, seconds);
    // Shape is the client's fault whatever the style; an outage is not an answer either.
    auto const answerable = outcome || outcome.error().code == errc::refused ||
                            outcome.error().code == errc::not_found || outcome.error().code == errc::conflict ||
                            outcome.error().code == errc::upstream || outcome.error().code == errc::budget_exceeded;
    if (!outcome) work->outcome_status = status_of(outcome.error().code);
    if (style == reply_style::plain || !answerable) {
      if (!outcome) return work->refuse(outcome.error());
      auto fields = headers{{"Content-Type", outcome->content_type.empty() ? json_type : outcome->content_type}};
      if (!outcome->cache_control.empty()) fields.set("Cache-Control", outcome->cache_control);
      return work->respond({operation.success_status, std::move(fields), std::move(outcome->body)});
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
  if (operation.writes && !shared->who.may_write) return shared->refuse(lacks(shared->who, "read", "write"));
  if (auto const context = body->find("user_context"); context != body->end() && context->is_object() &&
                                                       has_member(*operation.request, "user_context") &&
                                                       !payload.contains("user_context"))
    payload["user_context"] = *context;
  run_operation(std::move(shared), operation, std::move(payload), reply_style::task_response);
}

} // namespace nexus::http
