#include "tests/runtime/supervision/otp_trees.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <unistd.h>

// Our supervision beside Erlang/OTP's own `supervisor`: 1,000 random trees and histories, the same lines demanded from
// both. NEXUS_OTP_SEED repeats a run, NEXUS_OTP_CASES makes it longer.
//
// Both sides: one_for_one, one_for_all and rest_for_one, nested to three levels; permanent, transient and temporary
// children; intensity and period; children that end in each way, several at once, that crash in start, that ignore
// `shutdown`; brutal_kill, timeout and infinity; significant children; commands. Without backoff, which OTP has not.
//
// The rules (`supervisor_machine`) are compared line by line. The actors differ by design in what follows, and there
// the comparison leaves a case out or looks at each supervisor's workers by themselves:
// - A start is a message, not a call that is waited for. A nested supervisor counts as started before its children are,
//   so that the starts of different supervisors interleave, and one whose children do not start has ended, which is
//   answered by a restart, where OTP's failed to start.
// - A supervisor that gives up ends with an error, so that a transient one comes back. OTP's ends with `shutdown`.
// - A child that ends while the group behind it is being stopped widens that group; OTP restarts the group twice.
// - There are no messages that restart or delete a stopped child.
// - A supervisor that is killed kills what is below it; OTP's supervisors below it would stop their children in order.
// Nobody here sends requests, so the waiting rooms, which OTP has not, stay empty. Not compared: simple_one_for_one,
// and start functions that say `ignore`, which we do not have.

using namespace nexus;
using namespace nexus::supervision;
using namespace nexus::supervision::otp;

