#pragma once

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <map>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

/// Runs the built program as a user's shell would.

namespace nexus::apps {

/// A directory of its own for one test, removed afterwards.
class temporary_directory {
public:
  temporary_directory() {
    auto pattern = (std::filesystem::temp_directory_path() / "nexus-cli-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~temporary_directory() {
    auto ignored = std::error_code{};
    std::filesystem::remove_all(path_, ignored);
  }
  temporary_directory(temporary_directory const&) = delete;
  auto operator=(temporary_directory const&) -> temporary_directory& = delete;

  auto path() const -> std::string { return path_.string(); }
  auto write(std::string const& name, std::string_view text) const -> std::string {
    auto const file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary} << text;
    return file.string();
  }

private:
  std::filesystem::path path_;
};

inline auto read_all(std::string const& path) -> std::string {
  auto file = std::ifstream{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// One call of the program.
struct invocation {
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment = {};
  /// Where it runs; empty for a directory of its own.
  std::string directory = {};
  std::string input = {};
  /// Standard output is a terminal of 100 columns.
  bool on_terminal = false;
};

struct outcome {
  /// The exit code; 1000 and the signal for one that was killed.
  int code = 0;
  std::string out;
  std::string err;

  auto json() const -> nlohmann::json {
    auto document = nlohmann::json::parse(out, nullptr, false);
    BOOST_REQUIRE_MESSAGE(!document.is_discarded(), "no JSON: " << out << err);
    return document;
  }
};

/// The program while it runs. Ended by SIGKILL when this is destroyed first.
class process {
public:
  explicit process(invocation const& what, char const* program = NEXUS_PROGRAM) {
    auto const input = directory_.write("stdin", what.input);
    auto const errors = directory_.path() + "/stderr";
    int ends[2];
    if (what.on_terminal) {
      auto size = winsize{.ws_row = 40, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
      BOOST_REQUIRE(openpty(&ends[0], &ends[1], nullptr, nullptr, &size) == 0);
    } else {
      BOOST_REQUIRE(pipe(ends) == 0);
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    auto texts = std::vector<std::string>{program};
    texts.insert(texts.end(), what.arguments.begin(), what.arguments.end());
    auto variables = environment_of(what);
    auto const directory = what.directory.empty() ? directory_.path() : what.directory;
    auto const argv = pointers(texts), envp = pointers(variables);
    pid_ = fork();
    BOOST_REQUIRE(pid_ >= 0);
    if (pid_ == 0) { // only what is safe between fork and exec
      auto const in = open(input.c_str(), O_RDONLY);
      auto const err = open(errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      if (in < 0 || err < 0 || dup2(in, 0) < 0 || dup2(ends[1], 1) < 0 || dup2(err, 2) < 0) _exit(126);
      close(ends[1]);
      if (chdir(directory.c_str()) != 0) _exit(126);
      execvpe(program, argv.data(), envp.data());
      _exit(127);
    }
    close(ends[1]);
    output_ = ends[0];
  }
  ~process() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(output_);
  }
  process(process const&) = delete;
  auto operator=(process const&) -> process& = delete;

  /// Reads standard output until it holds `text`; fails the test after a minute.
  auto read_until(std::string_view text) -> std::string const& {
    while (out_.find(text) == std::string::npos)
      BOOST_REQUIRE_MESSAGE(read_some(), "waiting for '" << text << "': " << out_ << errors());
    return out_;
  }
  void send_signal(int number) const { kill(pid_, number); }
  auto errors() const -> std::string { return read_all(directory_.path() + "/stderr"); }

  /// Waits for the end.
  auto finish() -> outcome {
    while (read_some()) {
    }
    auto status = 0;
    BOOST_REQUIRE(waitpid(pid_, &status, 0) == pid_);
    pid_ = -1;
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status), out_, errors()};
  }

private:
  static constexpr int patience_ms = 60'000;

  static auto environment_of(invocation const& what) -> std::vector<std::string> {
    auto variables =
        std::map<std::string, std::string>{{"LC_ALL", "C.UTF-8"}, {"TERM", "xterm"}, {"HOME", "/nonexistent"}};
    for (auto const* inherited : {"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"})
      if (auto const* value = std::getenv(inherited)) variables[inherited] = value;
    for (auto const& [name, value] : what.environment) variables[name] = value;
    auto texts = std::vector<std::string>{};
    for (auto const& [name, value] : variables) texts.push_back(fmt::format("{}={}", name, value));
    return texts;
  }

  static auto pointers(std::vector<std::string>& texts) -> std::vector<char*> {
    auto result = std::vector<char*>{};
    for (auto& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
  }

  /// False at the end of the output.
  auto read_some() -> bool {
    auto ready = pollfd{output_, POLLIN, 0};
    BOOST_REQUIRE_MESSAGE(poll(&ready, 1, patience_ms) == 1,
                          "the program says nothing for a minute: " << out_ << errors());
    char bytes[4096];
    auto const count = read(output_, bytes, sizeof bytes); // a terminal that nobody holds any more is an error
    if (count <= 0) return false;
    out_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

  temporary_directory directory_;
  pid_t pid_ = -1;
  int output_ = -1;
  std::string out_;
};

inline auto run(invocation const& what) -> outcome { return process{what}.finish(); }
inline auto run(std::vector<std::string> arguments) -> outcome { return run(invocation{std::move(arguments)}); }

inline auto contains(std::string const& text, std::string_view part) -> boost::test_tools::assertion_result {
  auto result = boost::test_tools::assertion_result{text.find(part) != std::string::npos};
  if (!result) result.message() << "'" << part << "' is not in: " << text;
  return result;
}

} // namespace nexus::apps
