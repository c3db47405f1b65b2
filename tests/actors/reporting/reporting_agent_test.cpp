#include "actors/reporting/operations.hpp"
#include "actors/reporting/reporting_agent.hpp"
#include "runtime/http/curl_transport.hpp"
#include "runtime/http/in_process_transport.hpp"
#include "runtime/http/service_handler.hpp"
#include "simulator/simulator.hpp"
#include "tests/actors/orchestrator/fixture.hpp"
#include "tests/actors/reporting/fixture.hpp"

// The reporting agent under supervision, before the simulator and a readiness agent that the test plays.

using namespace nexus;
using namespace nexus::orchestrator::testing;
using namespace nexus::reporting;
using supervision::await;
using json = nlohmann::json;

namespace {

auto contains(std::string const& text, std::string_view part) -> bool { return text.find(part) != std::string::npos; }

/// Knows one decision with its bundle, of the release v2.0.0.
class played_readiness : scripted_agent<readiness_agent_actor::base> {
public:
  explicit played_readiness(readiness_agent_actor::base* self) : scripted_agent(self), self_(self) {}
  auto make_behavior() -> readiness_agent_actor::behavior_type {
    auto const known = nexus::reporting::testing::stored_report().decision;
    auto const unknown = [](std::string what) { return to_caf({errc::not_found, "no " + what, {}, {}, {}}); };
    return {[](continuation& next) { next.run(); },
            [known, unknown](call const& context, assess_release_readiness const& wanted) -> caf::result<decision> {
              // Its write is the page, not the decision. Boost.Test does not take checks from an actor's thread.
              if (!context.idempotency_key.empty()) return unknown("decision under the key of a write");
              if (wanted.release == "v2.0.0") return known;
              return unknown("release matches '" + wanted.release + "'");
            },
            [](call const&, list_decisions const&) -> caf::result<decision_list> { return decision_list{}; },
            [known, unknown](call const&, get_decision const& wanted) -> caf::result<decision> {
              if (wanted.decision_id == known.decision_id) return known;
              return unknown("decision '" + wanted.decision_id + "'");
            },
            [self = self_](call const&, get_decision_bundle const&) -> caf::result<raw_document> {
              auto bundle = evidence_bundle{};
              bundle.policy = nexus::reporting::testing::policy().source();
              bundle.items = nexus::reporting::testing::stored_report().evidence;
              // Gathered for whoever asks now.
              for (auto& item : bundle.items) item.observed_at = now(self->system());
              return raw_document{"application/json", encode_json(bundle)};
            },
            [](call const&, get_readiness_badge const&) -> caf::result<raw_document> {
              return to_caf({errc::not_found, "no badge is played", {}, {}, {}});
            }};
  }

private:
  readiness_agent_actor::base* self_;
};

struct reporting_world : actor_world {
  simulator::options options;
  simulator::world outside{options};
  /// Called with each request to Confluence and the world's answer.
  std::function<void(http::request const&, http::service_reply&)> spoil;
  std::mutex mutex;
  std::map<std::string, int> counted;

