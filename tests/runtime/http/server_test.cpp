#include "tests/runtime/http/raw_client.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

using namespace nexus;
using namespace nexus::http;
using namespace nexus::http::test;
using namespace std::chrono_literals;

namespace {

struct running {
  server host;
  listener door;
  explicit running(handler handle = echo, server_limits limits = {})
      : host(options(limits)), door(host.listen("127.0.0.1", 0, std::move(handle)).value()) {}
};

} // namespace

BOOST_AUTO_TEST_SUITE(http_server)

BOOST_AUTO_TEST_CASE(a_response_carries_the_fields_that_every_response_has) {
  running under;
  raw_client client{under.door.port()};
  auto reply = client.ask(get("/a?b=c"));
  BOOST_TEST(reply.status == 200);
  BOOST_TEST(reply.body == "GET /a?b=c ");
  BOOST_TEST(reply.head ==
             "HTTP/1.1 200 OK\r\nServer: nexus\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nX-Request-ID: made-1\r\n"
             "Content-Length: 11\r\nContent-Type: text/plain\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(a_handler_learns_who_asks) {
  awaited<incoming> seen;
  running under{[&](incoming in, responder back) {
    seen.set(std::move(in));
    back.respond({});
  }};
  raw_client client{under.door.port()};
  client.ask("PATCH /x%20y HTTP/1.1\r\nhost: test\r\nX-Thing: a\r\nx-thing:   b  \r\nContent-Length: 2\r\n\r\nhi");
  auto in = seen.wait().at(0);
  BOOST_TEST(in.message.method == "PATCH");
  BOOST_TEST(in.message.target == "/x%20y");
  BOOST_TEST(in.message.body == "hi");
  BOOST_TEST(in.message.fields.size() == 4);
  BOOST_TEST(*in.message.fields.find("X-THING") == "a");
  BOOST_TEST(in.remote_address == "127.0.0.1");
  BOOST_TEST(in.remote_is_loopback);
  BOOST_TEST(in.local_port == under.door.port());
}

BOOST_AUTO_TEST_CASE(a_connection_serves_request_after_request) {
  running under;
  raw_client client{under.door.port()};
  for (auto i = 0; i < 100; ++i)
    BOOST_TEST(client.ask(post("/", std::to_string(i))).body == "POST / " + std::to_string(i));
  BOOST_TEST(under.host.statistics().connections_accepted == 1);
  BOOST_TEST(under.host.statistics().requests == 100);
}

BOOST_AUTO_TEST_CASE(pipelined_requests_are_answered_in_order_even_when_the_first_answer_is_late) {
  awaited<responder> held;
  running under{[&](incoming in, responder back) {
    if (in.message.target == "/slow") return held.set(back);
    echo(std::move(in), std::move(back));
  }};
  raw_client client{under.door.port()};
  client.send(get("/1") + get("/slow") + post("/2", "two") + get("/3"));
  BOOST_TEST(client.read_reply().body == "GET /1 ");
  held.wait().at(0).respond({200, {}, "late"});
  BOOST_TEST(client.read_reply().body == "late");
  BOOST_TEST(client.read_reply().body == "POST /2 two");
  BOOST_TEST(client.read_reply().body == "GET /3 ");
}

BOOST_AUTO_TEST_CASE(thousands_of_pipelined_requests_need_no_stack) {
  running under;
  raw_client client{under.door.port()};
  std::string many;
  for (auto i = 0; i < 5000; ++i) many += get("/");
  std::thread sender{[&] { client.send(many); }};
  auto answered = 0;
  while (answered < 5000 && client.read_reply().status == 200) ++answered;
  sender.join();
  BOOST_TEST(answered == 5000);
}

BOOST_AUTO_TEST_CASE(a_request_that_comes_byte_by_byte_is_read) {
  running under;
  raw_client client{under.door.port()};
  for (auto byte : post("/slow", "body")) BOOST_REQUIRE(client.send({&byte, 1}));
  BOOST_TEST(client.read_reply().body == "POST /slow body");
}

BOOST_AUTO_TEST_CASE(a_chunked_body_is_put_together_and_its_trailers_are_not_taken_for_fields) {
  awaited<incoming> seen;
  running under{[&](incoming in, responder back) {
    seen.set(in);
    echo(std::move(in), std::move(back));
  }};
  raw_client client{under.door.port()};
  auto reply = client.ask("POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
                          "4;note=x\r\nWiki\r\n5\r\npedia\r\n0\r\nAuthorization: forged\r\n\r\n");
  BOOST_TEST(reply.body == "POST / Wikipedia");
  BOOST_TEST(!seen.wait().at(0).message.fields.find("Authorization"));
  BOOST_TEST(client.ask(get("/next")).body == "GET /next ");
}

BOOST_AUTO_TEST_CASE(a_client_that_asks_is_told_to_continue) {
  running under;
  raw_client client{under.door.port()};
  client.send("POST / HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  BOOST_TEST(client.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  BOOST_TEST(client.ask("body").body == "POST / body");
}

BOOST_AUTO_TEST_CASE(head_gets_the_length_without_the_body) {
  running under;
  raw_client client{under.door.port()};
  client.send("HEAD /thing HTTP/1.1\r\nHost: test\r\n\r\n");
  auto reply = client.read_reply(false);
  BOOST_TEST(reply.status == 200);
  BOOST_TEST(reply.field("Content-Length") == "12");
  BOOST_TEST(client.ask(get("/next")).body == "GET /next ");
}

BOOST_AUTO_TEST_CASE(no_content_has_neither_body_nor_length) {
  running under{[](incoming, responder back) { back.respond({204, {}, "ignored"}); }};
  raw_client client{under.door.port()};
  auto reply = client.ask(get("/"));
  BOOST_TEST(reply.status == 204);
  BOOST_TEST(reply.field("Content-Length") == "");
  BOOST_TEST(client.ask(get("/")).status == 204);
}

BOOST_AUTO_TEST_CASE(a_usable_request_id_is_kept_and_any_other_is_replaced) {
  running under;
  raw_client client{under.door.port()};
  auto id_for = [&](std::string const& sent) {
    return client.ask(get("/", "X-Request-ID: " + sent + "\r\n")).field("X-Request-ID");
  };
  BOOST_TEST(id_for("abc-123~!") == "abc-123~!");
  BOOST_TEST(id_for(std::string(128, 'x')) == std::string(128, 'x'));
  BOOST_TEST(id_for(std::string(129, 'x')) == "made-1");
  BOOST_TEST(id_for("two words") == "made-2");
  BOOST_TEST(id_for("caf\xc3\xa9") == "made-3");
  BOOST_TEST(id_for("") == "made-4");
}

BOOST_AUTO_TEST_CASE(the_client_decides_whether_the_connection_stays_open) {
  running under;
  raw_client closing{under.door.port()};
  BOOST_TEST(closing.ask(get("/", "Connection: close\r\n")).field("Connection") == "close");
  BOOST_TEST(closing.at_end());
  raw_client old{under.door.port()};
  BOOST_TEST(old.ask("GET / HTTP/1.0\r\n\r\n").field("Connection") == "close");
  BOOST_TEST(old.at_end());
  raw_client old_but_staying{under.door.port()};
  BOOST_TEST(old_but_staying.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").field("Connection") ==
             "keep-alive");
  BOOST_TEST(old_but_staying.ask("GET /2 HTTP/1.0\r\n\r\n").body == "GET /2 ");
}

BOOST_AUTO_TEST_CASE(a_handler_can_close_the_connection_but_not_forge_fields) {
  running under{[](incoming, responder back) {
    back.respond(
        {200, {{"Connection", "close"}, {"Content-Length", "999"}, {"Location", "/a\r\nSet-Cookie: forged"}}, "x"});
  }};
  raw_client client{under.door.port()};
  auto reply = client.ask(get("/"));
  BOOST_TEST(reply.field("Content-Length") == "1");
  BOOST_TEST(reply.field("Set-Cookie") == "");
  BOOST_TEST(reply.field("Location") == "/a  Set-Cookie: forged");
  BOOST_TEST(client.at_end());
}

BOOST_AUTO_TEST_CASE(an_answer_may_come_from_another_thread) {
  awaited<responder> asked;
  running under{[&](incoming, responder back) { asked.set(back); }};
  raw_client client{under.door.port()};
  client.send(get("/"));
  auto back = asked.wait().at(0);
  std::thread{[&] { back.respond({200, {}, "from afar"}); }}.join();
  BOOST_TEST(client.read_reply().body == "from afar");
}

BOOST_AUTO_TEST_CASE(only_the_first_answer_counts_whoever_races_to_give_it) {
  awaited<responder> asked;
  running under{[&](incoming, responder back) { asked.set(back); }};
  raw_client client{under.door.port()};
  for (std::size_t round = 1; round <= 50; ++round) {
    client.send(get("/"));
    auto back = asked.wait(round).at(round - 1);
    std::atomic<int> accepted{0};
    std::vector<std::thread> racers;
    for (auto i = 0; i < 4; ++i) racers.emplace_back([&, back] { accepted += back.respond({200, {}, "one"}) ? 1 : 0; });
    for (auto& each : racers) each.join();
    BOOST_TEST(accepted == 1);
    BOOST_TEST(client.read_reply().body == "one");
  }
  BOOST_TEST(under.host.statistics().in_flight == 0);
}

BOOST_AUTO_TEST_CASE(a_responder_that_is_dropped_means_503) {
  awaited<responder> asked;
  running under{[&](incoming in, responder back) {
    if (in.message.target == "/kept") asked.set(std::move(back));
  }};
  raw_client client{under.door.port()};
  auto reply = client.ask(get("/", "X-Request-ID: mine\r\n"));
  BOOST_TEST(reply.status == 503);
  BOOST_TEST(reply.field("Content-Type") == "application/problem+json");
  BOOST_TEST(nlohmann::json::parse(reply.body).at("instance") == "mine");
  BOOST_TEST(under.host.statistics().dropped == 1);
  BOOST_TEST(client.ask(get("/")).status == 503);
}

BOOST_AUTO_TEST_CASE(a_handler_that_throws_means_500_without_its_secrets) {
  running under{[](incoming, responder) { throw std::runtime_error{"password=hunter2"}; }};
  raw_client client{under.door.port()};
  auto reply = client.ask(get("/"));
  BOOST_TEST(reply.status == 500);
  BOOST_TEST(reply.body.find("hunter2") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_large_answer_reaches_a_reader_that_takes_its_time) {
  std::string large(8 * 1024 * 1024, 'x');
  running under{[&](incoming, responder back) { back.respond({200, {}, large}); }};
  raw_client client{under.door.port(), 4096};
  client.send(get("/"));
  BOOST_TEST(client.read_reply().body.size() == large.size());
  BOOST_TEST(client.ask(get("/")).body.size() == large.size());
}

BOOST_AUTO_TEST_CASE(a_responder_may_outlive_its_server) {
  awaited<responder> asked;
  {
    running under{[&](incoming, responder back) { asked.set(back); }};
    raw_client client{under.door.port()};
    client.send(get("/"));
    asked.wait();
  }
  BOOST_TEST(asked.wait().at(0).respond({}));
  BOOST_TEST(!asked.wait().at(0).respond({}));
}

BOOST_AUTO_TEST_CASE(listening_on_a_port_in_use_says_so) {
  running under;
  auto second = under.host.listen("127.0.0.1", under.door.port(), echo);
  BOOST_REQUIRE(!second);
  BOOST_TEST((second.error().code == errc::conflict));
  BOOST_TEST(second.error().render() ==
             fmt::format("cannot listen on 127.0.0.1:{}: the port is in use (stop the process that listens "
                         "there, or choose another port)",
                         under.door.port()));
}

BOOST_AUTO_TEST_CASE(listening_on_what_is_no_address_says_so) {
  running under;
  BOOST_TEST((under.host.listen("not an address", 0, echo).error().code == errc::invalid_argument));
  BOOST_TEST((under.host.listen("192.0.2.1", 0, echo).error().code == errc::invalid_argument));
  under.host.stop(0ms);
  BOOST_TEST((under.host.listen("127.0.0.1", 0, echo).error().code == errc::unavailable));
}

BOOST_AUTO_TEST_CASE(a_closed_listener_calls_its_handler_no_more) {
  std::optional<running> under{std::in_place};
  raw_client idle{under->door.port()};
  idle.ask(get("/"));
  raw_client half{under->door.port()};
  half.send("GET / HTTP/1.1\r\n");
  // Whatever comes before has been read once another connection was answered.
  raw_client{under->door.port()}.ask(get("/"));
  auto port = under->door.port();
  under->door.close();
  BOOST_TEST(idle.at_end());
  BOOST_TEST(half.ask("Host: test\r\n\r\n").status == 503);
  BOOST_TEST(!raw_client{port}.connected());
  // Another listener of the same server goes on.
  auto other = under->host.listen("::1", 0, echo);
  BOOST_TEST(other.has_value());
}

BOOST_AUTO_TEST_CASE(stopping_waits_for_what_is_in_flight) {
  awaited<responder> asked;
  running under{[&](incoming, responder back) { asked.set(back); }};
  raw_client client{under.door.port()};
  client.send(get("/"));
  auto back = asked.wait().at(0);
  std::thread stopping{[&] { under.host.stop(5s); }};
  // Stopping closes the listener first.
  BOOST_TEST(eventually([&] { return !raw_client{under.door.port()}.connected(); }));
  back.respond({200, {}, "just in time"});
  auto reply = client.read_reply();
  BOOST_TEST(reply.body == "just in time");
  BOOST_TEST(reply.field("Connection") == "close");
  client.end_of_requests();
  stopping.join();
  BOOST_TEST(under.host.statistics().connections_open == 0);
}

BOOST_AUTO_TEST_CASE(stopping_waits_no_longer_than_it_is_told) {
  awaited<responder> asked;
  running under{[&](incoming, responder back) { asked.set(back); }};
  raw_client client{under.door.port()};
  client.send(get("/"));
  asked.wait();
  under.host.stop(20ms);
  BOOST_TEST(client.at_end());
}

BOOST_AUTO_TEST_SUITE_END()
