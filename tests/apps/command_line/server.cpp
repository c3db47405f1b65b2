#include "tests/apps/command_line/program.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sstream>
#include <sys/socket.h>

using namespace nexus::apps;

namespace {

constexpr auto first_port = 8080;

/// Whether three ports in a row can be had from this one on.
auto ports_are_free(int port) -> bool {
  for (auto i = 0; i < 3; ++i) {
    auto const handle = socket(AF_INET, SOCK_STREAM, 0);
    if (handle < 0) return false;
    auto address = sockaddr_in{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port + i));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto const bound = bind(handle, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    close(handle);
    if (!bound) return false;
  }
  return true;
}

auto free_offset() -> int {
  for (auto offset = 2000 + getpid() % 10'000; offset < 50'000; offset += 7)
    if (ports_are_free(first_port + offset)) return offset;
  BOOST_FAIL("no free ports");
  return 0;
}

/// One node for all tests of this program.
struct running_node {
  temporary_directory data;
  int offset = free_offset();
  process node{{.arguments = {"serve", "--port-offset", std::to_string(offset), "--data-dir", data.path() + "/data",
                              "--set", "log.level=warn"},
                .environment = {}}};

  running_node() {
    current = this;
    node.read_until("Ctrl-C");
  }
  ~running_node() {
    node.send_signal(SIGINT);
    BOOST_TEST(node.finish().code == 0);
  }
  static inline running_node* current = nullptr;
};
BOOST_TEST_GLOBAL_FIXTURE(running_node);

auto on_node(invocation what) -> outcome {
  what.environment["NEXUS_PORT_OFFSET"] = std::to_string(running_node::current->offset);
  return run(what);
}
auto on_node(std::vector<std::string> arguments) -> outcome { return on_node(invocation{std::move(arguments)}); }

constexpr auto question = "Is v2.0.0 ready for release?";

/// The id of a run that is over.
auto finished_run() -> std::string { return on_node({"ask", "--json", question}).json()["run_id"]; }

} // namespace

BOOST_AUTO_TEST_CASE(a_question_gets_its_answer_with_decision_and_sources) {
  auto const text = on_node({"ask", question});
  BOOST_TEST(text.code == 0);
  BOOST_TEST(contains(text.out, "Decision  NO_GO, score"));
  BOOST_TEST(contains(text.out, "Sources"));
  BOOST_TEST(text.err == "");
  auto const json = on_node({"ask", "--json", question}).json();
  BOOST_TEST(json["decision"] == "NO_GO");
  BOOST_TEST(json["status"] == "success");
}

BOOST_AUTO_TEST_CASE(a_question_that_cannot_be_answered_is_a_failure) {
  auto const result = on_node({"ask", "What is the weather like?"});
  BOOST_TEST(result.code == 1);
  BOOST_TEST(result.err.starts_with("nexus: "));
}

BOOST_AUTO_TEST_CASE(steps_are_shown_as_they_come) {
  auto const result = on_node({"ask", "--events", question});
  BOOST_TEST(result.code == 0);
  BOOST_TEST(contains(result.err, "  1  "));
  BOOST_TEST(contains(result.out, "NO_GO"));
  auto const json = on_node({"ask", "--events", "--json", question});
  BOOST_TEST(json.json()["steps"].size() >= 2U);
}

BOOST_AUTO_TEST_CASE(runs_are_listed_shown_followed_and_cancelled) {
  auto const id = finished_run();
  auto const list = on_node({"runs", "list", "--limit", "200"});
  BOOST_TEST(list.code == 0);
  BOOST_TEST(contains(list.out, id));
  BOOST_TEST(on_node({"runs", "list", "--json", "--status", "success"}).json()["runs"].size() > 0U);
  BOOST_TEST(on_node({"runs", "list", "--status", "excellent"}).code == 2);

  auto const shown = on_node({"runs", "show", id});
  BOOST_TEST(shown.code == 0);
  BOOST_TEST(contains(shown.out, "Status    success"));
  BOOST_TEST(on_node({"runs", "show", id, "--json"}).json()["run_id"] == id);
  BOOST_TEST(on_node({"runs", "show", "nope"}).code == 2);

  auto const followed = on_node({"runs", "follow", id});
  BOOST_TEST(followed.code == 0);
  BOOST_TEST(contains(followed.out, "NO_GO"));
  auto lines = std::istringstream{on_node({"runs", "follow", id, "--json"}).out};
  auto last = std::string{};
  for (auto line = std::string{}; std::getline(lines, line); last = line) BOOST_TEST(nlohmann::json::accept(line));
  BOOST_TEST(nlohmann::json::parse(last)["event"] == "result");
  BOOST_TEST(on_node({"runs", "follow", "nope"}).code == 2);

  BOOST_TEST(on_node({"runs", "cancel", id, "--json"}).json()["status"] == "success"); // it was over
}

BOOST_AUTO_TEST_CASE(operations_are_listed_with_their_arguments) {
  auto const list = on_node({"tools"});
  BOOST_TEST(list.code == 0);
  BOOST_TEST(contains(list.out, "get_jira_ticket --ticket-key TEXT"));
  BOOST_TEST(contains(list.out, "assess_release_readiness"));
  auto const one = on_node({"tools", "list_runs"});
  BOOST_TEST(contains(one.out, "Usage: nexus call list_runs"));
  BOOST_TEST(contains(one.out, "--limit NUMBER"));
  BOOST_TEST(contains(one.out, "--status pending|in_progress|"));
  auto const json = on_node({"tools", "--json"}).json();
  BOOST_TEST(json.size() > 15U);
  BOOST_TEST(on_node({"tools", "nope"}).code == 2);
}

