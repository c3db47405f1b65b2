#include "runtime/http/problem.hpp"
#include "runtime/http/server.hpp"
#include "tests/apps/command_line/program.hpp"

using namespace nexus;
using namespace nexus::apps;

namespace {

std::vector<std::string> const remote[]{
    {"ask", "ready?"}, {"ask", "ready?", "--events"},  {"call", "anything"},    {"tools"},
    {"runs", "list"},  {"runs", "show", "x"},          {"runs", "cancel", "x"}, {"tree"},
    {"status"},        {"gate", "--release", "v2.0.0"}};

/// A server that answers everything alike.
class stubborn_server {
public:
  explicit stubborn_server(http::response answer)
      : server_({.make_request_id = [] { return "id"; }}),
        listener_(server_
                      .listen("127.0.0.1", 0,
                              [this, answer = std::move(answer)](http::incoming received, http::responder respond) {
                                auto const lock = std::lock_guard{mutex_};
                                authorization_ = received.message.fields.find("Authorization").value_or("");
                                respond.respond(answer);
                              })
                      .value()) {}
  ~stubborn_server() { server_.stop(std::chrono::seconds{1}); }
  auto url() const -> std::string { return "http://127.0.0.1:" + std::to_string(listener_.port()); }
  /// Of the last request.
  auto authorization() const -> std::string {
    auto const lock = std::lock_guard{mutex_};
    return authorization_;
  }

private:
  mutable std::mutex mutex_;
  std::string authorization_;
  http::server server_;
  http::listener listener_;
};

auto at(std::vector<std::string> arguments, std::string const& url) -> std::vector<std::string> {
  arguments.insert(arguments.end(), {"--server", url});
  return arguments;
}

} // namespace

BOOST_AUTO_TEST_CASE(without_a_server_every_command_says_how_to_start_one) {
  for (auto const& arguments : remote) {
    auto const result = run(at(arguments, "http://127.0.0.1:1"));
    BOOST_TEST_CONTEXT(arguments.front()) {
      BOOST_TEST(result.code == 3);
      BOOST_TEST(contains(result.err, "nexus serve"));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_server_that_wants_credentials_is_exit_code_four) {
  auto const server = stubborn_server{http::problem(401, "a bearer token is needed")};
  for (auto const& arguments : remote) {
    if (arguments.front() == "status") continue; // health is open
    auto const result = run(at(arguments, server.url()));
    BOOST_TEST_CONTEXT(arguments.front()) {
      BOOST_TEST(result.code == 4);
      BOOST_TEST(result.out == "");
      BOOST_TEST(contains(result.err, "a bearer token is needed"));
      BOOST_TEST(contains(result.err, "NEXUS_TOKEN"));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_token_comes_from_a_file_or_a_variable_and_is_never_shown) {
  auto const server = stubborn_server{http::problem(403, "not you")};
  auto const directory = temporary_directory{};
  auto const file = directory.write("token", "s3cret-in-a-file\n");
  auto const result = run({"tree", "--server", server.url(), "--token-file", file});
  BOOST_TEST(result.code == 4);
  BOOST_TEST(server.authorization() == "Bearer s3cret-in-a-file");
  BOOST_TEST(result.err.find("s3cret") == std::string::npos);
  run({.arguments = {"tree"}, .environment = {{"NEXUS_TOKEN", "from-a-variable"}, {"NEXUS_SERVER", server.url()}}});
  BOOST_TEST(server.authorization() == "Bearer from-a-variable");
  BOOST_TEST(run({"tree", "--token-file", directory.path() + "/none"}).code == 2);
  auto const odd = run({.arguments = {"tree"}, .environment = {{"NEXUS_TOKEN", "two words"}}});
  BOOST_TEST(odd.code == 2);
  BOOST_TEST(odd.err.find("two words") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(answers_of_another_kind_of_server_are_no_crash) {
  for (auto const* body : {"<html>hello</html>", "[]", "{}", "null",
                           R"({"paths": {"/x": {"get": {"operationId": "y", "parameters": 5}}}})"}) {
    auto const server = stubborn_server{{200, {{"Content-Type", "application/json"}}, body}};
    for (auto const& arguments : remote) {
      auto const result = run(at(arguments, server.url()));
      BOOST_TEST_CONTEXT(arguments.front() << " on " << body) {
        BOOST_TEST((result.code == 1 || result.code == 2), result.code);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_variable_never_turns_a_gate_on_files_into_one_on_a_server) {
  auto const result = run({.arguments = {"gate", "--release", "HEAD", "--repo", "/"},
                           .environment = {{"NEXUS_SERVER", "http://127.0.0.1:1"}}});
  BOOST_TEST(result.code == 2);
}
