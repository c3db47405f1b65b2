#include "messages/core/call.hpp"
#include "simulator/planted_secret.hpp"
#include "tests/system/otlp_receiver.hpp"
#include "tests/system/support.hpp"

// Traces as a receiver gets them that speaks the real protocol.

using namespace nexus;
using namespace nexus::testing;

namespace {

constexpr auto question = "Is v2.0.0 ready for release?";
constexpr auto trace_id = "0af7651916cd43dd8448eb211c80319c";
constexpr auto callers_span = "b7ad6b7169203331";
constexpr auto traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
enum kinds { internal = 1, server = 2, client = 3 };

/// The spans of one trace by their ids.
class tree {
public:
  explicit tree(std::vector<received_span> const& spans, std::string const& trace = trace_id) {
    for (auto const& each : spans)
      if (each.trace_id == trace) spans_.emplace(each.span_id, each);
  }
  auto size() const -> std::size_t { return spans_.size(); }
  auto named(std::string_view name) const -> std::vector<received_span> {
    auto found = std::vector<received_span>{};
    for (auto const& [id, each] : spans_)
      if (each.name == name) found.push_back(each);
    return found;
  }
  auto one(std::string_view name) const -> received_span {
    auto const found = named(name);
    BOOST_REQUIRE_MESSAGE(found.size() == 1, found.size() << " spans are called " << name);
    return found.front();
  }
  /// The names from a span up to the first: "GET < get_ticket < ...".
  auto path(received_span const& from) const -> std::string {
    auto text = from.name;
    for (auto at = spans_.find(from.parent); at != spans_.end(); at = spans_.find(at->second.parent))
      text += " < " + at->second.name;
    return text;
  }
  /// Whether every span but the first has its parent here.
  auto whole() const -> bool {
    return !spans_.empty() && std::all_of(spans_.begin(), spans_.end(), [this](auto const& entry) {
      return entry.second.parent == callers_span || spans_.contains(entry.second.parent);
    });
  }
  auto all() const -> std::map<std::string, received_span> const& { return spans_; }
  /// For people, when a test fails: names, indented.
  auto text(std::string const& parent = callers_span, int depth = 0) const -> std::string {
    auto children = std::vector<received_span>{};
    for (auto const& [id, each] : spans_)
      if (each.parent == parent) children.push_back(each);
    std::sort(children.begin(), children.end(), [](auto const& a, auto const& b) { return a.begun_ns < b.begun_ns; });
    auto result = std::string{};
    for (auto const& each : children)
      result +=
          fmt::format("{:{}}{} {}\n", "", 2 * depth, each.name, each.attributes.dump()) + text(each.span_id, depth + 1);
    return result;
  }

private:
  std::map<std::string, received_span> spans_;
};

struct traced_node {
  otlp_receiver receiver;
  simulated_world world;
  running_node system;

  explicit traced_node(otlp_receiver::protocol how, running_node::change const& adjust = {})
      : receiver(how), system{[this, how, &adjust](node_settings& settings) {
          settings.simulator.url = world.url();
          settings.tracing.endpoint = receiver.endpoint();
          settings.tracing.protocol = how == otlp_receiver::protocol::grpc ? "grpc" : "http/protobuf";
          settings.tracing.resource_attributes = "team=release%20core";
          settings.tracing.headers = secret{"X-Api-Key=geheim-im-kopf"};
          if (adjust) adjust(settings);
        }} {}

