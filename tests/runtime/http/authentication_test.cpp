#include "runtime/http/authentication.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace nexus;
using namespace nexus::http;

namespace {

/// A tokens file of the test's own.
struct tokens_file {
  explicit tokens_file(std::string_view text) { std::ofstream{path} << text; }
  ~tokens_file() { std::filesystem::remove(path); }
  std::string path = (std::filesystem::temp_directory_path() / ("nexus-tokens-" + std::to_string(::getpid()))).string();
  auto load() const {
    return authenticator::load({path, {}, false, [] { return timestamp{}; }});
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(authentication)

BOOST_AUTO_TEST_CASE(each_scope_includes_the_one_before_it) {
  auto const file = tokens_file{"rita read reader-token-0123456789\n"
                                "walt write writer-token-0123456789\n"
                                "anna admin administrator-token-0123 # all\n"};
  auto const known = file.load().value();
  auto const rita = known.identify("Bearer reader-token-0123456789", false).value();
  auto const walt = known.identify("Bearer writer-token-0123456789", false).value();
  auto const anna = known.identify("Bearer administrator-token-0123", false).value();
  BOOST_TEST((!rita.may_write && !rita.may_administer));
  BOOST_TEST((walt.may_write && !walt.may_administer));
  BOOST_TEST((anna.may_write && anna.may_administer));
}

BOOST_AUTO_TEST_CASE(a_line_that_is_not_name_scope_and_token_is_refused_without_its_token) {
  for (auto const* line : {"rita", "rita read", "rita own reader-token-0123456789", "rita read short",
                           "rita read reader-token-0123456789 more", "rita reader-token-0123456789 read"}) {
    auto const result = tokens_file{std::string{"# first\n"} + line + "\n"}.load();
    BOOST_REQUIRE_MESSAGE(!result, line);
    BOOST_TEST(result.error().where.ends_with(":2"));
    BOOST_TEST(result.error().render().find("reader-token") == std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()
