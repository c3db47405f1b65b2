#pragma once

#include "runtime/cluster/link/links.hpp"
#include "tests/runtime/cluster/link/certificate_files.hpp"

#include <condition_variable>
#include <future>

namespace nexus::cluster::testing {

inline constexpr auto patience = 20s;

struct node_config : caf::actor_system_config {
  node_config() {
    configure_links(*this);
    set("scheduler.max-threads", 2u);
    set("scheduler.policy", caf::atom("sharing"));
  }
};

/// What happened to the links of a node, for another thread to wait for.
class event_log {
public:
  auto writer() -> links::observer {
    return [this](link_event const& event) {
      auto const lock = std::scoped_lock{mutex_};
      events_.push_back(event);
      changed_.notify_all();
    };
  }
  /// The first event of a kind, or the first with a reason that has this in it.
  auto wait(link_event::kind kind, std::string_view reason = {}) -> link_event {
    auto lock = std::unique_lock{mutex_};
    auto found = events_.end();
    BOOST_TEST_REQUIRE(changed_.wait_for(lock, patience,
                                         [&] {
                                           found = std::ranges::find_if(events_, [&](auto const& event) {
                                             return event.what == kind &&
                                                    event.reason.find(reason) != std::string::npos;
                                           });
                                           return found != events_.end();
                                         }),
                       "no such event came: " << reason);
    return *found;
  }
  auto all() -> std::vector<link_event> {
    auto const lock = std::scoped_lock{mutex_};
    return events_;
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<link_event> events_;
};

inline auto echo() -> caf::behavior {
  return {[](std::string& text) { return std::move(text); }};
}

/// An actor system with links and an actor that gives back the strings that it gets.
struct node {
  explicit node(std::shared_ptr<identity> own = nullptr, link_limits limits = {})
      : net{system, std::move(own), limits, events.writer()}, actor{system.spawn(echo)} {}
  ~node() { caf::anon_send_exit(actor, caf::exit_reason::user_shutdown); }
  node(node const&) = delete;
  auto operator=(node const&) -> node& = delete;

  auto listen(std::string const& address = "127.0.0.1") -> std::uint16_t {
    auto const port = net.listen(address, 0, actor);
    BOOST_TEST_REQUIRE(port.has_value(), (port ? "" : port.error().render()));
    return *port;
  }
  auto start_dial(std::uint16_t port, std::string expected_name = {}, std::chrono::milliseconds deadline = 10s,
                  std::string host = "127.0.0.1") -> std::future<expected<dialed_node>> {
    auto promise = std::make_shared<std::promise<expected<dialed_node>>>();
    net.dial({std::move(host), port, std::move(expected_name)}, deadline,
             [promise](expected<dialed_node> outcome) { promise->set_value(std::move(outcome)); });
    return promise->get_future();
  }
  auto dial(std::uint16_t port, std::string expected_name = {}, std::chrono::milliseconds deadline = 10s)
      -> expected<dialed_node> {
    auto outcome = start_dial(port, std::move(expected_name), deadline);
    BOOST_TEST_REQUIRE((outcome.wait_for(patience) == std::future_status::ready));
    return outcome.get();
  }
  auto must_dial(std::uint16_t port, std::string expected_name = {}) -> dialed_node {
    auto outcome = dial(port, std::move(expected_name));
    BOOST_TEST_REQUIRE(outcome.has_value(), (outcome ? "" : outcome.error().render()));
    return std::move(*outcome);
  }
  /// What the other node's actor gives back; empty when it does not.
  auto ask(dialed_node const& other, std::string const& text, std::chrono::milliseconds deadline = patience)
      -> std::string {
    auto self = caf::scoped_actor{system};
    auto answer = std::string{};
    self->request(caf::actor_cast<caf::actor>(other.actor), deadline, text)
        .receive([&](std::string& back) { answer = std::move(back); }, [](caf::error const&) {});
    return answer;
  }

  event_log events;
  node_config config;
  caf::actor_system system{config};
  links net;
  caf::actor actor;
};

} // namespace nexus::cluster::testing
