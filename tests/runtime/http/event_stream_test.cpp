#include "tests/runtime/http/raw_client.hpp"

#include <boost/test/unit_test.hpp>

using namespace nexus;
using namespace nexus::http;
using namespace nexus::http::test;
using namespace std::chrono_literals;

namespace {

/// A server whose every answer is an event stream, handed to the test.
struct streaming {
  awaited<event_stream> streams;
  server host;
  listener door;
  explicit streaming(server_limits limits = {})
      : host(options(limits)),
        door(host.listen("127.0.0.1", 0,
                         [this](incoming, responder back) { streams.set(back.stream({{"X-Run", "7"}})); })
                 .value()) {}
  // The handles must be gone before the test ends, for the last one ends its stream.
  auto opened(std::size_t count = 1) -> event_stream { return streams.wait(count).at(count - 1); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(http_event_stream)

BOOST_AUTO_TEST_CASE(events_arrive_in_order_in_the_form_that_browsers_read) {
  streaming under;
  raw_client client{under.door.port()};
  client.send(get("/events"));
  auto stream = under.opened();
  BOOST_TEST(stream.send("step", "1", "{\"a\":1}"));
  BOOST_TEST(stream.send("", "", "two\nlines\r\nand a third"));
  BOOST_TEST(stream.send("evil\ndata: forged", "2\r\n", ""));
  stream.close();
  BOOST_TEST(!stream.send("late", "", ""));
  auto head = client.read_until("\r\n\r\n");
  BOOST_TEST(head.starts_with("HTTP/1.1 200 OK\r\n"));
  BOOST_TEST(head.find("\r\nContent-Type: text/event-stream\r\n") != std::string::npos);
  BOOST_TEST(head.find("\r\nCache-Control: no-cache\r\n") != std::string::npos);
  BOOST_TEST(head.find("\r\nX-Run: 7\r\n") != std::string::npos);
  BOOST_TEST(head.find("Content-Length") == std::string::npos);
  BOOST_TEST(client.read_all() == "event: step\nid: 1\ndata: {\"a\":1}\n\n"
                                  "data: two\ndata: lines\ndata: and a third\n\n"
                                  "event: evildata: forged\nid: 2\ndata: \n\n");
}

BOOST_AUTO_TEST_CASE(many_threads_may_send) {
  streaming under;
  raw_client client{under.door.port()};
  client.send(get("/events"));
  auto stream = under.opened();
  std::vector<std::thread> senders;
  for (auto i = 0; i < 4; ++i)
    senders.emplace_back([stream] {
      for (auto j = 0; j < 250; ++j) stream.send("e", "", "x");
    });
  for (auto& each : senders) each.join();
  stream.close();
  client.read_until("\r\n\r\n");
  auto events = client.read_all();
  BOOST_TEST(events.size() == 1000 * std::string_view{"event: e\ndata: x\n\n"}.size());
}

BOOST_AUTO_TEST_CASE(a_reader_that_falls_behind_is_closed_and_counted) {
  server_limits limits;
  limits.stream_buffer = 64 * 1024;
  streaming under{limits};
  raw_client client{under.door.port(), 4096};
  client.send(get("/events"));
  auto stream = under.opened();
  awaited<bool> closed;
  stream.on_closed([&] { closed.set(true); });
  std::string const data(8 * 1024, 'x');
  auto sent = 0;
  while (stream.send("e", "", data) && sent < 100'000) ++sent;
  BOOST_TEST(sent < 100'000);
  BOOST_TEST(closed.wait().size() == 1);
  BOOST_TEST(under.host.statistics().slow_streams == 1);
  BOOST_TEST(eventually([&] { return under.host.statistics().streams_open == 0; }));
}

BOOST_AUTO_TEST_CASE(a_client_that_hangs_up_is_noticed) {
  streaming under;
  awaited<bool> closed;
  std::optional<raw_client> client{under.door.port()};
  client->send(get("/events"));
  auto stream = under.opened();
  stream.on_closed([&] { closed.set(true); });
  client.reset();
  BOOST_TEST(closed.wait().size() == 1);
  BOOST_TEST(!stream.send("e", "", ""));
  // Asked afterwards, it is told at once.
  auto told = false;
  stream.on_closed([&] { told = true; });
  BOOST_TEST(told);
}

BOOST_AUTO_TEST_CASE(silence_is_filled_with_comments) {
  server_limits limits;
  limits.stream_heartbeat = 20ms;
  streaming under{limits};
  raw_client client{under.door.port()};
  client.send(get("/events"));
  auto stream = under.opened();
  client.read_until("\r\n\r\n");
  BOOST_TEST(client.read_until(":\n\n") == ":\n\n");
  stream.send("", "", "between");
  BOOST_TEST(client.read_until("between\n\n").ends_with("data: between\n\n"));
  BOOST_TEST(client.read_until(":\n\n") == ":\n\n");
}

BOOST_AUTO_TEST_CASE(a_stream_ends_with_its_last_handle) {
  server host{options()};
  auto door =
      host.listen("127.0.0.1", 0, [](incoming, responder back) { back.stream().send("only", "", "one"); }).value();
  raw_client client{door.port()};
  client.send(get("/events"));
  client.read_until("\r\n\r\n");
  BOOST_TEST(client.read_all() == "event: only\ndata: one\n\n");
}

BOOST_AUTO_TEST_CASE(a_stream_for_a_request_that_was_answered_is_over) {
  server host{options()};
  awaited<bool> sent;
  auto door = host.listen("127.0.0.1", 0,
                          [&](incoming, responder back) {
                            back.respond({200, {}, "first"});
                            sent.set(back.stream().send("e", "", ""));
                          })
                  .value();
  raw_client client{door.port()};
  BOOST_TEST(client.ask(get("/")).body == "first");
  BOOST_TEST(!sent.wait().at(0));
}

BOOST_AUTO_TEST_CASE(stopping_the_server_ends_its_streams_after_their_last_event) {
  streaming under;
  awaited<bool> closed;
  raw_client client{under.door.port()};
  client.send(get("/events"));
  auto stream = under.opened();
  stream.on_closed([&] { closed.set(true); });
  stream.send("last", "", "words");
  std::thread stopping{[&] { under.host.stop(5s); }};
  client.read_until("\r\n\r\n");
  BOOST_TEST(client.read_all() == "event: last\ndata: words\n\n");
  client.end_of_requests();
  stopping.join();
  BOOST_TEST(closed.wait().size() == 1);
  BOOST_TEST(!stream.send("e", "", ""));
}

BOOST_AUTO_TEST_CASE(head_of_an_event_stream_is_the_head_alone) {
  streaming under;
  raw_client client{under.door.port()};
  client.send("HEAD /events HTTP/1.1\r\nHost: a\r\n\r\n");
  BOOST_TEST(client.read_all().ends_with("\r\n\r\n"));
  BOOST_TEST(!under.opened().send("e", "", ""));
}

BOOST_AUTO_TEST_SUITE_END()
