#include "tests/messages/core/sample.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <new>

using namespace nexus;

namespace {

auto encode(sample const& object) -> std::string {
  std::string bytes;
  encode_wire(descriptor_of<sample>(), &object, bytes);
  return bytes;
}

auto decode(std::string_view bytes, sample& object) -> bool {
  return decode_wire(descriptor_of<sample>(), &object, bytes).has_value();
}

auto filled() -> sample {
  return {.flag = true,
          .wide = -1,
          .unsigned_wide = 1ull << 63,
          .narrow = 255,
          .signed_narrow = -70'000,
          .number = 2.5,
          .text = std::string("a\0\xff", 3),
          .time = timestamp{std::chrono::milliseconds{-1}},
          .free = {"[1"},
          .colour = sample_colour::other,
          .maybe = 0.0,
          .maybe_colour = sample_colour::to_do,
          .list = {"", "x"},
          .table = {{"", 1}, {"k", -1}},
          .tree = {"root", {{"leaf", {}}, {"", {}}}},
          .nothings = {{}, {}, {}}};
}

} // namespace

BOOST_AUTO_TEST_CASE(every_shape_travels_unchanged) {
  auto back = sample{};
  BOOST_TEST(decode(encode(filled()), back));
  BOOST_TEST((back == filled()));
  // What was there before is replaced, not added to.
  BOOST_TEST(decode(encode(filled()), back));
  BOOST_TEST((back == filled()));
  BOOST_TEST(decode(encode(sample{}), back));
  BOOST_TEST((back == sample{}));
}

BOOST_AUTO_TEST_CASE(numbers_travel_as_their_bits) {
  using limits = std::numeric_limits<double>;
  for (auto number : {limits::infinity(), -limits::infinity(), limits::quiet_NaN(), -limits::quiet_NaN(),
                      std::bit_cast<double>(0x7ff8dead00beef00), -0.0, limits::denorm_min(), -limits::denorm_min(),
                      limits::min(), limits::max(), limits::lowest()}) {
    auto back = sample{};
    BOOST_TEST(decode(encode({.number = number}), back));
    BOOST_TEST(std::bit_cast<std::uint64_t>(back.number) == std::bit_cast<std::uint64_t>(number));
  }
}

BOOST_AUTO_TEST_CASE(random_values_travel_unchanged) {
  auto const sound =
      rc::check([](std::int64_t wide, std::uint64_t unsigned_wide, std::uint8_t narrow, std::int32_t signed_narrow,
                   std::uint64_t bits, std::int64_t time, std::string const& text, std::vector<std::string> const& list,
                   std::map<std::string, std::int64_t> const& table) {
        auto object = filled();
        object.wide = wide;
        object.unsigned_wide = unsigned_wide;
        object.narrow = narrow;
        object.signed_narrow = signed_narrow;
        object.time = timestamp{std::chrono::milliseconds{time}};
        object.text = text;
        object.list = list;
        object.table = table;
        if (auto const number = std::bit_cast<double>(bits); !std::isnan(number)) object.number = number;
        auto back = sample{};
        RC_ASSERT(decode(encode(object), back));
        RC_ASSERT(back == object);
      });
  BOOST_TEST(sound);
}

BOOST_AUTO_TEST_CASE(the_extremes_of_every_integer_travel_unchanged) {
  for (auto wide : {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()})
    for (auto unsigned_wide : {std::uint64_t{0}, std::numeric_limits<std::uint64_t>::max()})
      for (auto signed_narrow : {std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()}) {
        auto const object = sample{.wide = wide,
                                   .unsigned_wide = unsigned_wide,
                                   .signed_narrow = signed_narrow,
                                   .time = timestamp{std::chrono::milliseconds{wide}}};
        auto back = sample{};
        BOOST_TEST(decode(encode(object), back));
        BOOST_TEST((back == object));
      }
}

BOOST_AUTO_TEST_CASE(bytes_cut_off_anywhere_or_too_many_are_refused) {
  auto const bytes = encode(filled());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    auto back = sample{};
    BOOST_TEST(!decode(std::string_view{bytes}.substr(0, size), back));
  }
  auto back = sample{};
  BOOST_TEST(!decode(bytes + '\0', back));
}

BOOST_AUTO_TEST_CASE(any_changed_byte_is_refused_or_read_as_something_else_but_harms_nobody) {
  auto const bytes = encode(filled());
  for (std::size_t at = 0; at < bytes.size(); ++at)
    for (auto value = 0; value < 256; ++value) {
      auto changed = bytes;
      changed[at] = static_cast<char>(value);
      auto back = sample{};
      if (decode(changed, back)) (void)encode_json(back);
    }
}

BOOST_AUTO_TEST_CASE(random_bytes_harm_nobody) {
  auto const sound = rc::check([](std::vector<char> const& bytes) {
    auto back = sample{};
    if (decode({bytes.data(), bytes.size()}, back)) (void)encode_json(back);
  });
  BOOST_TEST(sound);
}

BOOST_AUTO_TEST_CASE(values_outside_their_type_are_refused) {
  struct tiny {
    std::string bytes;
    type_descriptor const& type;
  };
  auto narrow = std::uint8_t{};
  auto small = std::int32_t{};
  auto colour = sample_colour::red;
  // 256 and -1 as zigzag numbers.
  BOOST_TEST(!decode_wire(descriptor_of<std::uint8_t>(), &narrow, "\x80\x04").has_value());
  BOOST_TEST(!decode_wire(descriptor_of<std::uint8_t>(), &narrow, "\x01").has_value());
  BOOST_TEST(
      !decode_wire(descriptor_of<std::int32_t>(), &small, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01").has_value());
  BOOST_TEST(!decode_wire(descriptor_of<sample_colour>(), &colour, "\x06").has_value());
  BOOST_TEST(decode_wire(descriptor_of<sample_colour>(), &colour, "\x04").has_value());
  auto maybe = std::optional<std::string>{};
  BOOST_TEST(
      !decode_wire(descriptor_of<std::optional<std::string>>(), &maybe, std::string_view("\x02\x00", 2)).has_value());
}

BOOST_AUTO_TEST_CASE(a_forged_count_is_refused_before_it_allocates) {
  auto const huge = std::string{"\xff\xff\xff\xff\xff\xff\xff\xff\x7f"};
  auto list = std::vector<sample>{};
  BOOST_TEST(!decode_wire(descriptor_of<std::vector<sample>>(), &list, huge).has_value());
  BOOST_TEST(list.capacity() == 0u);
  auto text = std::string{};
  BOOST_TEST(!decode_wire(descriptor_of<std::string>(), &text, huge).has_value());
  BOOST_TEST(text.capacity() < 64u);
  auto nothings = std::vector<sample_empty>{};
  BOOST_TEST(!decode_wire(descriptor_of<std::vector<sample_empty>>(), &nothings, huge).has_value());
  auto table = std::map<std::string, sample>{};
  BOOST_TEST(!decode_wire(descriptor_of<std::map<std::string, sample>>(), &table, huge).has_value());
}

BOOST_AUTO_TEST_CASE(a_forged_depth_is_refused_before_the_stack_ends) {
  // name "", one child, again and again.
  auto bytes = std::string{};
  for (auto i = 0; i < 1'000'000; ++i) bytes += std::string("\x00\x01", 2);
  auto node = sample_node{};
  BOOST_TEST(!decode_wire(descriptor_of<sample_node>(), &node, bytes).has_value());
}
