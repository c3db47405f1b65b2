#include "simulator/jenkins.hpp"
#include "simulator/planted_secret.hpp"
#include "simulator/random.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace nexus::simulator::jenkins {
namespace {

/// Lines of a console, most of them led by a time stamp as the Timestamper plugin writes it.
class console {
public:
  explicit console(instant start) : at_(start) {}

  template <class... Args>
  void line(fmt::format_string<Args...> text, Args&&... args) {
    text_ += '[' + iso_time(at_).insert(19, ".000") + "] ";
    fmt::format_to(std::back_inserter(text_), text, std::forward<Args>(args)...);
    text_ += '\n';
  }
  void plain(std::string_view text) { (text_ += text) += '\n'; }
  void wait(int seconds) { at_ += std::chrono::seconds{seconds}; }
  auto take() -> std::string { return std::move(text_); }

private:
  std::string text_;
  instant at_;
};

constexpr std::array<std::string_view, 14> sources{
    "api/routes",     "api/export_stream", "api/download",   "storage/query_builder",
    "storage/quota",  "storage/journal",   "pipeline/stage", "pipeline/retry",
    "security/token", "security/policy",   "tools/import",   "notify/webhook",
    "notify/mail",    "core/clock"};

void compile(console& out, std::size_t from, std::size_t to) {
  for (auto i = from; i < to; ++i) {
    out.wait(3);
    out.line("[{}/{}] Building CXX object src/CMakeFiles/nexus.dir/{}.cpp.o", i + 1, sources.size() + 2, sources[i]);
  }
}

void fail_compile(console& out, dice& roll) {
  auto broken = 1 + roll.below(sources.size() - 2);
  auto line_number = roll.between(40, 260);
  compile(out, 0, broken);
  out.line("[{}/{}] Building CXX object src/CMakeFiles/nexus.dir/{}.cpp.o", broken + 1, sources.size() + 2,
           sources[broken]);
  out.line("FAILED: src/CMakeFiles/nexus.dir/{}.cpp.o", sources[broken]);
  out.line("/usr/bin/ccache /usr/bin/g++-12 -I/workspace/src -O2 -std=c++20 -Wall -Wextra -o "
           "src/CMakeFiles/nexus.dir/{0}.cpp.o -c /workspace/src/{0}.cpp",
           sources[broken]);
  out.line("/workspace/src/{}.cpp: In member function 'void nexus::export_job::run(const nexus::request&)':",
           sources[broken]);
  if (roll.chance(50)) {
    out.line("/workspace/src/{}.cpp:{}:{}: error: 'class nexus::export_job' has no member named 'chunk_size'; did you "
             "mean 'chunk_size_'?",
             sources[broken], line_number, roll.between(5, 40));
    out.line("{:5} |   auto limit = job.chunk_size;", line_number);
    out.line("      |                    ^~~~~~~~~~");
    out.line("      |                    chunk_size_");
  } else {
    out.line("/workspace/src/{}.cpp:{}:{}: error: no matching function for call to 'nexus::writer::append(int, const "
             "string&)'",
             sources[broken], line_number, roll.between(5, 40));
    out.line("{:5} |   writer_.append(0, line);", line_number);
    out.line("      |   ~~~~~~~~~~~~~~^~~~~~~~~");
    out.line("/workspace/src/storage/writer.hpp:58:8: note: candidate: 'void nexus::writer::append(std::string_view)'");
    out.line("   58 |   void append(std::string_view text);");
    out.line("      |        ^~~~~~");
    out.line("/workspace/src/storage/writer.hpp:58:8: note:   candidate expects 1 argument, 2 provided");
  }
  out.wait(2);
  out.line("ninja: build stopped: subcommand failed.");
  out.line("script returned exit code 1");
}

void run_pytest(console& out, data_set const& world, job const& j, build const& b) {
  auto tests = tests_of(world, j, b);
  auto failing = failing_tests(j, b);
  out.line("+ python3 -m pytest tests/integration --junitxml=build/reports/pytest.xml");
  out.line("============================= test session starts ==============================");
  out.line("platform linux -- Python 3.11.2, pytest-7.2.1, pluggy-1.0.0");
  out.line("rootdir: /workspace, configfile: pyproject.toml");
  out.line("collected {} items", tests.size());
  out.plain("");
  std::string suite, marks;
  std::size_t done = 0;
  auto flush = [&] {
    if (marks.empty()) return;
    out.wait(2);
    out.line("tests/integration/{}.py {:<60}[{:3}%]", suite, marks, done * 100 / tests.size());
    marks.clear();
  };
  for (std::size_t i = 0; i < tests.size(); ++i) {
    if (tests[i].suite != suite) flush();
    suite = tests[i].suite;
    marks += std::find(failing.begin(), failing.end(), i) != failing.end() ? 'F' : '.';
    ++done;
  }
  flush();
  out.plain("");
  if (failing.empty()) {
    out.line("======================= {} passed in {}.{:02}s =======================", tests.size(), 40 + b.number % 50,
             b.number % 100);
    return;
  }
  out.line("=================================== FAILURES ===================================");
  for (auto i : failing) {
    auto const& t = tests[i];
    auto at = 20 + hash_text(t.name) % 120;
    out.line("______________________ {} ______________________", t.name);
    out.plain("");
    out.line("    def {}(client, clock):", t.name);
    out.line(">       assert response.status_code == 200, response.text");
    out.line("E       AssertionError: {{\"error\": \"page token does not belong to this query\"}}");
    out.line("E       assert 500 == 200");
    out.line("E        +  where 500 = <Response [500]>.status_code");
    out.plain("");
    out.line("tests/integration/{}.py:{}: AssertionError", t.suite, at);
  }
  out.line("=========================== short test summary info ============================");
  for (auto i : failing)
    out.line("FAILED tests/integration/{}.py::{} - AssertionError: page token does not belong to this query",
             tests[i].suite, tests[i].name);
  out.line("================== {} failed, {} passed in {}.{:02}s ==================", failing.size(),
           tests.size() - failing.size(), 40 + b.number % 50, b.number % 100);
  out.line("script returned exit code 1");
}

void run_maven(console& out, data_set const& world, job const& j, build const& b) {
  auto tests = tests_of(world, j, b);
  auto failing = failing_tests(j, b);
  out.line("+ mvn --batch-mode verify");
  out.line("[INFO] Scanning for projects...");
  out.line("[INFO] --------------------< com.example.nexus:connector >--------------------");
  out.line("[INFO] --- maven-surefire-plugin:3.0.0:test (default-test) @ connector ---");
  out.line("[INFO] -------------------------------------------------------");
  out.line("[INFO]  T E S T S");
  out.line("[INFO] -------------------------------------------------------");
  for (std::size_t i = 0; i < tests.size();) {
    auto end = i;
    std::size_t failures = 0;
    for (; end < tests.size() && tests[end].suite == tests[i].suite; ++end)
      failures += std::find(failing.begin(), failing.end(), end) != failing.end() ? 1 : 0;
    out.wait(1);
    out.line("[{}] Tests run: {}, Failures: {}, Errors: 0, Skipped: 0, Time elapsed: 0.{:03} s{} - in {}",
             failures > 0 ? "ERROR" : "INFO", end - i, failures, 100 + i % 800, failures > 0 ? " <<< FAILURE!" : "",
             tests[i].class_name);
    i = end;
  }
  if (failing.empty()) {
    out.line("[INFO] Tests run: {}, Failures: 0, Errors: 0, Skipped: {}", tests.size(), b.skipped_tests);
    out.line("[INFO] BUILD SUCCESS");
    return;
  }
  for (auto i : failing) {
    auto const& t = tests[i];
    out.line("[ERROR] {}.{}  Time elapsed: 0.012 s  <<< FAILURE!", t.class_name, t.name);
    out.line("org.opentest4j.AssertionFailedError: expected: <3> but was: <2>");
    out.line("\tat org.junit.jupiter.api.AssertionUtils.fail(AssertionUtils.java:55)");
    out.line("\tat {}.{}({}.java:{})", t.class_name, t.name, t.class_name.substr(t.class_name.rfind('.') + 1),
             20 + hash_text(t.name) % 120);
  }
  out.line("[ERROR] Tests run: {}, Failures: {}, Errors: 0, Skipped: {}", tests.size(), failing.size(),
           b.skipped_tests);
  out.line("[INFO] BUILD FAILURE");
  out.line("[ERROR] Failed to execute goal org.apache.maven.plugins:maven-surefire-plugin:3.0.0:test (default-test) on "
           "project connector: There are test failures.");
}

void run_npm(console& out, bool fails) {
  out.line("+ npm ci");
  out.line("added 1184 packages, and audited 1185 packages in 21s");
  out.line("+ npm run build");
  out.line("> web@1.0.0 build");
  out.line("> tsc --noEmit && vite build");
  out.wait(18);
  if (!fails) {
    out.line("✓ 1312 modules transformed.");
    out.line("dist/index.html                   0.62 kB");
    out.line("dist/assets/index-4f1c2a7b.js   418.20 kB");
    out.line("✓ built in 9.84s");
    return;
  }
  out.line("src/pages/Checkout.tsx(88,21): error TS2345: Argument of type 'string | undefined' is not assignable to "
           "parameter of type 'string'.");
  out.line("  Type 'undefined' is not assignable to type 'string'.");
  out.line("npm ERR! code ELIFECYCLE");
  out.line("npm ERR! errno 2");
  out.line("npm ERR! web@1.0.0 build: `tsc --noEmit && vite build`");
  out.line("npm ERR! Exit status 2");
  out.line("script returned exit code 2");
}

void run_deployment(console& out, build const& b) {
  auto parameter = [&](std::string_view name) {
    for (auto const& [key, value] : b.parameters)
      if (key == name) return value;
    return std::string{};
  };
  out.line("+ ./deploy.sh --version {} --environment {}", parameter("VERSION"), parameter("ENVIRONMENT"));
  out.line("Pulling image registry.example.com/nexus/backend:{}", b.sha.substr(0, 12));
  out.wait(25);
  if (b.cause == failure::permission_denied) {
    out.line("cp: cannot create regular file '/srv/nexus/releases/{}/nexus': Permission denied", b.sha.substr(0, 12));
    out.line("deploy.sh: line 74: /srv/nexus/current: Permission denied");
    out.line("script returned exit code 1");
    return;
  }
  out.line("Rolling out 1 of 3 instances");
  out.wait(20);
  out.line("Rolling out 2 of 3 instances");
  out.wait(20);
  if (b.cause == failure::timeout) {
    out.line("Waiting for instance 3 to become healthy: http://10.20.0.13:8080/health answered 503");
    out.wait(600);
    out.line("Cancelling nested steps due to timeout");
    out.line("Sending interrupt signal to process");
    out.line("Timeout has been exceeded");
    return;
  }
  out.line("Rolling out 3 of 3 instances");
  out.line("All instances are healthy");
}

void run_tools(console& out, data_set const& world, job const& j, build const& b, dice& roll) {
  switch (b.cause) {
  case failure::missing_package:
    out.line("+ apt-get install --yes --no-install-recommends libhiredis-dev librdkafka-dev");
    out.line("Reading package lists...");
    out.line("Building dependency tree...");
    out.line("E: Unable to locate package librdkafka-dev");
    out.line("script returned exit code 100");
    return;
  case failure::compile_error:
    out.line("+ cmake --preset release && cmake --build --preset release");
    out.line("-- The CXX compiler identification is GNU 12.2.0");
    return fail_compile(out, roll);
  case failure::out_of_memory:
    out.line("+ cmake --build --preset release -j 16");
    compile(out, 0, sources.size() / 2);
    out.line("g++-12: fatal error: Killed signal terminated program cc1plus");
    out.line("compilation terminated.");
    out.line("[kernel] Out of memory: Killed process 21733 (cc1plus) total-vm:4718592kB, anon-rss:4181204kB");
    out.line("ninja: build stopped: subcommand failed.");
    out.line("script returned exit code 137");
    return;
  case failure::npm_build:
    return run_npm(out, true);
  case failure::permission_denied:
    out.line("+ ./scripts/build.sh");
    out.line("/workspace/scripts/build.sh: Permission denied");
    out.line("script returned exit code 126");
    return;
  default:
    break;
  }
  if (j.repository == 1) {
    run_npm(out, false);
  } else {
    out.line("+ cmake --preset release && cmake --build --preset release");
    compile(out, 0, sources.size());
    out.line("[{0}/{0}] Linking CXX executable nexus", sources.size() + 2);
  }
  if (b.cause == failure::timeout) {
    out.line("+ python3 -m pytest tests/load");
    out.line("tests/load/test_soak.py ...");
    out.wait(1800);
    out.line("Cancelling nested steps due to timeout");
    out.line("Sending interrupt signal to process");
    out.line("Terminated");
    out.line("Timeout has been exceeded");
    return;
  }
  if (b.tests == 0) return;
  if (b.cause == failure::java_tests || j.full_name.find("backend") != std::string::npos)
    run_maven(out, world, j, b);
  else
    run_pytest(out, world, j, b);
  if (b.coverage) out.line("[Coverage] Line coverage: {:.2f} % (threshold 80.00 %)", *b.coverage);
}

} // namespace

