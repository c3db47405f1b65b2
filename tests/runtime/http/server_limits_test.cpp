#include "runtime/http/request_parser.hpp"
#include "tests/runtime/http/raw_client.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <deque>
#include <fcntl.h>
#include <sys/resource.h>

using namespace nexus;
using namespace nexus::http;
using namespace nexus::http::test;
using namespace std::chrono_literals;

namespace {

struct running {
  server host;
  listener door;
  explicit running(server_limits limits = {}, handler handle = echo)
      : host(options(limits)), door(host.listen("127.0.0.1", 0, std::move(handle)).value()) {}
};

/// What a client gets who sends these bytes and nothing else.
auto answer_to(std::string_view bytes, server_limits limits = {}) -> raw_client::reply {
  running under{limits};
  raw_client client{under.door.port()};
  auto reply = client.ask(bytes);
  if (reply.status >= 400) BOOST_TEST(client.at_end());
  return reply;
}

} // namespace

BOOST_AUTO_TEST_SUITE(http_server_limits)

BOOST_AUTO_TEST_CASE(what_is_no_acceptable_request_is_refused_as_a_problem_that_names_the_request) {
  auto reply = answer_to("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n");
  BOOST_TEST(reply.status == 400);
  BOOST_TEST(reply.field("Content-Type") == "application/problem+json");
  auto document = nlohmann::json::parse(reply.body);
  BOOST_TEST(document.at("type") == "about:blank");
  BOOST_TEST(document.at("title") == "Bad Request");
  BOOST_TEST(document.at("status") == 400);
  BOOST_TEST(document.at("instance") == "made-1");
  BOOST_TEST(reply.field("X-Request-ID") == "made-1");
  BOOST_TEST(reply.field("Connection") == "close");
}

BOOST_AUTO_TEST_CASE(malformed_requests_are_never_an_error_of_the_server) {
  std::pair<std::string, int> const cases[] = {
      {"hello\r\n\r\n", 400},
      {"\x16\x03\x01\x02\x01\x01 tls\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nbroken field\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: a\x01b\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\nHost: a\r\nExpect: a-pony\r\nContent-Length: 1\r\n\r\n", 417},
  };
  for (auto const& [bytes, status] : cases) BOOST_TEST(answer_to(bytes).status == status, bytes);
}

BOOST_AUTO_TEST_CASE(a_body_at_its_limit_is_taken_and_one_byte_more_is_413) {
  server_limits limits;
  limits.body = 100;
  BOOST_TEST(answer_to(post("/", std::string(100, 'x')), limits).status == 200);
  BOOST_TEST(answer_to(post("/", std::string(101, 'x')), limits).status == 413);
  auto chunked = [](std::string const& body) {
    return "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
  };
  auto half = "32\r\n" + std::string(50, 'x') + "\r\n";
  BOOST_TEST(answer_to(chunked(half + half + "0\r\n\r\n"), limits).status == 200);
  BOOST_TEST(answer_to(chunked(half + half + "1\r\nx\r\n0\r\n\r\n"), limits).status == 413);
  BOOST_TEST(answer_to(chunked("ffffffffffffffff\r\n"), limits).status == 413);
}

BOOST_AUTO_TEST_CASE(a_client_that_goes_on_sending_too_large_a_body_still_reads_why) {
  running under;
  raw_client client{under.door.port()};
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\n");
  std::thread sender{[&] { client.send(std::string(8'000'000, 'x')); }};
  sender.join();
  BOOST_TEST(client.read_reply().status == 413);
  BOOST_TEST(under.host.statistics().rejected_too_large == 1);
}

BOOST_AUTO_TEST_CASE(a_refused_expectation_comes_before_the_body) {
  BOOST_TEST(
      answer_to("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n").status ==
      413);
}