namespace {

auto variable(char const* name) -> std::optional<std::uint64_t> {
  auto const* const text = std::getenv(name);
  return text && *text ? std::optional{std::strtoull(text, nullptr, 10)} : std::nullopt;
}

/// What Erlang/OTP's supervisor does with these cases.
auto ask_otp(std::vector<supervision_case> const& cases) -> std::vector<lines> {
  auto const file = std::filesystem::temp_directory_path() / fmt::format("nexus-otp-{}.terms", ::getpid());
  {
    auto out = std::ofstream{file};
    for (std::size_t i = 0; i < cases.size(); ++i) out << to_erlang(cases[i], i);
  }
  auto const command = fmt::format("timeout 300 escript {}/tests/runtime/supervision/otp_oracle.escript {}",
                                   NEXUS_SOURCE_DIR, file.string());
  auto* const pipe = ::popen(command.c_str(), "r");
  BOOST_TEST_REQUIRE(pipe);
  auto all = std::vector<lines>{};
  auto buffer = std::array<char, 1024>{};
  while (std::fgets(buffer.data(), buffer.size(), pipe)) {
    auto line = std::string{buffer.data()};
    if (line.ends_with('\n')) line.pop_back();
    if (line == fmt::format("case {}", all.size()))
      all.emplace_back();
    else if (!all.empty())
      all.back().push_back(std::move(line));
  }
  auto const status = ::pclose(pipe);
  std::filesystem::remove(file);
  BOOST_TEST_REQUIRE(status == 0);
  BOOST_TEST_REQUIRE(all.size() == cases.size());
  return all;
}

/// Whether our lines of a case differ from OTP's; absent where they may.
struct comparison {
  lines ours;
  lines theirs;
};
using compare = std::function<std::optional<comparison>(supervision_case const&, lines const& otp)>;

auto differs(std::optional<comparison> const& c) -> bool { return c && c->ours != c->theirs; }

auto side_by_side(comparison const& c) -> std::string {
  auto text = fmt::format("{:40}{}\n", "  OTP", "  Nexus");
  for (std::size_t i = 0; i < std::max(c.ours.size(), c.theirs.size()); ++i) {
    auto const at = [&](lines const& of) { return i < of.size() ? of[i] : std::string{"-"}; };
    text += fmt::format("{} {:38}{}\n", at(c.theirs) == at(c.ours) ? ' ' : '!', at(c.theirs), at(c.ours));
  }
  return text;
}

/// Makes a case that differs as simple as it gets, and tells it.
auto explain(supervision_case worst, compare const& look) -> std::string {
  for (auto found = true; found;) {
    auto const candidates = simpler(worst);
    auto const otp = ask_otp(candidates);
    found = false;
    for (std::size_t i = 0; i < candidates.size() && !found; ++i) {
      if (!differs(look(candidates[i], otp[i]))) continue;
      worst = candidates[i];
      found = true;
    }
  }
  return to_erlang(worst, 0) + side_by_side(look(worst, ask_otp({worst}).front()).value());
}

/// The cases of one run with OTP's answers.
struct examined {
  std::vector<supervision_case> cases;
  std::vector<lines> otp;
};

auto examine() -> examined const& {
  static auto const once = [] {
    auto const seed = variable("NEXUS_OTP_SEED").value_or(std::random_device{}());
    auto const count = variable("NEXUS_OTP_CASES").value_or(1'000);
    std::cout << fmt::format("NEXUS_OTP_SEED={} NEXUS_OTP_CASES={}", seed, count) << '\n' << std::flush;
    auto all = examined{};
    for (std::uint64_t i = 0; i < count; ++i) all.cases.push_back(make_case(seed + i));
    all.otp = ask_otp(all.cases);
    return all;
  }();
  return once;
}

/// How many cases were compared; stops at the first that differs.
auto check_all(compare const& look) -> std::size_t {
  auto const& all = examine();
  std::size_t compared = 0;
  for (std::size_t i = 0; i < all.cases.size(); ++i) {
    auto const outcome = look(all.cases[i], all.otp[i]);
    compared += outcome.has_value();
    if (!differs(outcome)) continue;
    BOOST_ERROR(fmt::format("case {} differs\n{}", i, explain(all.cases[i], look)));
    return compared;
  }
  return compared;
}

// -- what the actors do otherwise

/// Every child of a plan with its supervisor, in their order.
void collect(child_plan const& supervisor, std::vector<std::pair<child_plan, child_plan>>& all) {
  for (auto const& child : supervisor.children) {
    all.emplace_back(child, supervisor);
    collect(child, all);
  }
}

auto actors_may_differ(supervision_case const& c, lines const& otp) -> bool {
  auto children = std::vector<std::pair<child_plan, child_plan>>{};
  collect(c.root, children);
  auto const find = [&](std::string const& name) {
    return std::ranges::find_if(children, [&](auto const& entry) { return entry.first.rules.name == name; });
  };
  for (auto const& s : c.steps) {
    if (s.kind == step_kind::restart || s.kind == step_kind::remove) return true;
    // Several ends that rest_for_one hears of against the order. Children that were added are last.
    for (std::size_t i = 1; i < s.ends.size(); ++i) {
      auto const before = find(s.ends[i - 1].first);
      auto const after = find(s.ends[i].first);
      if (after != children.end() && before > after &&
          after->second.inner.strategy == supervision_strategy::rest_for_one)
        return true;
    }
  }
  auto told = std::set<std::string>{};
  for (auto const& line : otp) {
    auto const name = line.substr(line.find(' ') + 1);
    if (line.starts_with("stop s")) told.insert(name);
    if (line.starts_with("fail s") && name != "s0") return true;
    if (line.starts_with("end s") && name != "s0" && told.erase(name) == 0 &&
        find(name)->first.rules.restart == restart_type::transient)
      return true;
  }
  return false;
}

/// What happened to workers, by supervisor within each step.
auto by_supervisor(supervision_case const& c, lines const& all) -> lines {
  auto children = std::vector<std::pair<child_plan, child_plan>>{};
  collect(c.root, children);
  auto owners = std::map<std::string, std::string>{};
  for (auto const& [child, supervisor] : children)
    if (!child.is_supervisor) owners[child.rules.name] = supervisor.rules.name;
  for (auto const& s : c.steps)
    if (s.kind == step_kind::add) owners[s.child] = s.supervisor;
  auto sorted = lines{};
  auto step_of = std::map<std::string, lines>{};
  for (auto const& line : all) {
    auto const space = line.find(' ');
    auto const event = line.starts_with("start ") || line.starts_with("fail ") || line.starts_with("stop ") ||
                       line.starts_with("kill ") || line.starts_with("end ");
    if (!event) {
      for (auto& [owner, events] : step_of) sorted.insert(sorted.end(), events.begin(), events.end());
      step_of.clear();
      sorted.push_back(line);
    } else if (auto const owner = owners.find(line.substr(space + 1)); owner != owners.end()) {
      step_of[owner->second].push_back(line);
    }
  }
  return sorted;
}

auto otp_is_here(boost::unit_test::test_unit_id) -> boost::test_tools::assertion_result {
  // In CI its lack is an error.
  auto const found = std::getenv("CI") || std::system("command -v escript >/dev/null") == 0;
  auto result = boost::test_tools::assertion_result{found};
  if (!found) result.message() << "there is no escript here; scripts/setup.sh installs erlang-base";
  return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(otp_supervisor_as_oracle, *boost::unit_test::precondition(otp_is_here))

BOOST_AUTO_TEST_CASE(the_rules_do_line_by_line_what_otp_does) {
  auto const compared = check_all(
      [](auto const& c, auto const& otp) { return std::optional{comparison{run(c, *make_machine_tree()), otp}}; });
  BOOST_TEST_MESSAGE(fmt::format("{} cases compared", compared));
}

BOOST_AUTO_TEST_CASE(the_actors_do_what_otp_does_but_where_the_design_says_otherwise) {
  auto const compared = check_all([](auto const& c, auto const& otp) -> std::optional<comparison> {
    if (actors_may_differ(c, otp)) return std::nullopt;
    return comparison{by_supervisor(c, run(c, *make_actor_tree())), by_supervisor(c, otp)};
  });
  BOOST_TEST_MESSAGE(fmt::format("{} cases compared", compared));
  BOOST_TEST(compared * 5 >= examine().cases.size() * 2);
}

BOOST_AUTO_TEST_CASE(the_cases_reach_what_they_are_meant_to_reach) {
  auto seen = std::map<std::string, std::size_t>{};
  for (auto const& otp : examine().otp)
    for (auto const& line : otp) ++seen[line.substr(0, line.find_first_of(" 0123456789"))];
  auto const cases = examine().cases.size();
  BOOST_TEST_MESSAGE(fmt::format("{}", seen));
  // Starts, failed starts, orderly stops, kills, supervisors that end, and commands that are carried out and refused.
  for (auto const* what : {"start", "stop"}) BOOST_TEST(seen[what] > 2 * cases, what);
  for (auto const* what : {"fail", "kill", "end", "done", "refused"}) BOOST_TEST(seen[what] > cases / 10, what);
}

BOOST_AUTO_TEST_SUITE_END()
