#include "runtime/telemetry/metrics.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sys/resource.h>
#include <unistd.h>

namespace nexus {
namespace {

auto read_small_file(char const* path) -> std::string {
  auto stream = std::ifstream{path};
  auto text = std::string(64 * 1024, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, stream.gcount())));
  return text;
}

/// Field `number` of /proc/self/stat, counted from 1 as proc(5) does. The second field, the name in parentheses, may
/// hold blanks, so counting starts behind it.
auto stat_field(std::string_view stat, int number) -> std::optional<double> {
  auto const name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  auto rest = stat.substr(name_end + 1);
  for (int field = 3; !rest.empty(); ++field) {
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    auto const text = rest.substr(0, rest.find(' '));
    if (field == number) {
      auto value = 0.0;
      auto const [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
      return code == std::errc{} ? std::optional{value} : std::nullopt;
    }
    rest.remove_prefix(text.size());
  }
  return std::nullopt;
}

/// When the machine started, as seconds since the epoch: "btime" of /proc/stat.
auto boot_time() -> std::optional<double> {
  auto stream = std::ifstream{"/proc/stat"};
  for (auto word = std::string{}; stream >> word;) {
    auto value = 0.0;
    if (word == "btime" && stream >> value) return value;
    stream.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return std::nullopt;
}

auto count_open_files() -> std::optional<double> {
  auto failure = std::error_code{};
  auto count = 0.0;
  for (auto it = std::filesystem::directory_iterator{"/proc/self/fd", failure}; !failure && it != decltype(it){};
       it.increment(failure))
    ++count;
  // The directory itself was open while it was counted.
  return count > 0 ? std::optional{count - 1} : std::nullopt;
}

} // namespace

auto collect_process_metrics() -> std::vector<prometheus::MetricFamily> {
  auto families = std::vector<prometheus::MetricFamily>{};
  auto const add = [&](char const* name, char const* help, prometheus::MetricType type, std::optional<double> value) {
    if (!value) return;
    auto metric = prometheus::ClientMetric{};
    if (type == prometheus::MetricType::Counter)
      metric.counter.value = *value;
    else
      metric.gauge.value = *value;
    families.push_back({name, help, type, {std::move(metric)}});
  };
  using enum prometheus::MetricType;
  auto const stat = read_small_file("/proc/self/stat");
  auto const ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  auto const page = static_cast<double>(sysconf(_SC_PAGESIZE));
  auto const scaled = [](std::optional<double> value, double factor) {
    return value ? std::optional{*value * factor} : std::nullopt;
  };
  auto const user = stat_field(stat, 14), system = stat_field(stat, 15);
  add("process_cpu_seconds_total", "User and system CPU time spent in seconds.", Counter,
      user && system ? std::optional{(*user + *system) / ticks} : std::nullopt);
  add("process_resident_memory_bytes", "Resident memory size in bytes.", Gauge, scaled(stat_field(stat, 24), page));
  add("process_virtual_memory_bytes", "Virtual memory size in bytes.", Gauge, stat_field(stat, 23));
  add("process_threads", "Threads of the process.", Gauge, stat_field(stat, 20));
  add("process_open_fds", "Open file descriptors.", Gauge, count_open_files());
  auto limit = rlimit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
    add("process_max_fds", "Most file descriptors that may be open.", Gauge, static_cast<double>(limit.rlim_cur));
  // Neither figure changes, and /proc/stat is costly to read.
  static auto const booted = boot_time();
  auto const started = scaled(stat_field(stat, 22), 1 / ticks);
  add("process_start_time_seconds", "Start of the process since the epoch in seconds.", Gauge,
      booted && started ? std::optional{*booted + *started} : std::nullopt);
  return families;
}

} // namespace nexus