  auto serve(http::request const& request) -> http::service_reply {
    auto reply = outside.handle(request);
    auto const lock = std::lock_guard{mutex};
    if (spoil) spoil(request, reply);
    return reply;
  }
  void begin(std::shared_ptr<http::transport> way = {}, std::string const& base = "http://simulator") {
    if (!way) way = std::make_shared<http::in_process_transport>([this](http::request const& r) { return serve(r); });
    auto chosen = std::make_shared<reporting_agent_options>();
    chosen->confluence = {.url = base + "/confluence", .username = "nexus", .api_token = "simulator-token"};
    chosen->transport = std::move(way);
    chosen->client = {.service = "Confluence", .first_delay = 1ms};
    chosen->random = [] { return 0.5; };
    chosen->policy = std::make_shared<readiness::policy const>(nexus::reporting::testing::policy());
    chosen->readiness = at<readiness_agent_actor>("readiness");
    chosen->make_id = [this] { return ids->next(); };
    chosen->count = [this](std::string_view destination) {
      auto const lock = std::lock_guard{mutex};
      ++counted[std::string{destination}];
    };
    start({supervision::worker<readiness_agent_actor, played_readiness>("readiness"),
           supervision::worker<reporting_agent_actor, reporting_agent>(
               "agent", std::shared_ptr<reporting_agent_options const>{chosen})});
  }
  template <class Request>
  auto send(Request request, call context = {}) {
    return client.ask(at<reporting_agent_actor>("agent"), std::move(request), std::move(context),
                      supervision::repetition::never);
  }
  template <class Request>
  auto must(Request request, call context = {}) {
    auto got = await(send(std::move(request), std::move(context)));
    BOOST_REQUIRE_MESSAGE(got.has_value(), (got ? "" : got.error().render()));
    return *got;
  }
  auto wiki(std::string const& target) -> json {
    auto request = http::request{.target = "/confluence/wiki/api/v2" + target};
    request.fields.add("Authorization", rest::basic_authorization("nexus", "simulator-token"));
    return json::parse(outside.handle(request).answer.body);
  }
};

auto write_context(std::string key, bool recovering = false) -> call {
  auto context = call{};
  context.idempotency_key = std::move(key);
  context.recovering = recovering;
  return context;
}

auto of_release(std::string release) -> publish_report {
  auto wanted = publish_report{};
  wanted.release = std::move(release);
  wanted.title = "Release v2.0.0";
  return wanted;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_report_of_a_release_is_made_from_the_stored_decision, reporting_world) {
  begin();
  auto wanted = generate_report{};
  wanted.release = "v2.0.0";
  auto const made = must(wanted);
  BOOST_TEST((made.decision == release_decision::no_go));
  BOOST_TEST(made.decision_id.value() == "dec_01");
  BOOST_TEST(made.size_bytes == static_cast<std::int64_t>(made.html.value().size()));
  BOOST_TEST(contains(*made.html, "jenkins:nexus-main #143"));
  BOOST_TEST(contains(*made.html, "the build published no coverage"));
  BOOST_TEST(contains(*made.html, "0 s"));
  BOOST_TEST(!contains(*made.html, "not known"));
  wanted.release.reset();
  wanted.decision_id = "dec_01";
  wanted.format = report_format::markdown;
  auto const text = must(wanted);
  BOOST_TEST(!text.html.has_value());
  BOOST_TEST(contains(text.markdown.value(), "# Release v2.0.0: NO"));
  wanted.decision_id = "dec_02";
  BOOST_TEST((await(send(wanted)).error().code == errc::not_found));
  BOOST_TEST(counted["generated"] == 2);
}

BOOST_FIXTURE_TEST_CASE(a_report_of_stated_figures_says_what_the_policy_says, reporting_world) {
  begin();
  auto const made = must(*decode_json<generate_report>(nexus::reporting::testing::full_statement(), decode_mode::open));
  BOOST_TEST((made.decision == release_decision::no_go));
  BOOST_TEST(!made.decision_id.has_value());
  BOOST_TEST(made.report_id == "rep-77");
  BOOST_TEST(made.not_available.empty());
  auto const empty = must(generate_report{});
  BOOST_TEST((empty.decision == release_decision::inconclusive));
  BOOST_TEST(empty.not_available.size() == 15u);
}

BOOST_FIXTURE_TEST_CASE(a_preview_shows_the_release_or_says_that_there_is_none, reporting_world) {
  begin();
  auto const page = must(preview_report{"v2.0.0", {}});
  BOOST_TEST(page.content_type == "text/html; charset=utf-8");
  BOOST_TEST(contains(page.body, "jira:NEXUS fixVersion v2.0.0"));
  auto const none = must(preview_report{"<b>v9", {}});
  BOOST_TEST(contains(none.body, "There is no report of &lt;b&gt;v9"));
  BOOST_TEST(!contains(none.body, "<b>"));
}

BOOST_FIXTURE_TEST_CASE(what_is_published_is_the_decision_and_not_the_claim, reporting_world) {
  begin();
  auto wanted = of_release("v2.0.0");
  wanted.release.reset();
  wanted.report_data = *decode_json<report_subject>(nexus::reporting::testing::full_statement(), decode_mode::open);
  auto const page = must(wanted, write_context("a"));
  BOOST_TEST((page.decision == release_decision::no_go));
  BOOST_TEST(page.report_id == "rep-77");
  BOOST_TEST(page.created);
  auto const next = must(of_release("v2.0.0"), write_context("b"));
  BOOST_TEST(next.page_id == page.page_id);
  BOOST_TEST(next.version == 2);
  BOOST_TEST(next.decision_id.value() == "dec_01");
  BOOST_TEST(counted["confluence"] == 2);
}

BOOST_FIXTURE_TEST_CASE(a_title_that_shows_nothing_is_refused, reporting_world) {
  begin();
  auto wanted = of_release("v2.0.0");
  wanted.title = "\xe2\x80\x8b \n";
  BOOST_TEST((await(send(wanted, write_context("a"))).error().code == errc::invalid_argument));
}

BOOST_FIXTURE_TEST_CASE(an_agent_killed_between_call_and_outcome_publishes_once, reporting_world) {
  // Each write of a publication in turn is carried out, and its answer never comes.
  for (auto const* path :
       {"POST /confluence/wiki/api/v2/pages", "PUT /confluence/wiki/api/v2/pages/", "POST properties"}) {
    auto const creates = std::string_view{path} != "PUT /confluence/wiki/api/v2/pages/";
    static auto number = 0;
    auto wanted = of_release("v2.0.0");
    wanted.title = fmt::format("Report {}", ++number);
    if (number == 1) begin();
    if (!creates) must(wanted, write_context("before"));
    auto held = std::make_shared<std::promise<void>>();
    {
      auto const lock = std::lock_guard{mutex};
      spoil = [path, held, done = false](http::request const& request, http::service_reply& reply) mutable {
        auto const line = request.method + ' ' + request.target;
        auto const hit = std::string_view{path} == "POST properties"
                             ? request.method == "POST" && request.target.ends_with("/properties")
                             : line.starts_with(path) && !request.target.ends_with("/properties");
        if (!hit || std::exchange(done, true)) return;
        reply.delay = 1h;
        held->set_value();
      };
    }
    auto lost = send(wanted, write_context("the write"));
    BOOST_REQUIRE(held->get_future().wait_for(10s) == std::future_status::ready);
    kill("agent");
    BOOST_TEST(!await(std::move(lost)).has_value());

    auto const page = must(wanted, write_context("the write", true));
    BOOST_TEST(page.created == creates);
    BOOST_TEST(page.version == (creates ? 1 : 2));
    BOOST_TEST((page.decision == release_decision::no_go));
    BOOST_TEST(page.decision_id.value() == "dec_01");
    BOOST_TEST(wiki("/pages/" + page.page_id + "/versions")["results"].size() == (creates ? 1u : 2u));
    BOOST_TEST(wiki("/pages?title=" + http::percent_encode(wanted.title))["results"].size() == 1u);
    BOOST_TEST(wiki("/pages/" + page.page_id + "/properties")["results"].size() == 1u);
  }
}

BOOST_FIXTURE_TEST_CASE(over_the_network_it_is_the_same, reporting_world) {
  auto server = http::server{{.limits = {}, .make_request_id = [] { return std::string{"id"}; }}};
  auto listener = server.listen("127.0.0.1", 0, http::serve([this](http::request const& r) { return serve(r); }));
  BOOST_REQUIRE(listener.has_value());
  auto const base = fmt::format("http://127.0.0.1:{}", listener->port());
  begin(std::make_shared<http::curl_transport>(http::curl_options{}), base);
  auto const first = must(of_release("v2.0.0"), write_context("a"));
  BOOST_TEST(first.created);
  BOOST_TEST(first.url.starts_with(base + "/confluence/wiki/spaces/REL/pages/"));
  // Lost answers, broken JSON and errors: found out, and written once.
  using kind = simulator::fault::kind_type;
  auto version = 1;
  for (auto const fault : {kind::cut_off, kind::malformed, kind::status}) {
    {
      auto const lock = std::lock_guard{mutex};
      spoil = [this, fault, done = false](http::request const& request, http::service_reply&) mutable {
        // The request before the write orders the fault.
        if (request.target.find("/properties") == std::string::npos || std::exchange(done, true)) return;
        outside.add_fault({.service = "confluence", .match = {}, .kind = fault, .count = 1});
      };
    }
    auto const next = must(of_release("v2.0.0"), write_context(fmt::format("{}", ++version)));
    BOOST_TEST(next.version == version);
  }
  auto const all = wiki("/pages/" + first.page_id + "/versions")["results"];
  BOOST_TEST(all.size() == 4u);
  server.stop(1s);
}

BOOST_FIXTURE_TEST_CASE(the_table_says_what_writes_and_what_the_model_may_use, reporting_world) {
  auto const table = operations(at<reporting_agent_actor>("agent"));
  BOOST_TEST((table.find("publish_report")->writes == reconciliation::probe));
  BOOST_TEST(!table.find("generate_report")->writes.has_value());
  BOOST_TEST(!table.find("preview_report")->is_tool);
  for (auto const* action : {"generate", "publish", "analyze"}) {
    auto payload = json::object();
    BOOST_TEST(resolve_action(table, action, payload).has_value());
  }
}
