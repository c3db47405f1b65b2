#include "tests/actors/evidence/fixture.hpp"

#include <rapidcheck/boost_test.h>

#include <fcntl.h>
#include <sys/stat.h>

using namespace nexus;
using namespace nexus::evidence;

namespace {

auto names(expected<std::vector<std::filesystem::path>> const& paths, std::filesystem::path const& base)
    -> std::string {
  auto result = std::string{};
  for (auto const& path : paths.value()) result += std::filesystem::relative(path, base).string() + " ";
  return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(report_files)

BOOST_AUTO_TEST_CASE(a_file_is_read_with_the_time_it_was_written) {
  auto const directory = temporary_directory{};
  auto const path = directory.write("a.txt", std::string_view{"x\0y", 3});
  struct timespec times[2] = {{1'700'000'000, 0}, {1'700'000'000, 250'000'000}};
  BOOST_REQUIRE(utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
  auto const file = read_file(path);
  BOOST_TEST(file.value().text.size() == 3u);
  BOOST_TEST((file->modified_at == at("2023-11-14T22:13:20.250Z")));
  BOOST_TEST(file->source == path);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_named) {
  auto const directory = temporary_directory{};
  auto const missing = read_file(directory.path() / "missing.xml").error();
  BOOST_TEST((missing.code == errc::not_found));
  BOOST_TEST(missing.where.ends_with("missing.xml"));
  BOOST_TEST((read_file(directory.path()).error().code == errc::invalid_argument));
  BOOST_TEST((read_file(directory.write("big", "12345"), 4).error().code == errc::too_large));
  auto const pipe = directory.path() / "pipe";
  BOOST_REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  BOOST_TEST((read_file(pipe).error().code == errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(patterns_name_files_sorted_and_once) {
  auto const directory = temporary_directory{};
  for (auto const* name : {"b.xml", "a.xml", "a.txt", "x/c.xml", "x/y/d.xml", ".hidden/e.xml", "[odd] *dir/f.xml"})
    directory.write(name, "");
  auto const base = directory.path().string();
  BOOST_TEST(names(expand_glob(base + "/*.xml"), base) == "a.xml b.xml ");
  BOOST_TEST(names(expand_glob(base + "/[ab].xml"), base) == "a.xml b.xml ");
  BOOST_TEST(names(expand_glob(base + "/**/*.xml"), base) == "[odd] *dir/f.xml a.xml b.xml x/c.xml x/y/d.xml ");
  BOOST_TEST(names(expand_glob(base + "/x/**"), base) == "x/c.xml x/y/d.xml ");
  BOOST_TEST(names(expand_glob(base + "/**/y/**/*.xml"), base) == "x/y/d.xml ");
  BOOST_TEST(names(expand_glob(base + "/a.xml"), base) == "a.xml ");
  directory.write("report[1].xml", "");
  BOOST_TEST(names(expand_glob(base + "/report[1].xml"), base) == "report[1].xml ");
  std::filesystem::remove(directory.path() / "report[1].xml");
  auto const twice = std::vector<std::string>{base + "/*.xml", base + "/x/../a.xml"};
  BOOST_TEST(names(expand_globs(twice), base) == "a.xml b.xml ");
}

BOOST_AUTO_TEST_CASE(a_pattern_that_matches_no_file_is_an_error) {
  auto const directory = temporary_directory{};
  directory.write("x/a.xml", "");
  auto const base = directory.path().string();
  for (auto const& pattern : {base + "/*.json", base + "/*", base + "/**/b.xml", base + "/missing/**", std::string{}}) {
    auto const problem = expand_glob(pattern).error();
    BOOST_TEST((problem.code == errc::invalid_argument));
    BOOST_TEST((pattern.empty() || problem.message.find(pattern) != std::string::npos));
  }
}

BOOST_AUTO_TEST_CASE(evidence_is_as_old_as_it_says) {
  auto const written = at("2024-05-01T12:00:00Z");
  BOOST_TEST((observed_at("2024-05-01T09:00:00.5+02:00", written) == at("2024-05-01T07:00:00.500Z")));
  BOOST_TEST((observed_at("2024-06-01T00:00:00Z", written) == at("2024-06-01T00:00:00Z")));
  BOOST_TEST((observed_at("2024-05-01T11:00:00", written) == at("2024-05-01T11:00:00Z")));
  BOOST_TEST((observed_at("2024-05-01T13:00:00.123456", written) == written));
  BOOST_TEST((observed_at("yesterday, at noon", written) == written));
  BOOST_TEST((observed_at(std::nullopt, std::nullopt) == std::nullopt));
}

BOOST_AUTO_TEST_CASE(text_is_clipped_between_characters) {
  BOOST_TEST(clip("  a\tb\n", 10) == "a\tb");
  BOOST_TEST(clip("abcdefgh", 8) == "abcdefgh");
  BOOST_TEST(clip("abcdefghi", 8) == "abcde...");
  BOOST_TEST(clip("\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4", 6) == "\xc3\xa4...");
  BOOST_TEST(clip("a\xff\x1b[31mb", 20) == "a\xef\xbf\xbd[31mb");
  BOOST_TEST(clip("\xed\xa0\x80", 20) == "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

RC_BOOST_PROP(clipped_text_is_bounded_and_stays_as_it_is, (std::string const& text)) {
  auto const limit = *rc::gen::inRange<std::size_t>(3, 40);
  auto const once = clip(text, limit);
  RC_ASSERT(once.size() <= limit);
  RC_ASSERT(clip(once, limit) == once);
}

BOOST_AUTO_TEST_CASE(a_place_is_line_and_column) {
  BOOST_TEST(place("f", "ab\ncd", 0) == "f:1:1");
  BOOST_TEST(place("f", "ab\ncd", 4) == "f:2:2");
  BOOST_TEST(place("f", "", 99) == "f:1:1");
}

BOOST_AUTO_TEST_SUITE_END()
