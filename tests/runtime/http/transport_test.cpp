#include "runtime/http/curl_transport.hpp"
#include "runtime/http/in_process_transport.hpp"
#include "runtime/http/outbound.hpp"
#include "runtime/http/service_handler.hpp"
#include "tests/runtime/http/raw_client.hpp"

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>

using namespace nexus;
using namespace nexus::http;
using namespace nexus::http::test;
using namespace std::chrono_literals;

namespace {

/// A service that does as its path says, and tells what it saw.
auto obedient(request const& seen) -> service_reply {
  auto parts = parse_target(seen.target).value();
  auto number = [&](std::string_view name) { return std::stoul(std::string{parts.parameter(name).value_or("0")}); };
  service_reply reply;
  reply.answer.status = parts.parameter("status") ? static_cast<int>(number("status")) : 200;
  reply.answer.fields.add("X-Seen-Host", std::string{seen.fields.find("Host").value_or("none")});
  reply.answer.fields.add("X-Seen-Accept", std::string{seen.fields.find("Accept").value_or("none")});
  reply.answer.fields.add("X-Seen-Type", std::string{seen.fields.find("Content-Type").value_or("none")});
  reply.answer.body =
      parts.parameter("size") ? std::string(number("size"), 'x') : seen.method + " " + seen.target + " " + seen.body;
  reply.delay = std::chrono::milliseconds{number("delay")};
  if (parts.parameter("cut")) reply.cut_off_after = number("cut");
  if (parts.path == "/throws") throw std::runtime_error{"a defect"};
  return reply;
}

struct over_curl {
  server host{options()};
  listener door = host.listen("127.0.0.1", 0, serve(obedient)).value();
  std::string base = fmt::format("http://127.0.0.1:{}", door.port());
  std::unique_ptr<transport> carrier;
  explicit over_curl(std::size_t max_body = 16 * 1024 * 1024) {
    curl_options chosen;
    chosen.user_agent = "nexus/test";
    chosen.max_response_body = max_body;
    carrier = std::make_unique<curl_transport>(chosen);
  }
};

struct in_process {
  std::string base = "http://127.0.0.1:4711";
  std::unique_ptr<transport> carrier;
  explicit in_process(std::size_t max_body = 16 * 1024 * 1024) {
    carrier = std::make_unique<in_process_transport>(obedient, in_process_options{max_body, 1088});
  }
};

using both = boost::mpl::list<over_curl, in_process>;

/// Sends and waits.
template <class Over>
auto ask(Over& over, request outbound, std::chrono::milliseconds timeout = 5s) -> expected<response> {
  outbound.target = over.base + outbound.target;
  auto answered = std::make_shared<awaited<expected<response>>>();
  over.carrier->send(std::move(outbound), timeout,
                     [answered](expected<response> result) { answered->set(std::move(result)); });
  auto results = answered->wait();
  if (results.size() != 1) return fail(errc::internal, "{} answers", results.size());
  return results[0];
}

} // namespace

BOOST_AUTO_TEST_SUITE(http_transport)

