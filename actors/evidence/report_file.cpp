#include "actors/evidence/report_file.hpp"

#include "messages/core/codec.hpp"
#include "messages/core/text.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <glob.h>
#include <memory>
#include <set>
#include <sys/stat.h>

namespace nexus::evidence {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t longest_pattern = 4096;
constexpr std::size_t most_files = 10'000;
constexpr std::size_t most_directories = 100'000;
constexpr std::size_t most_warnings = 100;

auto classify(int problem) -> errc {
  switch (problem) {
  case ENOENT:
  case ENOTDIR:
    return errc::not_found;
  case EACCES:
  case EPERM:
    return errc::permission_denied;
  default:
    return errc::invalid_argument;
  }
}

/// A path as a pattern that matches nothing else.
auto escaped(std::string const& path) -> std::string {
  auto result = std::string{};
  for (auto c : path) {
    if (std::string_view{"*?[]\\"}.find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

/// Collects what a pattern names, directories and files alike.
class globber {
public:
  auto expand(std::string const& pattern) -> expected<void> {
    auto const stars = any_depth(pattern);
    if (stars == std::string::npos) return plain(pattern);
    auto const head = pattern.substr(0, stars);
    auto const tail = pattern.substr(std::min(stars + 3, pattern.size()));
    auto bases = globber{};
    if (auto done = bases.plain(head.empty() ? "." : head); !done) return done;
    for (auto const& base : bases.found_) {
      auto directories = std::vector<fs::path>{base};
      if (auto done = descend(base, directories); !done) return done;
      for (auto const& directory : directories) {
        auto const prefix =
            head.empty() && directory == "." ? std::string{} : escaped((directory / "").lexically_normal().string());
        if (auto done = expand(prefix + (tail.empty() ? "*" : tail)); !done) return done;
      }
    }
    return {};
  }

  auto take() -> std::vector<fs::path> { return std::move(found_); }

private:
  /// Where a component "**" begins.
  static auto any_depth(std::string const& pattern) -> std::size_t {
    for (auto at = pattern.find("**"); at != std::string::npos; at = pattern.find("**", at + 1))
      if ((at == 0 || pattern[at - 1] == '/') && (at + 2 == pattern.size() || pattern[at + 2] == '/')) return at;
    return std::string::npos;
  }

  auto plain(std::string const& pattern) -> expected<void> {
    glob_t matched{};
    auto const cleanup = std::unique_ptr<glob_t, decltype(&globfree)>{&matched, &globfree};
    auto const code = glob(pattern.c_str(), 0, nullptr, &matched);
    if (code == GLOB_NOMATCH) return {};
    if (code != 0) return fail(errc::invalid_argument, "pattern '{}' could not be expanded", pattern);
    for (std::size_t i = 0; i < matched.gl_pathc; ++i) found_.emplace_back(matched.gl_pathv[i]);
    if (found_.size() > most_directories) return fail(errc::too_large, "pattern '{}' matches too much", pattern);
    return {};
  }

  static auto descend(fs::path const& base, std::vector<fs::path>& directories) -> expected<void> {
    auto problem = std::error_code{};
    auto entry = fs::recursive_directory_iterator{base, fs::directory_options::skip_permission_denied, problem};
    for (; !problem && entry != fs::recursive_directory_iterator{}; entry.increment(problem)) {
      auto ignored = std::error_code{};
      if (!entry->is_directory(ignored) || entry->is_symlink(ignored)) continue;
      if (entry->path().filename().string().starts_with('.')) {
        entry.disable_recursion_pending();
        continue;
      }
      if (directories.size() >= most_directories)
        return fail_at(base.string(), errc::too_large, "'**' meets more than {} directories here", most_directories);
      directories.push_back(entry->path());
    }
    return {};
  }

  std::vector<fs::path> found_;
};

} // namespace

auto read_file(fs::path const& path, std::size_t limit) -> expected<report_file> {
  // Not a pipe or a device: reading those can wait for ever.
  struct stat status{};
  if (stat(path.c_str(), &status) != 0)
    return fail_at(path.string(), classify(errno), "the file cannot be read: {}", std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return fail_at(path.string(), errc::invalid_argument, "this is not a regular file");
  auto const too_large = [&] {
    return fail_at(path.string(), errc::too_large, "the file is larger than {} MiB", limit / (1024 * 1024));
  };
  if (static_cast<std::uintmax_t>(status.st_size) > limit) return too_large();

  auto file = std::ifstream{path, std::ios::binary};
  if (!file) return fail_at(path.string(), classify(errno), "the file cannot be read: {}", std::strerror(errno));
  auto result = report_file{path.string(), std::string(static_cast<std::size_t>(status.st_size), '\0'), {}};
  file.read(result.text.data(), static_cast<std::streamsize>(result.text.size()));
  if (file.bad() || static_cast<std::size_t>(file.gcount()) != result.text.size())
    return fail_at(path.string(), errc::invalid_argument, "the file changed or failed while it was read");
  result.modified_at = timestamp{std::chrono::seconds{status.st_mtim.tv_sec} +
                                 std::chrono::milliseconds{status.st_mtim.tv_nsec / 1'000'000}};
  return result;
}

auto expand_glob(std::string const& pattern) -> expected<std::vector<fs::path>> {
  if (pattern.empty() || pattern.size() > longest_pattern || pattern.find('\0') != std::string::npos)
    return fail(errc::invalid_argument, "a pattern has 1 to {} characters", longest_pattern);
  // A file of exactly this name is meant, even if its name reads as a pattern.
  if (auto ignored = std::error_code{}; fs::is_regular_file(pattern, ignored)) return std::vector<fs::path>{pattern};
  auto expansion = globber{};
  if (auto done = expansion.expand(pattern); !done) return tl::unexpected{done.error()};
  auto paths = expansion.take();
  std::erase_if(paths, [](auto const& path) {
    auto ignored = std::error_code{};
    return fs::is_directory(path, ignored);
  });
  std::ranges::sort(paths);
  paths.erase(std::ranges::unique(paths).begin(), paths.end());
  if (paths.empty()) return fail(errc::invalid_argument, "no file matches '{}'", pattern);
  if (paths.size() > most_files)
    return fail(errc::too_large, "'{}' matches {} files; at most {} are read", pattern, paths.size(), most_files);
  return paths;
}

auto expand_globs(std::span<std::string const> patterns) -> expected<std::vector<fs::path>> {
  auto result = std::vector<fs::path>{};
  auto seen = std::set<fs::path>{};
  for (auto const& pattern : patterns) {
    auto paths = expand_glob(pattern);
    if (!paths) return paths;
    for (auto& path : *paths) {
      auto ignored = std::error_code{};
      if (seen.insert(fs::weakly_canonical(path, ignored)).second) result.push_back(std::move(path));
    }
  }
  return result;
}

auto observed_at(std::optional<std::string_view> own_time, std::optional<timestamp> written_at)
    -> std::optional<timestamp> {
  if (!own_time || own_time->size() < 11) return written_at;
  auto const zone = own_time->find_first_of("Zz+-", 11) != std::string_view::npos;
  auto const time = parse_timestamp(zone ? std::string{*own_time} : std::string{*own_time} + "Z");
  if (!time) return written_at;
  return zone ? *time : oldest(*time, written_at);
}

auto oldest(std::optional<timestamp> left, std::optional<timestamp> right) -> std::optional<timestamp> {
  if (!left || !right) return left ? left : right;
  return std::min(*left, *right);
}

auto clip(std::string_view text, std::size_t limit) -> std::string {
  constexpr auto space = std::string_view{" \t\r\n"};
  auto const first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  text = text.substr(first, text.find_last_not_of(space) - first + 1);

  auto result = std::string{};
  while (!text.empty()) {
    auto const length = character_length(text);
    auto const piece = length > 0 ? text.substr(0, length) : std::string_view{"\xef\xbf\xbd"};
    text.remove_prefix(std::max<std::size_t>(length, 1));
    auto const c = static_cast<unsigned char>(piece.front());
    if (c == 0x7f || (c < 0x20 && c != '\n' && c != '\t')) continue;
    // White space may come to the front once control characters are gone.
    if (result.empty() && space.find(piece.front()) != std::string_view::npos) continue;
    if (result.size() + piece.size() > limit) {
      // Room for the dots.
      result.resize(beginning(result, limit < 3 ? 0 : limit - 3).size());
      return result + "...";
    }
    result += piece;
  }
  while (!result.empty() && space.find(result.back()) != std::string_view::npos) result.pop_back();
  return result;
}

auto place(std::string const& source, std::string_view text, std::size_t offset) -> std::string {
  auto const before = text.substr(0, std::min(offset, text.size()));
  auto const line = 1 + std::ranges::count(before, '\n');
  auto const column = before.size() - (before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1) + 1;
  return fmt::format("{}:{}:{}", source, line, column);
}

auto joined_sources(std::span<std::string const> sources) -> std::string {
  if (sources.empty()) return {};
  if (sources.size() == 1) return sources.front();
  return fmt::format("{} and {} more", sources.front(), sources.size() - 1);
}

void warn(std::vector<std::string>& warnings, std::string text) {
  if (warnings.size() < most_warnings)
    warnings.push_back(std::move(text));
  else if (warnings.size() == most_warnings)
    warnings.push_back("there are more warnings than are kept");
}

} // namespace nexus::evidence
