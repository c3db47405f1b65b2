#include "simulator/planted_secret.hpp"
#include "tests/system/support.hpp"

#include <atomic>

// What is accepted is carried out, whatever dies meanwhile.

using namespace nexus;
using namespace nexus::testing;

namespace {

constexpr auto question = "Is v2.0.0 ready for release?";

/// The names of all actors that are restarted in place: all but the root, which nobody restarts, and the runs, which
/// come and go.
auto actors_of(supervision_node const& tree, std::string const& kind) -> std::vector<std::string> {
  auto names = std::vector<std::string>{};
  auto const walk = [&](auto const& self, supervision_node const& node) -> void {
    for (auto const& child : node.children) {
      if (child.restart != restart_type::permanent) continue;
      if (child.kind == kind) names.push_back(child.name);
      self(self, child);
    }
  };
  walk(walk, tree);
  return names;
}

auto is_whole(supervision_node const& node) -> bool {
  if (node.restart != restart_type::permanent && node.name != "nexus") return true;
  return node.state == child_state::running && std::all_of(node.children.begin(), node.children.end(), is_whole);
}

auto node_named(supervision_node const& tree, std::string const& name) -> supervision_node const* {
  if (tree.name == name) return &tree;
  for (auto const& child : tree.children)
    if (auto const* found = node_named(child, name)) return found;
  return nullptr;
}

void restart_quickly(node_settings& settings) {
  settings.supervision.intensity = 1'000;
  settings.supervision.backoff.minimum = "1ms";
  settings.supervision.backoff.maximum = "20ms";
}

/// Clients that ask without pause while something happens, and what they got.
class load {
public:
  explicit load(running_node const& system) : system_(system) {
    for (auto i = 0; i < 8; ++i) clients_.emplace_back([this, i](std::stop_token const& stop) { work(i, stop); });
  }
  void end() { clients_.clear(); }
  auto problems() -> std::vector<std::string> {
    auto const lock = std::lock_guard{mutex_};
    return problems_;
  }
  auto started() -> std::vector<std::string> {
    auto const lock = std::lock_guard{mutex_};
    return started_;
  }
  auto queries() const -> int { return queries_; }

private:
  void work(int client, std::stop_token const& stop) {
    for (auto i = 0; !stop.stop_requested(); ++i) {
      auto const kind = (client + i) % 3;
      auto const reply = kind == 0   ? system_.post("/query", {{"query", question}})
                         : kind == 1 ? send(system_.jira(), "GET", "/issue/PROJ-123")
                                     : system_.post("/runs", {{"query", question}});
      auto const data = reply.data();
      auto const well = kind == 2 ? reply.status == 202
                                  : reply.status == 200 && data.value("status", "") == "success" &&
                                        (kind == 1 || data.value("decision", "") == "NO_GO");
      auto const lock = std::lock_guard{mutex_};
      if (!well) problems_.push_back(fmt::format("{}: {} {}", kind, reply.status, reply.body.substr(0, 600)));
      if (kind == 0) ++queries_;
      if (kind == 2 && well) started_.push_back(data.at("run_id"));
    }
  }

  running_node const& system_;
  std::mutex mutex_;
  std::vector<std::string> problems_, started_;
  std::atomic<int> queries_ = 0;
  std::vector<std::jthread> clients_;
};

/// Kills the actors one after the other under load; each must be back, and the tree whole, before the next one dies.
void kill_in_turn(running_node const& system, std::vector<std::string> const& actors) {
  auto clients = load{system};
  for (auto const& name : actors) BOOST_TEST_CONTEXT(name) {
      auto const before = node_named(system.node().tree(), name)->restarts;
      BOOST_REQUIRE(eventually([&] { return system.node().kill(name).has_value(); }));
      auto const back = eventually([&] {
        auto const tree = system.node().tree();
        auto const* actor = node_named(tree, name);
        return actor != nullptr && actor->restarts > before && is_whole(tree);
      });
      BOOST_REQUIRE_MESSAGE(back, name << " does not come back");
    }
  clients.end();
  for (auto const& problem : clients.problems()) BOOST_ERROR(problem);
  BOOST_TEST(clients.queries() > 0);
  auto ids = std::set<std::string>{};
  for (auto const& id : clients.started()) {
    BOOST_TEST(ids.insert(id).second, "two requests got one run");
    BOOST_TEST(system.ended(id).at("status") == "success");
  }
  // A query that was sent again to the successor of a dead actor is still one run.
  auto const answered = ids.size() + static_cast<std::size_t>(clients.queries());
  auto const all = system.all_runs().size();
  BOOST_TEST(all == answered, all << " runs, " << answered << " asked for");
}

} // namespace

BOOST_AUTO_TEST_CASE(every_worker_of_the_tree_may_die_under_load_and_no_request_is_lost) {
  auto const system = running_node{restart_quickly};
  auto const workers = actors_of(system.node().tree(), "worker");
  BOOST_TEST(workers.size() >= 8u);
  kill_in_turn(system, workers);
}

BOOST_AUTO_TEST_CASE(every_supervisor_may_die_under_load_with_its_children_and_no_request_is_lost) {
  auto const system = running_node{restart_quickly};
  auto const supervisors = actors_of(system.node().tree(), "supervisor");
  BOOST_TEST(supervisors.size() >= 4u);
  kill_in_turn(system, supervisors);
}

