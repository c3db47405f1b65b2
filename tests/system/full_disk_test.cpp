#include "tests/system/support.hpp"

#include <fstream>
#include <sys/mount.h>

// A node whose disk is full: it says so, loses nothing, and goes on when there is space.

using namespace nexus;
using namespace nexus::testing;

namespace {

constexpr auto question = "Is v2.0.0 ready for release?";

/// A file system of a few MiB that goes when the test ends. Needs the right to mount.
class small_disk {
public:
  explicit small_disk(std::string const& size)
      : mounted_(::mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0) {
    if (!mounted_) BOOST_TEST_MESSAGE("skipped: a small file system cannot be mounted here");
  }
  ~small_disk() {
    if (mounted_) ::umount2(directory_.path().c_str(), MNT_DETACH);
  }
  small_disk(small_disk const&) = delete;
  auto operator=(small_disk const&) -> small_disk& = delete;

  auto mounted() const -> bool { return mounted_; }
  auto data() const -> std::string { return directory_.path() + "/data"; }
  /// Takes this much of the disk, or what is left of it.
  void take(std::size_t kibibytes) const {
    auto file = std::ofstream{ballast(), std::ios::binary | std::ios::app};
    auto const block = std::string(1'024, 'x');
    while (kibibytes-- > 0 && file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  void give_back() const { std::filesystem::remove(ballast()); }

private:
  auto ballast() const -> std::string { return directory_.path() + "/ballast"; }

  temporary_directory directory_;
  bool mounted_;
};

void tells_of_the_disk(http_reply const& reply) {
  BOOST_TEST(reply.status == 503, reply.body);
  BOOST_TEST(reply.field("content-type") == "application/problem+json");
  BOOST_TEST(reply.body.find("full") != std::string::npos, reply.body);
  BOOST_TEST(!reply.field("retry-after").empty());
}

/// `write` has the store find out that the disk is still full.
void is_not_ready(running_node const& system, std::function<void()> const& write = [] {}) {
  auto ready = http_reply{};
  BOOST_TEST(eventually([&] {
    write();
    return (ready = system.get("/readyz?verbose")).status == 503;
  }));
  auto const store = ready.data().at("checks").at("store").at(0);
  BOOST_TEST(store.at("status") == "fail");
  BOOST_TEST(store.at("output").get<std::string>().find("full") != std::string::npos, store.dump());
  BOOST_TEST(system.get("/live").status == 200);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_full_disk_is_said_so_and_nothing_that_was_accepted_is_lost) {
  auto const disk = small_disk{"6m"};
  if (!disk.mounted()) return;
  disk.take(4 * 1'024);
  auto accepted = std::vector<std::string>{};
  {
    // One decision serves all runs, so that each needs the disk for itself alone.
    auto const system = running_node{disk.data(), [](node_settings& settings) { settings.evidence.max_age = "10m"; }};
    auto refused = 0;
    for (auto i = 0; i < 2'000 && refused < 3; ++i) {
      auto const reply =
          i % 2 == 0 ? system.post("/query", {{"query", question}}) : system.post("/runs", {{"query", question}});
      if (reply.status == 200) BOOST_TEST(reply.data().at("status") == "success", reply.body);
      if (reply.status / 100 == 2) {
        accepted.push_back(reply.data().at("run_id"));
      } else {
        tells_of_the_disk(reply);
        ++refused;
      }
    }
    BOOST_REQUIRE_MESSAGE(refused == 3, "the disk is not full after " << accepted.size() << " runs");
    BOOST_TEST(accepted.size() > 3u);
    disk.take(8 * 1'024);
    // What was refused has left some room in the files that are there: small things may still fit.
    auto const until_refused = [&](std::string const& target, json const& body) {
      auto reply = system.post(target, body);
      for (auto i = 0; i < 100 && reply.status / 100 == 2; ++i, reply = system.post(target, body)) {
        auto const answer = reply.data();
        accepted.push_back((answer.contains("data") ? answer.at("data") : answer).at("run_id"));
      }
      return reply;
    };
    tells_of_the_disk(until_refused("/query", {{"query", question}}));
    tells_of_the_disk(until_refused("/execute", {{"action", "query"}, {"payload", {{"query", question}}}}));
    tells_of_the_disk(until_refused("/runs", {{"query", question}}));
    is_not_ready(system, [&] { until_refused("/runs", {{"query", question}}); });
    // What is on the disk can be read.
    for (auto const& id : accepted) BOOST_TEST(system.get("/runs/" + id).status == 200);
    BOOST_TEST(system.all_runs().size() >= accepted.size());

    disk.give_back();
    BOOST_TEST(eventually([&] { return system.get("/readyz").status == 200; }), "it does not go on by itself");
    BOOST_TEST(system.ask(question).at("decision") == "NO_GO");
    for (auto const& id : accepted) BOOST_TEST(system.ended(id).at("status") == "success");
    BOOST_TEST(eventually([&] { return system.all_runs("&status=pending").empty(); }), "a run is left behind");
  }
  auto const again = running_node{disk.data(), {}};
  for (auto const& id : accepted) BOOST_TEST(again.ended(id).at("decision") == "NO_GO");
}

BOOST_AUTO_TEST_CASE(the_outcome_of_a_run_is_told_when_it_is_stored_and_not_before) {
  auto const disk = small_disk{"6m"};
  if (!disk.mounted()) return;
  auto const system = running_node{disk.data(), [](node_settings& settings) { settings.llm.mock_latency_ms = 1'000; }};
  auto const id = system.start(question);
  auto asked = http_reply{};
  {
    auto const client = std::jthread{[&] { asked = system.post("/query", {{"query", question}}); }};
    BOOST_REQUIRE(eventually([&] { return system.all_runs().size() == 2; }));
    disk.take(8 * 1'024);
  }
  tells_of_the_disk(asked);
  is_not_ready(system);
  auto const late = [&] { return system.get("/runs/" + id).data(); };
  BOOST_REQUIRE(eventually([&] { return late().at("degraded") == true; }));
  BOOST_TEST(late().at("status") == "in_progress");
  BOOST_TEST(late().at("result").is_null());

  auto events = http_reply{};
  {
    auto const listener = std::jthread{[&] { events = system.get("/runs/" + id + "/events"); }};
    disk.give_back();
  }
  BOOST_TEST(events_in(events.body).back().data.at("status") == "success");
  for (auto const& run : system.all_runs()) {
    auto const state = system.ended(run.at("run_id"));
    BOOST_TEST(state.at("status") == "success", state.dump());
    BOOST_TEST(!state.at("result").is_null());
  }
  BOOST_TEST(system.all_runs().size() == 2u);
  BOOST_TEST(eventually([&] { return system.get("/readyz").status == 200; }));
}
