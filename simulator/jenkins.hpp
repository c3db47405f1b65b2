#pragma once

#include "messages/core/error.hpp"
#include "simulator/data.hpp"
#include "simulator/web.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Jenkins' remote API with the git, junit, coverage and folder plugins.
namespace nexus::simulator::jenkins {

/// Answers a request below Jenkins' root. Credentials have been checked.
auto answer(data_set& world, visit const& v) -> http::response;

/// What happens by itself up to now: queued builds begin two seconds after they were asked for, and end half a minute
/// later.
void go_on(data_set& world, instant now);
/// Asks for a build: POST job/.../build and buildWithParameters. Nothing for other paths behind the job.
auto answer_trigger(data_set& world, visit const& v, std::size_t job, std::span<std::string const> rest)
    -> std::optional<http::response>;
/// Everything below queue/; `rest` is the path behind it.
auto answer_queue(data_set const& world, visit const& v, std::span<std::string const> rest) -> http::response;

/// An error page in HTML, as Jenkins' servlet container writes it.
auto problem(int status, std::string_view reason) -> http::response;
/// 401 for credentials that are not accepted, 403 without any.
auto unauthenticated(bool had_credentials) -> http::response;

/// The query parameter `tree`: "number,actions[lastBuiltRevision[SHA1]],builds[number]{0,10}".
class tree_filter {
public:
  /// Deeper or longer filters are refused.
  static constexpr int max_depth = 16;
  static constexpr std::size_t max_length = 8'192;

  static auto parse(std::string_view text) -> expected<tree_filter>;
  /// The filter for a member; nothing when it is not asked for.
  auto find(std::string_view member) const -> tree_filter const*;
  /// Cuts a value down to what is asked for. `_class` always stays.
  auto apply(json const& value) const -> json;
  /// The rows of a list of that length that are asked for: from, to.
  auto rows(std::size_t length) const -> std::pair<std::size_t, std::size_t>;

private:
  struct parser;
  struct entry;
  std::vector<entry> members_;
  std::optional<std::size_t> from_, to_;
};

struct tree_filter::entry {
  std::string name;
  tree_filter inner;
};

/// Renders what `wanted` asks for and nothing else; everything when it is null.
auto render_build(data_set const& world, std::string_view base, job const& j, build const& b, tree_filter const* wanted)
    -> json;
auto render_job(data_set const& world, std::string_view base, job const& j, tree_filter const* wanted) -> json;
auto job_url(std::string_view base, std::string_view full_name) -> std::string;

/// The junit plugin's report; null when the build has none.
auto render_tests(data_set const& world, job const& j, build const& b) -> json;
/// "result/api/json": the statistics as the code-coverage-api plugin lists them; "api/json": those of its successor,
/// the coverage plugin. Null when nothing was published.
auto render_coverage(job const& j, build const& b, bool successor) -> json;
/// The console's text.
auto console_text(data_set const& world, job const& j, build const& b) -> std::string;

/// Names of the tests of a job, "class" and "name", and which of them fail in a build.
struct test_name {
  std::string suite, class_name, name;
};
auto tests_of(data_set const& world, job const& j, build const& b) -> std::vector<test_name>;
/// Indices into tests_of() of those that fail.
auto failing_tests(job const& j, build const& b) -> std::vector<std::size_t>;

} // namespace nexus::simulator::jenkins