BOOST_AUTO_TEST_CASE(a_head_beyond_its_limit_is_431_however_it_is_made_up) {
  std::string const line = "GET / HTTP/1.1\r\nHost: a\r\n";
  BOOST_TEST(answer_to(line + "X: " + std::string(15'000, 'x') + "\r\n\r\n").status == 200);
  BOOST_TEST(answer_to(line + "X: " + std::string(17'000, 'x') + "\r\n\r\n").status == 431);
  BOOST_TEST(answer_to("GET /" + std::string(17'000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n").status == 431);
  BOOST_TEST(answer_to(line + std::string(40'000, 'x')).status == 431);
  std::string many;
  for (auto i = 0; i < 3000; ++i) many += "a: b\r\n";
  BOOST_TEST(answer_to(line + many + "\r\n").status == 431);
}

BOOST_AUTO_TEST_CASE(endless_chunk_lines_and_trailers_are_refused) {
  std::string const chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  BOOST_TEST(answer_to(chunked + "1;" + std::string(60'000, 'x')).status == 400);
  std::string trailers = "0\r\n";
  while (trailers.size() < 60'000) trailers += "a: b\r\n";
  BOOST_TEST(answer_to(chunked + trailers).status == 400);
}

BOOST_AUTO_TEST_CASE(a_chunked_body_may_be_cut_anywhere) {
  std::string const request = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  for (std::size_t piece = 1; piece < 9; ++piece) {
    request_parser parser{1024, 1024};
    std::string waiting;
    for (std::size_t at = 0; at < request.size() && !parser.done() && !parser.failed(); at += piece) {
      waiting += request.substr(at, piece);
      waiting.erase(0, parser.feed(waiting));
    }
    BOOST_TEST(parser.done());
    BOOST_TEST(parser.message().body == "abc");
  }
}

BOOST_AUTO_TEST_CASE(a_slow_head_and_a_slow_body_are_408) {
  server_limits limits;
  limits.header_timeout = 40ms;
  limits.body_timeout = 40ms;
  BOOST_TEST(answer_to("GET / HT", limits).status == 408);
  BOOST_TEST(answer_to("GET / HTTP/1.1\r\nHost: a\r\n", limits).status == 408);
  BOOST_TEST(answer_to("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc", limits).status == 408);
}

BOOST_AUTO_TEST_CASE(a_byte_now_and_then_does_not_prolong_a_head) {
  server_limits limits;
  limits.header_timeout = 60ms;
  running under{limits};
  raw_client client{under.door.port()};
  std::thread dripping{[&] {
    for (auto byte : get("/" + std::string(2000, 'x'))) {
      if (!client.send({&byte, 1}) || under.host.statistics().rejected_timeout > 0) return;
      std::this_thread::sleep_for(1ms);
    }
  }};
  dripping.join();
  BOOST_TEST(client.read_reply().status == 408);
}

BOOST_AUTO_TEST_CASE(an_idle_connection_is_closed_without_a_word) {
  server_limits limits;
  limits.idle_timeout = 30ms;
  running under{limits};
  raw_client silent{under.door.port()};
  BOOST_TEST(silent.at_end());
  raw_client once{under.door.port()};
  once.ask(get("/"));
  BOOST_TEST(once.at_end());
}

BOOST_AUTO_TEST_CASE(a_client_that_takes_nothing_is_cut_off) {
  server_limits limits;
  limits.write_timeout = 50ms;
  running under{limits, [](incoming, responder back) { back.respond({200, {}, std::string(32 * 1024 * 1024, 'x')}); }};
  raw_client client{under.door.port(), 4096};
  client.send(get("/"));
  BOOST_TEST(eventually([&] { return under.host.statistics().slow_readers == 1; }));
  BOOST_TEST(eventually([&] { return under.host.statistics().connections_open == 0; }));
}

BOOST_AUTO_TEST_CASE(requests_beyond_those_in_flight_are_429_and_the_connection_stays) {
  server_limits limits;
  limits.max_in_flight = 2;
  awaited<responder> asked;
  running under{limits, [&](incoming, responder back) { asked.set(back); }};
  raw_client first{under.door.port()}, second{under.door.port()}, third{under.door.port()};
  first.send(get("/"));
  second.send(get("/"));
  auto held = asked.wait(2);
  auto reply = third.ask(get("/"));
  BOOST_TEST(reply.status == 429);
  BOOST_TEST(reply.field("Retry-After") == "1");
  BOOST_TEST(under.host.statistics().rejected_in_flight == 1);
  for (auto& each : held) each.respond({});
  BOOST_TEST(first.read_reply().status == 200);
  third.send(get("/"));
  asked.wait(3).at(2).respond({});
  BOOST_TEST(third.read_reply().status == 200);
}

BOOST_AUTO_TEST_CASE(connections_beyond_the_limit_are_told_so) {
  server_limits limits;
  limits.max_connections = 2;
  running under{limits};
  {
    raw_client first{under.door.port()}, second{under.door.port()};
    first.ask(get("/"));
    second.ask(get("/"));
    raw_client third{under.door.port()};
    third.send(get("/"));
    BOOST_TEST(third.read_reply().status == 503);
    BOOST_TEST(third.at_end());
    BOOST_TEST(first.ask(get("/")).status == 200);
  }
  BOOST_TEST(eventually([&] { return under.host.statistics().connections_open == 0; }));
  BOOST_TEST(raw_client{under.door.port()}.ask(get("/")).status == 200);
  BOOST_TEST(under.host.statistics().rejected_connections == 1);
}

BOOST_AUTO_TEST_CASE(running_out_of_file_descriptors_neither_spins_nor_ends_the_server) {
  running under;
  raw_client before{under.door.port()};
  before.ask(get("/"));
  rlimit original{};
  getrlimit(RLIMIT_NOFILE, &original);
  // The client's end takes the last descriptor, so that the server finds none for its own.
  raw_client waiting_from_the_start{under.door.port()};
  waiting_from_the_start.ask(get("/"));
  std::vector<int> filler;
  auto tight = original;
  tight.rlim_cur = 256;
  setrlimit(RLIMIT_NOFILE, &tight);
  for (int taken; (taken = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) filler.push_back(taken);
  ::close(filler.back());
  filler.pop_back();
  raw_client late{under.door.port()};
  BOOST_TEST(late.connected());
  late.send(get("/late"));
  rusage start{}, end{};
  getrusage(RUSAGE_SELF, &start);
  std::this_thread::sleep_for(200ms);
  getrusage(RUSAGE_SELF, &end);
  auto spent = (end.ru_utime.tv_sec - start.ru_utime.tv_sec) * 1'000'000 + end.ru_utime.tv_usec -
               start.ru_utime.tv_usec + (end.ru_stime.tv_sec - start.ru_stime.tv_sec) * 1'000'000 +
               end.ru_stime.tv_usec - start.ru_stime.tv_usec;
  BOOST_TEST(spent < 100'000);
  BOOST_TEST(before.ask(get("/still")).status == 200);
  for (auto each : filler) ::close(each);
  setrlimit(RLIMIT_NOFILE, &original);
  BOOST_TEST(late.read_reply().body == "GET /late ");
}

BOOST_AUTO_TEST_SUITE_END()
