#include "apps/file_watch.hpp"
#include "apps/live_settings.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace nexus;
using namespace nexus::apps;

namespace {

auto state_of(node_settings started = {}) {
  auto origins = setting_origins{};
  for (auto const& path : setting_paths(descriptor_of<node_settings>())) origins[path] = {};
  return live_settings{{std::move(started), std::move(origins), {}}, [] { return timestamp{}; }};
}

auto origin_of(std::string const& path, std::string detail) -> setting_origins {
  return {{path, {setting_source::kind::file, std::move(detail)}}};
}

struct watched_file {
  std::string path = (std::filesystem::temp_directory_path() / ("nexus-watch-" + std::to_string(::getpid()))).string();
  ~watched_file() { std::filesystem::remove(path); }
  void write(std::string const& text) const { std::ofstream{path} << text; }
};

} // namespace

BOOST_AUTO_TEST_CASE(what_differs_is_named_by_its_path_secrets_too) {
  auto one = node_settings{}, other = node_settings{};
  BOOST_TEST(differing_settings(one, other).empty());
  other.auth.jwt_secret = secret{"a"};
  other.runs.retention.max_age = "1d";
  other.projects.push_back({"A", "o/r", "job", {}, "release/{major}"});
  BOOST_TEST(differing_settings(one, other) ==
                 (std::vector<std::string>{"auth.jwt_secret", "runs.retention.max_age", "projects"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_can_change_is_taken_over_and_the_rest_waits) {
  auto wanted = node_settings{};
  wanted.log.level = log_severity::debug;
  wanted.http.rate_limit.requests = 5;
  wanted.bind = "127.0.0.2";
  auto state = state_of();
  auto origins = origin_of("log.level", "nexus.yaml:1");
  origins.merge(origin_of("bind", "nexus.yaml:2"));
  auto const changed = state.adopt(with_live_settings(state.current(), wanted), {wanted, origins, {}});
  BOOST_TEST(changed == (std::vector<std::string>{"http.rate_limit.requests", "log.level"}),
             boost::test_tools::per_element());
  BOOST_TEST(state.current().bind == "127.0.0.1");
  BOOST_TEST(state.pending() == std::vector<std::string>{"bind"}, boost::test_tools::per_element());
  auto const shown = state.document();
  BOOST_TEST(shown["settings"]["bind"] == "127.0.0.1");
  BOOST_TEST(shown["origins"]["bind"]["detail"] == "", "the value in force is still the built-in one");
  BOOST_TEST(shown["origins"]["log.level"]["detail"] == "nexus.yaml:1");
  BOOST_TEST(shown["pending_restart"][0]["wanted"] == "127.0.0.2");
  BOOST_TEST(shown["pending_restart"][0]["origin"] == "nexus.yaml:2");
  // Taken back, nothing waits any more.
  state.adopt(with_live_settings(state.current(), {}), {{}, {}, {}});
  BOOST_TEST(state.pending().empty());
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_kept_until_something_right_is_read) {
  auto state = state_of();
  state.reject(
      {{errc::invalid_argument, "bad", "nexus.yaml:1", "mend it", {}}, {errc::invalid_argument, "worse", {}, {}, {}}});
  BOOST_TEST(state.problems().size() == 2U);
  BOOST_TEST(state.document()["problems"][0]["remedy"] == "mend it");
  state.adopt({}, {{}, {}, {}});
  BOOST_TEST(state.problems().empty());
}

BOOST_AUTO_TEST_CASE(no_secret_is_shown_that_waits) {
  auto wanted = node_settings{};
  wanted.jira.api_token = secret{"must-not-be-seen"};
  auto state = state_of();
  state.adopt(with_live_settings(state.current(), wanted), {wanted, {}, {}});
  BOOST_TEST(state.pending() == std::vector<std::string>{"jira.api_token"}, boost::test_tools::per_element());
  BOOST_TEST(state.document()["pending_restart"][0]["wanted"] == "(set)");
  BOOST_TEST(state.document().dump().find("must-not") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_file_is_told_of_once_when_it_has_come_to_rest) {
  auto const file = watched_file{};
  auto watch = file_watch{};
  BOOST_TEST(!watch.changed({file.path, ""}), "the first look tells nothing");
  file.write("one");
  BOOST_TEST(!watch.changed({file.path}), "it may still be written");
  file.write("one and more");
  BOOST_TEST(!watch.changed({file.path}));
  BOOST_TEST(watch.changed({file.path}));
  BOOST_TEST(!watch.changed({file.path}));
  std::filesystem::remove(file.path);
  BOOST_TEST(!watch.changed({file.path}));
  BOOST_TEST(watch.changed({file.path}));
}
