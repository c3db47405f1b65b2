#include "messages/core/type_ids.hpp"
#include "runtime/cluster/membership/gate.hpp"
#include "runtime/supervision/ask.hpp"

#include <boost/test/unit_test.hpp>

#include <future>
#include <thread>

using namespace nexus;
using namespace nexus::cluster;
using namespace std::chrono_literals;

namespace {

/// What the test's actor takes: it gives back its node's name, or answers nothing.
using echo_actor = interface_of<auto(call, challenge_node)->caf::result<cluster_challenge>>;

constexpr auto echo_name = "nexus/echo/agent";

struct config : caf::actor_system_config {
  config() {
    configure_links(*this);
    add_message_types<caf::id_block::nexus_core>();
    set("scheduler.max-threads", 2u);
  }
};

auto eventually(auto condition) -> bool {
  for (auto const until = std::chrono::steady_clock::now() + 10s; std::chrono::steady_clock::now() < until;
       std::this_thread::sleep_for(2ms))
    if (condition()) return true;
  return condition();
}

struct node_choice {
  std::vector<std::string> seeds = {};
  std::string secret = "the secret of all";
  std::string store = "store-1";
  /// Whether it has the actor that answers.
  bool echoes = true;
  std::uint32_t capacity = 100;
};

/// A node with its gate, in this process.
struct test_node {
  test_node(std::string name, node_choice chosen) {
    names = std::make_shared<supervision::name_registry>(system);
    others = std::make_shared<directory>([this] { return random++ * 0x9e37'79b9'7f4a'7c15; });
    if (chosen.echoes) {
      auto const echo = system.spawn([this, name](echo_actor::pointer) -> echo_actor::behavior_type {
        return {[this, name](call const&, challenge_node const& asked) -> caf::result<cluster_challenge> {
          ++asked_;
          if (asked.nonce == "owed") {
            // Dropped without an answer, as when the process is gone.
            return caf::result<cluster_challenge>{caf::skip};
          }
          return cluster_challenge{asked.nonce, name};
        }};
      });
      names->record(echo_name)->started(caf::actor_cast<caf::actor>(echo));
      actor = caf::actor_cast<caf::actor>(echo);
    } else {
      names->record(echo_name)->lives_elsewhere(others);
    }
    auto options = gate_options{
        .self = {.name = name,
                 .incarnation = 1,
                 .address = {},
                 .roles = chosen.echoes ? std::vector<std::string>{"echo"} : std::vector<std::string>{},
                 .capacity = chosen.capacity,
                 .version = "1.0",
                 .protocol = protocol_version,
                 .layouts = "layouts",
                 .store = chosen.store,
                 .urls = {},
                 .started_at = {}},
        .seeds = std::move(chosen.seeds),
        .limits = {.heartbeat = 20ms, .suspect = 300ms, .dead = 900ms, .redial = 20ms, .slowest_redial = 200ms},
        .secret = chosen.secret,
        .way = net,
        .others = others,
        .names = names,
        .actor_names = chosen.echoes ? std::vector<std::string>{echo_name} : std::vector<std::string>{},
        .load = [] { return node_load{}; },
        .nonce = [this, name] { return name + "-" + std::to_string(++nonces); },
        .watch =
            [this](node_event const& event) {
              auto const lock = std::lock_guard{mutex};
              told.push_back(event);
            },
        .reborn = {}};
    keeper = std::make_shared<gate_keeper>(std::move(options));
    gate = open_gate(system, keeper);
    port = net->listen("127.0.0.1", 0, gate).value();
    begin(gate, address());
  }
  ~test_node() { stop(); }
  test_node(test_node const&) = delete;
  auto operator=(test_node const&) -> test_node& = delete;

  void stop() {
    if (!gate) return;
    leave(gate);
    gate = nullptr;
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    actor = nullptr;
    names->record(echo_name)->closed("the test ends");
    names->record(echo_name)->lives_elsewhere(nullptr);
  }
  auto address() const -> std::string { return "127.0.0.1:" + std::to_string(port); }
  auto seen(std::string const& name) const -> cluster_node {
    for (auto const& each : keeper->view().nodes)
      if (each.name == name) return each;
    return {};
  }
  auto sees(std::string const& name, node_state state = node_state::live) const -> bool {
    auto const view = keeper->view();
    return std::ranges::any_of(view.nodes, [&](auto const& each) { return each.name == name && each.state == state; });
  }
  auto was_told(node_state to, std::string_view words) -> bool {
    auto const lock = std::lock_guard{mutex};
    return std::ranges::any_of(
        told, [&](auto const& event) { return event.to == to && event.reason.find(words) != std::string::npos; });
  }
  auto history() -> std::string {
    auto const lock = std::lock_guard{mutex};
    auto text = std::string{};
    for (auto const& event : told) text += fmt::format("{} {} ({}); ", event.name, name_of(event.to), event.reason);
    return text;
  }
  /// Asks by name, as agents do.
  auto ask(std::string text = "hello", std::chrono::milliseconds patience = 10s,
           supervision::repetition repeat = supervision::repetition::until_deadline)
      -> std::future<expected<cluster_challenge>> {
    auto promise = std::make_shared<std::promise<expected<cluster_challenge>>>();
    auto future = promise->get_future();
    system.spawn([=, this](caf::event_based_actor* self) {
      auto context = call{};
      context.deadline = now(self->system()) + patience;
      supervision::ask(
          self, supervision::address<echo_actor>{names->record(echo_name)}, context, challenge_node{text},
          [promise](expected<cluster_challenge> answer) { promise->set_value(std::move(answer)); }, repeat);
    });
    return future;
  }

  std::atomic<std::uint64_t> random = 1;
  std::atomic<int> nonces = 0, asked_ = 0;
  std::mutex mutex;
  std::vector<node_event> told;
  config settings;
  caf::actor_system system{settings};
  std::shared_ptr<links> net = std::make_shared<links>(system, nullptr);
  std::shared_ptr<supervision::name_registry> names;
  std::shared_ptr<directory> others;
  caf::actor actor;
  std::shared_ptr<gate_keeper> keeper;
  gate_actor gate;
  std::uint16_t port = 0;
};

/// The name of the node that answered, or why nobody did.
auto who(std::future<expected<cluster_challenge>> answer) -> std::string {
  auto got = answer.get();
  return got ? got->proof : got.error().render();
}

} // namespace

BOOST_AUTO_TEST_SUITE(gates)

BOOST_AUTO_TEST_CASE(nodes_learn_one_another_from_a_seed_and_stay_linked_when_it_is_gone) {
  auto seed = std::make_unique<test_node>("seed", node_choice{});
  auto const address = seed->address();
  auto a = test_node{"a", {.seeds = {address}}};
  auto b = test_node{"b", {.seeds = {address}}};
  auto c = test_node{"c", {.seeds = {address}}};
  BOOST_TEST(eventually([&] {
    return a.sees("b") && a.sees("c") && b.sees("a") && b.sees("c") && c.sees("a") && c.sees("b") && a.sees("seed");
  }));
  seed.reset();
  BOOST_TEST(eventually([&] { return a.sees("seed", node_state::left); }), a.history());
  std::this_thread::sleep_for(200ms);
  BOOST_TEST((a.sees("b") && b.sees("c") && c.sees("a")));
  BOOST_TEST(who(a.ask()) == "a");
}

BOOST_AUTO_TEST_CASE(the_order_of_their_start_does_not_matter) {
  // Nobody is there yet, and somebody else later.
  auto early = test_node{"early", {.seeds = {"127.0.0.1:9"}, .echoes = false}};
  BOOST_TEST(eventually([&] { return !early.seen("").reason.value_or("").empty(); }));
  auto const nobody = early.ask().get();
  BOOST_TEST(!nobody);
  BOOST_TEST((nobody.error().code == errc::unavailable));
  BOOST_TEST(nobody.error().message.find("no node with it is linked") != std::string::npos);
  auto late = test_node{"late", {.seeds = {early.address()}}};
  BOOST_TEST(eventually([&] { return early.sees("late"); }));
  BOOST_TEST(who(early.ask()) == "late");
}

BOOST_AUTO_TEST_CASE(a_request_by_name_goes_to_a_node_that_has_the_actor_and_first_to_one_s_own) {
  auto a = test_node{"a", {.echoes = false}};
  auto b = test_node{"b", {.seeds = {a.address()}}};
  auto c = test_node{"c", {.seeds = {a.address()}}};
  BOOST_TEST_REQUIRE(eventually([&] { return a.sees("b") && a.sees("c") && b.sees("c"); }));
  for (auto i = 0; i < 50; ++i) BOOST_TEST_REQUIRE(a.ask().get().has_value());
  BOOST_TEST(b.asked_ > 5);
  BOOST_TEST(c.asked_ > 5);
  auto const before = c.asked_.load();
  for (auto i = 0; i < 20; ++i) BOOST_TEST(who(b.ask()) == "b");
  BOOST_TEST(c.asked_ == before);
}

BOOST_AUTO_TEST_CASE(who_differs_is_refused_and_both_sides_say_why) {
  auto a = test_node{"a", {}};
  auto const other_secret = test_node{"b", {.seeds = {a.address()}, .secret = "another"}};
  auto const other_store = test_node{"c", {.seeds = {a.address()}, .store = "store-2"}};
  auto same_name = test_node{"a", {.seeds = {a.address()}}};
  auto const reason = [&](test_node const& of) { return of.seen("").reason.value_or(""); };
  BOOST_TEST(eventually([&] { return reason(other_secret).find("another cluster secret") != std::string::npos; }),
             reason(other_secret));
  BOOST_TEST(eventually([&] { return reason(other_store).find("store-2 and store-1") != std::string::npos; }),
             reason(other_store));
  BOOST_TEST(eventually([&] { return reason(same_name).find("two nodes are called 'a'") != std::string::npos; }),
             reason(same_name));
  BOOST_TEST(eventually([&] {
    return a.was_told(node_state::refused, "store-2 and store-1") && a.was_told(node_state::refused, "called 'a'");
  }));
  BOOST_TEST(a.keeper->view().nodes.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_request_on_its_way_over_a_link_that_is_cut_fails_at_once_and_a_read_goes_elsewhere) {
  auto a = test_node{"a", {.echoes = false}};
  auto b = std::make_unique<test_node>("b", node_choice{.seeds = {a.address()}});
  BOOST_TEST_REQUIRE(eventually([&] { return a.sees("b"); }));
  auto write = a.ask("owed", 30s, supervision::repetition::never);
  auto read = a.ask("owed", 30s);
  BOOST_TEST_REQUIRE(eventually([&] { return b->asked_ == 2; }));
  auto const begun = std::chrono::steady_clock::now();
  a.net->cut(b->gate.node(), "the test cuts it");
  BOOST_TEST_REQUIRE((write.wait_for(5s) == std::future_status::ready));
  auto const unknown = write.get();
  BOOST_TEST(!unknown);
  BOOST_TEST((unknown.error().code == errc::unavailable));
  BOOST_TEST((std::chrono::steady_clock::now() - begun < 2s));
  // It finds b again, or nobody: never an answer that is not there.
  BOOST_TEST(eventually([&] { return a.sees("b"); }));
  BOOST_TEST(who(a.ask()) == "b");
  b.reset();
  BOOST_TEST(!read.get());
}

BOOST_AUTO_TEST_CASE(a_node_that_drains_gets_no_new_requests) {
  auto a = test_node{"a", {.echoes = false}};
  auto b = test_node{"b", {.seeds = {a.address()}}};
  auto c = test_node{"c", {.seeds = {a.address()}}};
  BOOST_TEST_REQUIRE(eventually([&] { return a.sees("b") && a.sees("c"); }));
  drain(b.gate);
  BOOST_TEST(eventually([&] { return a.seen("b").draining; }));
  for (auto i = 0; i < 20; ++i) BOOST_TEST(who(a.ask()) == "c");
}

BOOST_AUTO_TEST_CASE(more_requests_than_a_node_takes_are_refused_with_a_time_to_come_back) {
  auto a = test_node{"a", {.echoes = false}};
  auto b = test_node{"b", {.seeds = {a.address()}, .capacity = 3}};
  BOOST_TEST_REQUIRE(eventually([&] { return a.sees("b"); }));
  auto waiting = std::vector<std::future<expected<cluster_challenge>>>{};
  for (auto i = 0; i < 3; ++i) waiting.push_back(a.ask("owed", 500ms));
  BOOST_TEST_REQUIRE(eventually([&] { return b.asked_ == 3; }));
  auto const refused = a.ask().get();
  BOOST_TEST(!refused);
  BOOST_TEST((refused.error().code == errc::overloaded));
  BOOST_TEST(refused.error().retry_after.count() > 0);
  for (auto& each : waiting) BOOST_TEST((each.get().error().code == errc::deadline_exceeded));
  BOOST_TEST(who(a.ask()) == "b");
}

BOOST_AUTO_TEST_SUITE_END()