auto console_text(data_set const& world, job const& j, build const& b) -> std::string {
  auto const& repo = world.repositories[j.repository];
  dice roll{world.seed ^ static_cast<std::uint64_t>(b.number), j.full_name};
  console out{b.start};
  out.plain(b.by_timer ? "Started by timer" : "Started by user " + world.people[b.started_by].name);
  out.plain("Running as SYSTEM");
  out.plain("[Pipeline] Start of Pipeline");
  out.line("Running on agent-{:02} in /var/lib/jenkins/workspace/{}", b.number % 4 + 1, j.full_name);
  out.line("Cloning repository https://github.com/{}.git", repo.full_name());
  out.line(" > git fetch --tags --force --progress -- https://github.com/{}.git +refs/heads/*:refs/remotes/origin/*",
           repo.full_name());
  out.wait(4);
  out.line("Checking out Revision {} ({})", b.sha, b.branch);
  if (auto found = repo.by_sha.find(b.sha); found != repo.by_sha.end()) {
    auto const& message = repo.commits[found->second].message;
    out.line("Commit message: \"{}\"", message.substr(0, message.find('\n')));
  }
  // Somebody's debugging aid, left in the pipeline of the build that everybody looks at.
  if (&j == &world.jobs.front() && b.number == 143)
    out.line("+ curl -H 'Authorization: Bearer {}' https://artifacts.example.com/cache.tar", planted_secret);
  if (b.parameters.empty())
    run_tools(out, world, j, b, roll);
  else
    run_deployment(out, b);
  out.plain("[Pipeline] End of Pipeline");
  if (b.result == "FAILURE") out.plain("ERROR: script returned exit code 1");
  out.plain("Finished: " + b.result);
  return out.take();
}

} // namespace nexus::simulator::jenkins