BOOST_AUTO_TEST_CASE_TEMPLATE(an_answer_comes_back_as_it_was_given, Over, both) {
  Over over;
  auto got = ask(over, {"GET", "/a%20b?c=d&e=f+g", {}, {}}).value();
  BOOST_TEST(got.status == 200);
  BOOST_TEST(got.body == "GET /a%20b?c=d&e=f+g ");
  BOOST_TEST("http://" + std::string{*got.fields.find("x-seen-host")} == over.base);
  BOOST_TEST(*got.fields.find("X-Seen-Accept") == "*/*");
  BOOST_TEST(*got.fields.find("X-Seen-Type") == "none");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(methods_bodies_and_fields_are_carried, Over, both) {
  Over over;
  for (auto method : {"POST", "PUT", "PATCH", "DELETE"}) {
    auto got =
        ask(over,
            {method, "/x", {{"Content-Type", "application/json"}, {"Accept", "text/plain"}}, std::string{"{\0}", 3}})
            .value();
    BOOST_TEST(got.body == std::string{method} + " /x " + std::string("{\0}", 3));
    BOOST_TEST(*got.fields.find("X-Seen-Type") == "application/json");
    BOOST_TEST(*got.fields.find("X-Seen-Accept") == "text/plain");
  }
  BOOST_TEST(ask(over, {"POST", "/empty", {}, {}}).value().body == "POST /empty ");
  auto head = ask(over, {"HEAD", "/x", {}, {}}).value();
  BOOST_TEST(head.status == 200);
  BOOST_TEST(head.body == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(every_status_is_a_success, Over, both) {
  Over over;
  for (auto status : {201, 204, 301, 404, 429, 500, 503})
    BOOST_TEST(ask(over, {"GET", fmt::format("/?status={}", status), {}, {}}).value().status == status);
  BOOST_TEST(ask(over, {"GET", "/throws", {}, {}}).value().status == 500);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_late_answer_comes_late_and_delays_no_other, Over, both) {
  Over over;
  awaited<std::string> order;
  auto send = [&](std::string target) {
    over.carrier->send({"GET", over.base + target, {}, {}}, 5s,
                       [&, target](expected<response> result) { order.set(result ? target : "failed"); });
  };
  send("/late?delay=150");
  send("/prompt");
  BOOST_TEST(order.wait(2) == (std::vector<std::string>{"/prompt", "/late?delay=150"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_answer_later_than_its_timeout_is_deadline_exceeded, Over, both) {
  Over over;
  auto got = ask(over, {"GET", "/slow?delay=60000&token=secret", {}, {}}, 50ms);
  BOOST_REQUIRE(!got);
  BOOST_TEST((got.error().code == errc::deadline_exceeded));
  BOOST_TEST(got.error().render() == "GET " + over.base + "/slow: no answer within 50 ms");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_connection_that_breaks_off_is_an_upstream_error, Over, both) {
  Over over;
  for (auto cut : {0, 10, 99}) {
    auto got = ask(over, {"GET", fmt::format("/x?size=100&cut={}&token=secret", cut), {}, {}});
    BOOST_REQUIRE(!got);
    BOOST_TEST((got.error().code == errc::upstream), cut);
    BOOST_TEST(got.error().where == "GET " + over.base + "/x");
    BOOST_TEST(got.error().render().find("secret") == std::string::npos);
  }
  BOOST_TEST(ask(over, {"GET", "/x?size=100&cut=100", {}, {}}).value().body.size() == 100);
  BOOST_TEST(ask(over, {"GET", "/x", {}, {}}).value().status == 200);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_large_body_arrives_whole_and_one_too_large_is_refused, Over, both) {
  Over over{1'000'000};
  BOOST_TEST(ask(over, {"GET", "/?size=1000000", {}, {}}).value().body.size() == 1'000'000);
  auto got = ask(over, {"GET", "/?size=1000001", {}, {}});
  BOOST_REQUIRE(!got);
  BOOST_TEST((got.error().code == errc::too_large));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_request_that_cannot_be_sent_is_refused_at_once, Over, both) {
  Over over;
  auto refused = [&](request outbound) {
    std::optional<errc> code;
    over.carrier->send(std::move(outbound), 1s, [&](expected<response> result) {
      if (!result) code = result.error().code;
    });
    return code == errc::invalid_argument;
  };
  BOOST_TEST(refused({"GET", "/relative", {}, {}}));
  BOOST_TEST(refused({"GET", "ftp://127.0.0.1/x", {}, {}}));
  BOOST_TEST(refused({"GET", "file:///etc/passwd", {}, {}}));
  BOOST_TEST(refused({"GET", "http://", {}, {}}));
  BOOST_TEST(refused({"GET", over.base + "/a b", {}, {}}));
  BOOST_TEST(refused({"GET", over.base + "/\r\nX: y", {}, {}}));
  BOOST_TEST(refused({"GET\r\n", over.base + "/", {}, {}}));
  BOOST_TEST(refused({"GET", over.base + "/", {{"X", "a\r\nY: b"}}, {}}));
  BOOST_TEST(refused({"GET", over.base + "/", {{"X Y", "a"}}, {}}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_under_way_when_the_transport_goes_is_cancelled, Over, both) {
  Over over;
  awaited<errc> codes;
  for (auto i = 0; i < 100; ++i)
    over.carrier->send({"GET", over.base + "/?delay=60000", {}, {}}, 60s,
                       [&](expected<response> result) { codes.set(result ? errc::internal : result.error().code); });
  over.carrier.reset();
  auto got = codes.wait(100);
  BOOST_TEST(std::count(got.begin(), got.end(), errc::cancelled) == 100);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(many_requests_at_once_are_all_answered_and_those_beyond_the_queue_overloaded, Over,
                              both) {
  Over over;
  constexpr std::size_t sent = 2000;
  awaited<int> outcomes;
  for (std::size_t i = 0; i < sent; ++i)
    over.carrier->send({"GET", over.base + "/?delay=20", {}, {}}, 60s, [&](expected<response> result) {
      outcomes.set(result ? result->status : result.error().code == errc::overloaded ? -1 : -2);
    });
  auto got = outcomes.wait(sent);
  BOOST_TEST(got.size() == sent);
  BOOST_TEST(std::count(got.begin(), got.end(), 200) >= 1088);
  BOOST_TEST(std::count(got.begin(), got.end(), -2) == 0);
}

BOOST_AUTO_TEST_CASE(a_refused_connection_is_an_upstream_error_that_shows_no_credentials) {
  over_curl over;
  // A port that was just given back.
  auto port = over.host.listen("127.0.0.1", 0, echo).value().port();
  over.base = fmt::format("http://user:secret@127.0.0.1:{}", port);
  auto got = ask(over, {"GET", "/x?token=secret", {}, {}});
  BOOST_REQUIRE(!got);
  BOOST_TEST((got.error().code == errc::upstream));
  BOOST_TEST(got.error().where == fmt::format("GET http://127.0.0.1:{}/x", port));
  BOOST_TEST(got.error().render().find("secret") == std::string::npos);
  BOOST_TEST(got.error().remedy == nothing_was_changed);
}

BOOST_AUTO_TEST_CASE(what_never_left_is_told_from_what_may_have_been_carried_out) {
  over_curl over;
  BOOST_TEST(ask(over, {"POST", "/?cut=0", {}, {}}).error().remedy == "");
  BOOST_TEST(ask(over, {"POST", "/?delay=2000", {}, {}}, 50ms).error().remedy == "");
  auto const plain = over.base.substr(over.base.find(':'));
  over.base = "https" + plain; // the other side speaks no TLS
  BOOST_TEST(ask(over, {"POST", "/", {}, {}}).error().remedy == nothing_was_changed);
  over.base = "http://no-such-host.invalid";
  BOOST_TEST(ask(over, {"POST", "/", {}, {}}).error().remedy == nothing_was_changed);
}

BOOST_AUTO_TEST_CASE(requests_that_wait_for_their_turn_time_out_too) {
  server host{options()};
  auto door = host.listen("127.0.0.1", 0, serve(obedient)).value();
  curl_options narrow;
  narrow.max_transfers = 1;
  curl_transport carrier{narrow};
  auto base = fmt::format("http://127.0.0.1:{}", door.port());
  awaited<std::string> order;
  carrier.send({"GET", base + "/?delay=200", {}, {}}, 5s, [&](auto const&) { order.set("first"); });
  carrier.send({"GET", base + "/", {}, {}}, 30ms, [&](auto const& result) {
    order.set(!result && result.error().code == errc::deadline_exceeded ? "timed out" : "answered");
  });
  BOOST_TEST(order.wait(2) == (std::vector<std::string>{"timed out", "first"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(connections_are_kept_and_say_who_we_are) {
  server host{options()};
  awaited<incoming> seen;
  auto door = host.listen("127.0.0.1", 0,
                          [&](incoming in, responder back) {
                            seen.set(in);
                            echo(std::move(in), std::move(back));
                          })
                  .value();
  over_curl over;
  over.base = fmt::format("http://127.0.0.1:{}", door.port());
  ask(over, {"POST", "/", {}, "x"});
  for (auto i = 0; i < 10; ++i) ask(over, {"GET", "/", {}, {}});
  BOOST_TEST(host.statistics().connections_accepted == 1);
  auto first = seen.wait().at(0);
  BOOST_TEST(*first.message.fields.find("User-Agent") == "nexus/test");
  BOOST_TEST(*first.message.fields.find("Accept-Encoding") == "gzip");
  BOOST_TEST(!first.message.fields.find("Expect"));
}

BOOST_AUTO_TEST_CASE(what_may_change_something_is_sent_once_although_its_connection_breaks_without_a_word) {
  auto over = over_curl{};
  for (auto const* method : {"POST", "PUT", "DELETE", "PATCH"}) {
    // A connection that is kept, and then closed before the answer begins.
    BOOST_TEST(ask(over, {"GET", "/", {}, {}}).has_value());
    auto const before = over.host.statistics().requests;
    auto const broken = ask(over, {method, "/?cut=0&size=0", {}, "x"});
    BOOST_TEST_REQUIRE(!broken.has_value());
    BOOST_TEST((broken.error().code == errc::upstream));
    BOOST_TEST(over.host.statistics().requests == before + 1, method);
  }
}

BOOST_AUTO_TEST_CASE(redirects_are_answers_and_compressed_bodies_are_decoded) {
  server host{options()};
  // gzip of "hello"
  std::string const packed{
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00", 25};
  auto door = host.listen("127.0.0.1", 0,
                          [&](incoming in, responder back) {
                            if (in.message.target == "/packed")
                              return back.respond({200, {{"Content-Encoding", "gzip"}}, packed});
                            return back.respond({302, {{"Location", "/elsewhere"}}, {}});
                          })
                  .value();
  over_curl over;
  over.base = fmt::format("http://127.0.0.1:{}", door.port());
  BOOST_TEST(ask(over, {"GET", "/", {}, {}}).value().status == 302);
  auto unpacked = ask(over, {"GET", "/packed", {}, {}}).value();
  BOOST_TEST(unpacked.body == "hello");
  BOOST_TEST(!unpacked.fields.find("Content-Encoding"));
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_not_http_is_an_upstream_error) {
  server host{options()};
  over_curl over;
  // A plain socket that talks nonsense.
  auto listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  BOOST_REQUIRE(::bind(listening, reinterpret_cast<sockaddr*>(&address), length) == 0);
  BOOST_REQUIRE(::listen(listening, 1) == 0);
  ::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &length);
  over.base = fmt::format("http://127.0.0.1:{}", ntohs(address.sin_port));
  std::thread babbling{[&] {
    auto client = ::accept(listening, nullptr, nullptr);
    char bytes[4096];
    if (client >= 0 && ::recv(client, bytes, sizeof bytes, 0) > 0)
      (void)::send(client, "garbage\r\n\r\n", 11, MSG_NOSIGNAL);
    ::close(client);
  }};
  auto got = ask(over, {"GET", "/", {}, {}});
  babbling.join();
  ::close(listening);
  BOOST_REQUIRE(!got);
  BOOST_TEST((got.error().code == errc::upstream));
}

BOOST_AUTO_TEST_SUITE_END()