BOOST_AUTO_TEST_CASE(an_operation_takes_its_arguments_as_flags_or_as_a_body) {
  auto const by_flags = on_node({"call", "get_jira_ticket", "--ticket-key", "PROJ-123"});
  BOOST_TEST(by_flags.code == 0);
  BOOST_TEST(by_flags.json()["data"]["key"] == "PROJ-123");
  auto const by_body = on_node({"call", "get_jira_ticket", "--body", R"({"ticket_key": "PROJ-123"})"});
  BOOST_TEST(by_body.json()["data"] == by_flags.json()["data"]);
  auto const by_input = on_node(
      invocation{.arguments = {"call", "get_jira_ticket", "--input", "-"}, .input = R"({"ticket_key": "PROJ-123"})"});
  BOOST_TEST(by_input.json()["data"] == by_flags.json()["data"]);
  BOOST_TEST(on_node({"call", "list_runs", "--limit=1", "--json"}).json()["runs"].size() <= 1U);
  BOOST_TEST(on_node({"call", "start_run", "--query", "Show PROJ-123"}).json().contains("run_id"));
}

BOOST_AUTO_TEST_CASE(a_wrong_call_says_what_is_wrong) {
  auto const check = [](std::vector<std::string> arguments, int code, std::string_view text) {
    arguments.insert(arguments.begin(), "call");
    auto const result = on_node(arguments);
    BOOST_TEST(result.code == code);
    BOOST_TEST(contains(result.err, text));
  };
  check({"get_jira_tickt"}, 2, "did you mean 'get_jira_ticket'?");
  check({"get_jira_ticket"}, 2, "needs --ticket-key");
  check({"get_jira_ticket", "--ticket-kee", "X"}, 2, "did you mean '--ticket-key'?");
  check({"get_jira_ticket", "--ticket-key"}, 2, "a value is missing");
  check({"get_jira_ticket", "PROJ-1"}, 2, "--name value");
  check({"list_runs", "--limit", "many"}, 2, "'many' is no integer");
  check({"list_runs", "--limit", "100000"}, 2, "limit");
  check({"list_runs", "--body", "{"}, 2, "--body");
  check({"list_runs", "--body", "[]"}, 2, "JSON object");
  check({"get_jira_ticket", "--ticket-key", "PROJ-999999"}, 1, "PROJ-999999");
}

BOOST_AUTO_TEST_CASE(the_supervision_tree_is_drawn) {
  auto const plain = on_node({"tree"});
  BOOST_TEST(plain.code == 0);
  BOOST_TEST(contains(plain.out, "NAME"));
  BOOST_TEST(contains(plain.out, "|- "));
  BOOST_TEST(contains(plain.out, "running"));
  BOOST_TEST(contains(on_node(invocation{.arguments = {"tree"}, .on_terminal = true}).out, "├─ "));
  BOOST_TEST(on_node({"tree", "--json"}).json()["kind"] == "supervisor");
}

BOOST_AUTO_TEST_CASE(the_status_of_every_role_is_shown) {
  auto const all = on_node({"status"});
  BOOST_TEST(all.code == 0);
  for (auto const* role : {"orchestrator", "jira", "git_ci", "reporting"}) BOOST_TEST(contains(all.out, role));
  auto const one = on_node({"status", "--roles", "jira", "--json"}).json();
  BOOST_TEST(one.size() == 1U);
  BOOST_TEST(one[0]["status"] == "pass");
  BOOST_TEST(on_node({"status", "--roles", "cook"}).code == 2);
}

BOOST_AUTO_TEST_CASE(a_gate_asks_the_server_with_the_codes_of_its_verdicts) {
  auto const url = "http://127.0.0.1:" + std::to_string(first_port + running_node::current->offset);
  auto const gate = [&](std::vector<std::string> more) {
    auto arguments = std::vector<std::string>{"gate", "--server", url, "--release"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return on_node(arguments);
  };
  BOOST_TEST(gate({"v1.9.0"}).code == 0);
  BOOST_TEST(gate({"v2.1.0"}).code == 20);
  auto const blocked = gate({"v2.0.0"});
  BOOST_TEST(blocked.code == 30);
  BOOST_TEST(contains(blocked.out, "NO_GO"));
  BOOST_TEST(gate({"v2.0.0", "--json"}).json()["verdict"] == "NO_GO");
  BOOST_TEST(contains(gate({"v2.0.0", "--markdown"}).out, "| "));
  auto const file = running_node::current->data.path() + "/bundle.json";
  auto const decided = gate({"v1.9.0", "--json", "--bundle", file}).json();
  BOOST_TEST(nlohmann::json::parse(read_all(file))["decision_id"] == decided["decision_id"]);
  BOOST_TEST(gate({"v99.0.0"}).code == 2);
  BOOST_TEST(gate({"v1.9.0", "--project", "NOPE"}).code == 2);
}
