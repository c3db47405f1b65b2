#include "actors/orchestrator/identifiers.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include <set>
#include <thread>

using namespace nexus;
using nexus::orchestrator::id_source;
using nexus::orchestrator::is_identifier;

namespace {

constexpr auto start = timestamp{std::chrono::milliseconds{1'768'471'200'000}};

} // namespace

BOOST_AUTO_TEST_CASE(ids_show_their_time_and_their_chance) {
  auto ids = id_source{[] { return start; }, [] { return std::uint64_t{0x0123'4567'89ab'cdef}; }};
  auto const id = ids.next();
  BOOST_TEST(is_identifier(id));
  BOOST_TEST(std::stoull(id.substr(0, 12), nullptr, 16) == 1'768'471'200'000u);
}

BOOST_AUTO_TEST_CASE(ids_sort_in_the_order_of_their_making_whatever_the_clock_does) {
  BOOST_TEST(rc::check([](std::vector<std::int16_t> const& steps) {
    auto time = start;
    auto chance = std::uint64_t{0};
    auto ids = id_source{[&] { return time; },
                         [&] { return chance = chance * 6'364'136'223'846'793'005u + 1'442'695'040'888'963'407u; }};
    auto last = ids.next();
    for (auto const step : steps) {
      time += std::chrono::milliseconds{step};
      auto next = ids.next();
      RC_ASSERT(is_identifier(next));
      RC_ASSERT(last < next);
      last = std::move(next);
    }
  }));
}

BOOST_AUTO_TEST_CASE(threads_get_different_ids) {
  auto ids = id_source{[] { return start; }, [] { return ~std::uint64_t{0}; }};
  auto made = std::vector<std::vector<std::string>>(4);
  {
    auto threads = std::vector<std::jthread>{};
    for (auto& mine : made)
      threads.emplace_back([&] {
        for (auto i = 0; i < 1'000; ++i) mine.push_back(ids.next());
      });
  }
  auto all = std::set<std::string>{};
  for (auto const& mine : made) all.insert(mine.begin(), mine.end());
  BOOST_TEST(all.size() == 4'000u);
}

BOOST_AUTO_TEST_CASE(other_texts_are_no_ids) {
  for (auto const* text : {"", "0", "0123456789abcdef0123456789a", "0123456789abcdef0123456789abc",
                           "0123456789ABCDEF0123456789ab", "0123456789abcdef0123456789a/"})
    BOOST_TEST(!is_identifier(text), text);
  BOOST_TEST(is_identifier("0123456789abcdef0123456789ab"));
}