  auto ask() const -> json {
    auto const reply = system.post("/query", {{"query", question}}, {{"traceparent", traceparent}});
    BOOST_REQUIRE_EQUAL(reply.status, 200);
    BOOST_TEST(reply.field("traceparent").substr(0, 36) == std::string{traceparent}.substr(0, 36));
    return reply.data();
  }
  auto received() const -> tree {
    auto const complete = eventually([&] {
      auto const known = tree{receiver.spans()};
      return known.whole() && !known.named("POST /query").empty() && !known.named("invoke_agent nexus").empty();
    });
    auto result = tree{receiver.spans()};
    BOOST_REQUIRE_MESSAGE(complete, "the trace is not whole:\n" << result.text());
    return result;
  }
};

/// What holds for the spans of one question, whichever way they came.
void check_question(tree const& spans, json const& answer) {
  BOOST_TEST(answer.at("trace_id") == trace_id);

  auto const request = spans.one("POST /query");
  BOOST_TEST(request.kind == server);
  BOOST_TEST(request.parent == callers_span);
  BOOST_TEST(request.status == 0);
  BOOST_TEST(request.attributes.at("http.request.method") == "POST");
  BOOST_TEST(request.attributes.at("http.route") == "/query");
  BOOST_TEST(request.attributes.at("url.path") == "/query");
  BOOST_TEST(request.attributes.at("url.scheme") == "http");
  BOOST_TEST(request.attributes.at("http.response.status_code") == 200);
  BOOST_TEST(request.attributes.at("client.address") == "127.0.0.1");
  BOOST_TEST(request.resource.at("service.name") == "nexus");
  BOOST_TEST(request.resource.at("team") == "release core");
  BOOST_TEST(request.resource.at("deployment.environment.name") == "development");
  BOOST_TEST(request.resource.contains("service.version"));
  BOOST_TEST(request.resource.contains("service.instance.id"));

  auto const run = spans.one("invoke_agent nexus");
  BOOST_TEST(run.kind == internal);
  BOOST_TEST(spans.path(run) == "invoke_agent nexus < ask_question < POST /query");
  BOOST_TEST(run.attributes.at("gen_ai.operation.name") == "invoke_agent");
  BOOST_TEST(run.attributes.at("gen_ai.provider.name") == "mock");
  BOOST_TEST(run.attributes.at("gen_ai.conversation.id") == answer.at("run_id"));
  BOOST_TEST(run.attributes.at("nexus.run.status") == "success");
  BOOST_TEST(run.attributes.at("nexus.decision") == "NO_GO");
  BOOST_TEST(run.attributes.at("nexus.run.resumed") == false);

  auto const chats = spans.named("chat mock");
  BOOST_TEST(chats.size() >= 2u);
  for (auto const& chat : chats) {
    BOOST_TEST(chat.kind == client);
    BOOST_TEST(spans.path(chat) == "chat mock < complete_chat < " + spans.path(run));
    BOOST_TEST(chat.attributes.at("gen_ai.operation.name") == "chat");
    BOOST_TEST(chat.attributes.at("gen_ai.provider.name") == "mock");
    BOOST_TEST(chat.attributes.at("gen_ai.request.model") == "mock");
    BOOST_TEST(chat.attributes.at("gen_ai.usage.input_tokens").get<int>() > 0);
    BOOST_TEST(chat.attributes.at("gen_ai.usage.output_tokens").get<int>() > 0);
    BOOST_TEST(chat.attributes.at("gen_ai.response.finish_reasons").size() == 1u);
  }

  auto const tool = spans.one("execute_tool assess_release_readiness");
  BOOST_TEST(spans.path(tool) == "execute_tool assess_release_readiness < " + spans.path(run));
  BOOST_TEST(tool.attributes.at("gen_ai.operation.name") == "execute_tool");
  BOOST_TEST(tool.attributes.at("gen_ai.tool.name") == "assess_release_readiness");
  BOOST_TEST(tool.attributes.at("nexus.run.step") == 1);

  auto services = std::set<std::string>{};
  for (auto const& call : spans.named("GET")) {
    BOOST_TEST(call.kind == client);
    BOOST_TEST(spans.path(call).ends_with(" < assess_release_readiness < " + spans.path(tool)), spans.path(call));
    BOOST_TEST(call.attributes.at("http.request.method") == "GET");
    BOOST_TEST(call.attributes.at("server.address") == "127.0.0.1");
    BOOST_TEST(call.attributes.at("http.response.status_code").is_number());
    BOOST_TEST(call.attributes.at("url.full").get<std::string>().find('?') == std::string::npos);
    BOOST_TEST(call.ended_ns >= call.begun_ns);
    BOOST_TEST(call.begun_ns >= request.begun_ns);
    services.insert(call.attributes.at("nexus.service"));
  }
  BOOST_TEST((services == std::set<std::string>{"GitHub", "Jenkins", "Jira"}));

  auto commits = std::set<std::string>{};
  for (auto const& commit : spans.named("commit")) {
    BOOST_TEST(commit.kind == client);
    BOOST_TEST(commit.attributes.at("db.system.name") == "sqlite");
    commits.insert(spans.path(commit));
  }
  BOOST_TEST(commits.contains("commit < ask_question < POST /query"));
  BOOST_TEST(commits.contains("commit < " + spans.path(run)));
  BOOST_TEST(commits.contains("commit < assess_release_readiness < " + spans.path(tool)));
}

} // namespace