BOOST_AUTO_TEST_CASE(the_actors_of_runs_may_die_and_the_runs_go_on) {
  auto const system = running_node{[](node_settings& settings) {
    restart_quickly(settings);
    settings.llm.mock_latency_ms = 300;
  }};
  auto ids = std::vector<std::string>{};
  for (auto i = 0; i < 5; ++i) ids.push_back(system.start(question));
  auto const killed = eventually([&] {
    auto dead = 0;
    for (auto const& id : ids) dead += system.node().kill("nexus/orchestrator/runs/" + id).has_value();
    return dead > 0;
  });
  BOOST_TEST(killed);
  for (auto const& id : ids) {
    auto const state = system.ended(id);
    BOOST_TEST(state.at("status") == "success");
    BOOST_TEST(state.at("decision") == "NO_GO");
  }
  BOOST_TEST(system.all_runs().size() == ids.size());
}

BOOST_AUTO_TEST_CASE(a_run_whose_actor_keeps_dying_fails_and_says_so) {
  auto const system = running_node{[](node_settings& settings) {
    restart_quickly(settings);
    settings.llm.mock_latency_ms = 20'000;
  }};
  auto const id = system.start(question);
  auto const over = eventually([&] {
    (void)system.node().kill("nexus/orchestrator/runs/" + id);
    return system.get("/runs/" + id).data().at("status") == "failed";
  });
  BOOST_TEST(over);
  BOOST_TEST(system.get("/runs/" + id).data().at("error_code") == "internal");
}

BOOST_AUTO_TEST_CASE(no_accepted_run_is_lost_or_made_twice_when_the_process_is_killed) {
  auto const directory = temporary_directory{};
  auto const data = directory.path() + "/data";
  auto accepted = std::vector<std::string>{};
  {
    // Killed twice, in different moments of the same runs.
    auto slow = node_process{data, {"llm.mock_latency_ms=400", "log.level=error"}};
    for (auto i = 0; i < 8; ++i) accepted.push_back(slow.start(question));
    slow.kill();
  }
  {
    auto slow = node_process{data, {"llm.mock_latency_ms=400", "log.level=error"}};
    for (auto i = 0; i < 4; ++i) accepted.push_back(slow.start("What is the status of PROJ-123?"));
    std::this_thread::sleep_for(600ms); // some turns are on the disk now
    slow.kill();
  }
  auto system = node_process{data, {"log.level=error"}};
  for (auto const& id : accepted) {
    auto const state = system.ended(id);
    BOOST_TEST(state.at("status") == "success", state.dump());
    BOOST_TEST(!state.at("result").is_null());
  }
  auto listed = std::multiset<std::string>{};
  for (auto const& entry : system.all_runs()) listed.insert(entry.at("run_id"));
  BOOST_TEST(listed == std::multiset<std::string>(accepted.begin(), accepted.end()));
  BOOST_TEST(system.stop() == 0);
  BOOST_TEST(system.log().empty(), system.log());
}

BOOST_AUTO_TEST_CASE(the_log_finds_a_run_by_its_trace_also_after_a_restart) {
  auto const directory = temporary_directory{};
  auto const data = directory.path() + "/data";
  constexpr auto trace = "0af7651916cd43dd8448eb211c80319c";
  auto const fields = http_fields{{"traceparent", fmt::format("00-{}-b7ad6b7169203331-01", trace)}};
  auto const end_of = [](node_process const& node, std::string const& id) {
    auto lines = std::istringstream{node.log()};
    for (auto line = std::string{}; std::getline(lines, line);)
      if (auto const entry = json::parse(line, nullptr, false);
          entry.value("logger", "") == "run" && entry.value("run_id", "") == id)
        return entry;
    return json::object();
  };
  auto id = std::string{};
  {
    auto slow = node_process{data, {"llm.mock_latency_ms=20000", "log.format=json"}};
    id = slow.post("/runs", {{"query", question}}, fields).data().at("run_id");
    slow.kill();
  }
  auto system = node_process{data, {"log.format=json"}};
  system.ended(id);
  auto const next = system.post("/query", {{"query", question}}, fields).data().at("run_id").get<std::string>();
  BOOST_TEST(system.stop() == 0);
  for (auto const& wanted : {id, next}) {
    auto const entry = end_of(system, wanted);
    BOOST_TEST(entry.value("trace_id", "") == trace, system.log());
    BOOST_TEST(!entry.contains("field.trace_id"));
    BOOST_TEST(entry.value("status", "") == "success");
  }
}

BOOST_AUTO_TEST_CASE(a_secret_in_a_ticket_or_a_log_reaches_no_log_line) {
  auto const directory = temporary_directory{};
  auto system = node_process{directory.path() + "/data", {"log.level=debug", "log.format=json"}};
  auto const secret = std::string{simulator::planted_secret};
  // It is there: the agents hand on what the services say.
  auto const ticket = send(system.jira(), "GET", "/issue/NEXUS-123");
  BOOST_TEST(ticket.body.find(secret) != std::string::npos);
  system.ask("Show me ticket NEXUS-123");
  system.ask("Why did nexus-main #143 fail?");
  system.ask("What does the token " + secret + " open?");
  send(system.git_ci(), "GET", "/build/nexus-main/status?build_number=143");
  send(system.jira(), "GET", "/issue/" + secret);
  send(system.jira(), "GET", "/search?jql=text%20~%20%22" + secret + "%22");
  send(system.orchestrator(), "GET", "/" + secret, {},
       {{"Authorization", "Bearer " + secret}, {"X-Request-ID", secret}});
  send(system.orchestrator(), "POST", "/query", "{\"query\":\"" + secret);
  BOOST_TEST(system.stop() == 0);
  auto const log = system.log();
  BOOST_TEST(!log.empty());
  BOOST_TEST(log.find(secret) == std::string::npos);
  BOOST_TEST(log.find(secret.substr(8, 20)) == std::string::npos);
  auto lines = std::istringstream{log};
  for (auto line = std::string{}; std::getline(lines, line);)
    BOOST_TEST(!json::parse(line, nullptr, false).is_discarded(), line);
}