BOOST_AUTO_TEST_CASE(a_question_is_one_trace_from_the_request_to_the_calls_outside_over_http) {
  auto const all = traced_node{otlp_receiver::protocol::http};
  auto const answer = all.ask();
  auto const spans = all.received();
  check_question(spans, answer);
  BOOST_TEST(all.receiver.refused() == 0);
  BOOST_TEST(all.receiver.fields().at("X-Api-Key") == "geheim-im-kopf");
  BOOST_TEST_MESSAGE(spans.text());

  BOOST_TEST(!all.receiver.has_seen(question));
  BOOST_TEST(!all.receiver.has_seen("geheim-im-kopf"));
  BOOST_TEST(!all.receiver.has_seen("simulator-token"));
  BOOST_TEST(!all.receiver.has_seen(std::string{simulator::planted_secret}));
  auto const check = all.system.get("/readyz?verbose").data().at("checks").at("tracing").at(0);
  BOOST_TEST(check.at("status") == "pass");
  BOOST_TEST(check.at("output").get<std::string>().find("HTTP to " + all.receiver.endpoint() + "/v1/traces") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_question_is_one_trace_from_the_request_to_the_calls_outside_over_grpc) {
  auto const all = traced_node{otlp_receiver::protocol::grpc};
  auto const answer = all.ask();
  check_question(all.received(), answer);
  BOOST_TEST(all.receiver.fields().at("x-api-key") == "geheim-im-kopf");
}

BOOST_AUTO_TEST_CASE(failures_are_errors_in_the_trace) {
  auto const all = traced_node{otlp_receiver::protocol::http};
  all.world.order("faults", {{"service", "jira"}, {"match", "/rest/api/3/issue"}, {"kind", "status"}, {"status", 500}});
  auto const reply =
      send(all.system.jira(), "GET", "/issue/PROJ-123?ignored=geheim", {}, {{"traceparent", traceparent}});
  BOOST_REQUIRE(eventually([&] { return !tree{all.receiver.spans()}.named("GET /issue/{ticket_key}").empty(); }));
  auto const spans = tree{all.receiver.spans()};
  auto const request = spans.one("GET /issue/{ticket_key}");
  BOOST_TEST(request.attributes.at("url.path") == "/issue/PROJ-123");
  BOOST_TEST(request.attributes.at("http.response.status_code") == reply.status);
  auto const asked = spans.one("get_ticket");
  BOOST_TEST(asked.status == 2);
  BOOST_TEST(asked.attributes.at("nexus.actor.name") == "nexus/jira/agent");
  BOOST_TEST(asked.attributes.contains("error.type"));
  auto const calls = spans.named("GET");
  BOOST_REQUIRE(!calls.empty());
  for (auto const& call : calls) {
    BOOST_TEST(call.status == 2);
    BOOST_TEST(call.attributes.at("error.type") == "500");
    BOOST_TEST(call.attributes.at("http.response.status_code") == 500);
  }
  BOOST_TEST(!all.receiver.has_seen("geheim"));
}

BOOST_AUTO_TEST_CASE(event_streams_and_what_is_kept_of_keyed_requests_are_in_their_traces) {
  auto const all = traced_node{otlp_receiver::protocol::http};
  auto const reply = all.system.post("/query", {{"query", question}},
                                     {{"traceparent", traceparent}, {"Idempotency-Key", "key-of-a-traced-question"}});
  BOOST_REQUIRE_EQUAL(reply.status, 200);
  auto const events = all.system.get(fmt::format("/runs/{}/events", reply.data().at("run_id").get<std::string>()),
                                     {{"traceparent", traceparent}});
  BOOST_REQUIRE_EQUAL(events.status, 200);
  // One for the claim of the key, one for the answer that is kept.
  auto const direct = [&] {
    auto const spans = tree{all.receiver.spans()};
    auto const commits = spans.named("commit");
    return std::count_if(commits.begin(), commits.end(),
                         [&](auto const& each) { return spans.path(each) == "commit < POST /query"; });
  };
  BOOST_REQUIRE(eventually(
      [&] { return direct() == 2 && !tree{all.receiver.spans()}.named("GET /runs/{run_id}/events").empty(); }));
  auto const stream = tree{all.receiver.spans()}.one("GET /runs/{run_id}/events");
  BOOST_TEST(stream.kind == server);
  BOOST_TEST(stream.parent == callers_span);
  BOOST_TEST(stream.status == 0);
  BOOST_TEST(stream.attributes.at("http.response.status_code") == 200);
}

BOOST_AUTO_TEST_CASE(a_caller_that_does_not_record_is_followed_and_others_are_sampled) {
  auto const all = traced_node{otlp_receiver::protocol::http,
                               [](auto& settings) { settings.tracing.sampler = "parentbased_always_on"; }};
  BOOST_REQUIRE_EQUAL(send(all.system.jira(), "GET", "/issue/PROJ-123", {},
                           {{"traceparent", "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"}})
                          .status,
                      200);
  auto const own = send(all.system.jira(), "GET", "/issue/PROJ-123");
  auto const context = trace_context::parse(own.field("traceparent"));
  BOOST_REQUIRE(context);
  BOOST_TEST(int{context->flags} == 1);
  BOOST_REQUIRE(eventually([&] { return tree{all.receiver.spans(), context->trace_id_hex()}.size() >= 3; }));
  BOOST_TEST(tree(all.receiver.spans(), context->trace_id_hex()).one("GET /issue/{ticket_key}").parent.empty());
  BOOST_TEST(tree(all.receiver.spans(), "1af7651916cd43dd8448eb211c80319c").size() == 0u);
}

BOOST_AUTO_TEST_CASE(a_receiver_that_is_away_costs_spans_and_the_node_stays_healthy) {
  for (auto const* protocol : {"grpc", "http/protobuf"}) BOOST_TEST_CONTEXT(protocol) {
      auto const system = running_node{[&](node_settings& settings) {
        settings.tracing.endpoint = "http://127.0.0.1:1";
        settings.tracing.protocol = protocol;
        settings.tracing.max_queue = 10;
      }};
      BOOST_TEST(system.ask(question).at("status") == "success");
      auto const dropped = eventually([&] {
        auto const text = system.get("/metrics").body;
        auto const line = text.find("nexus_spans_dropped_total{reason=\"export_failed\"} ");
        return line != std::string::npos && text[text.find("} ", line) + 2] != '0';
      });
      BOOST_TEST(dropped);
      BOOST_TEST(system.get("/health").data().at("status") == "healthy");
      BOOST_TEST(system.get("/readyz").status == 200);
      auto const check = system.get("/readyz?verbose").data().at("checks").at("tracing").at(0);
      BOOST_TEST(check.at("status") == "pass");
      BOOST_TEST(check.at("output").get<std::string>().find("not taken") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(wrong_settings_of_tracing_are_told_and_the_node_runs) {
  auto const told = [](running_node::change const& adjust) -> std::string {
    auto const system = running_node{adjust};
    BOOST_TEST(system.ask(question).at("status") == "success");
    auto const reply = system.get("/readyz?verbose");
    BOOST_TEST(reply.status == 200);
    auto const check = reply.data().at("checks").at("tracing").at(0);
    BOOST_TEST(check.at("status") == "warn");
    return check.at("output");
  };
  BOOST_TEST(told([](auto& settings) {
               settings.tracing.endpoint = "http://127.0.0.1:1";
               settings.tracing.sampler = "jaeger_remote";
             }).find("there is no sampler 'jaeger_remote'") != std::string::npos);
  BOOST_TEST(told([](auto& settings) {
               settings.tracing.endpoint = "http://127.0.0.1:1";
               settings.tracing.protocol = "http/json";
             }).find("use grpc or http/protobuf") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_its_module_a_node_runs_and_says_what_to_install) {
  auto const directory = temporary_directory{};
  auto const program = directory.path() + "/node";
  std::filesystem::copy_file(NEXUS_BINARY_DIR "/system_node", program);
  auto const system = node_process{directory.path() + "/data", {"tracing.endpoint=http://127.0.0.1:4317"}, program};
  BOOST_TEST(system.ask(question).at("status") == "success");
  auto const check = system.get("/readyz?verbose").data().at("checks").at("tracing").at(0);
  BOOST_TEST(check.at("status") == "warn");
  for (auto const& text : {check.at("output").get<std::string>(), system.log()}) {
    BOOST_TEST(text.find("libnexus-otlp.so") != std::string::npos);
    BOOST_TEST(text.find("install Debian's package opentelemetry-cpp") != std::string::npos);
  }
  BOOST_TEST(eventually([&] {
    auto const figures = system.get("/metrics").body;
    auto const line = figures.find("nexus_spans_dropped_total{reason=\"no_exporter\"} ");
    return line != std::string::npos && figures[figures.find("} ", line) + 2] != '0';
  }));
}

BOOST_AUTO_TEST_CASE(without_an_endpoint_nothing_is_loaded_or_said) {
  auto const directory = temporary_directory{};
  auto const system = node_process{directory.path() + "/data", {}};
  auto const ready = system.get("/readyz?verbose").data();
  BOOST_TEST(!ready.at("checks").contains("tracing"));
  BOOST_TEST(system.get("/metrics").body.find("nexus_spans") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_run_that_another_process_takes_up_stays_in_its_trace) {
  auto const receiver = otlp_receiver{otlp_receiver::protocol::http};
  auto const directory = temporary_directory{};
  auto const settings = std::vector<std::string>{"tracing.endpoint=" + receiver.endpoint(), "llm.mock_latency_ms=400"};
  auto run_id = std::string{};
  {
    auto first = node_process{directory.path() + "/data", settings};
    run_id = first.post("/runs", {{"query", question}}, {{"traceparent", traceparent}}).data().at("run_id");
    first.kill();
  }
  auto const second = node_process{directory.path() + "/data", settings};
  BOOST_TEST(second.ended(run_id).at("trace_id") == trace_id);
  BOOST_REQUIRE(eventually([&] { return !tree{receiver.spans()}.named("invoke_agent nexus").empty(); }));
  auto const run = tree{receiver.spans()}.one("invoke_agent nexus");
  BOOST_TEST(run.attributes.at("gen_ai.conversation.id") == run_id);
  BOOST_TEST(run.attributes.at("nexus.run.resumed") == true);
}
