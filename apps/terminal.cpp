#include "apps/terminal.hpp"

#include "actors/readiness/evidence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <sys/ioctl.h>
#include <unistd.h>

namespace nexus::apps {
namespace {

auto variable(char const* name) -> std::string_view {
  auto const* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// As setlocale(3) finds the locale's character set, without loading it.
auto locale_is_utf8() -> bool {
  for (auto const* name : {"LC_ALL", "LC_CTYPE", "LANG"})
    if (auto const value = variable(name); !value.empty())
      return value.find("UTF-8") != std::string_view::npos || value.find("utf8") != std::string_view::npos ||
             value.find("utf-8") != std::string_view::npos;
  return false;
}

} // namespace

auto terminal::of(int file_descriptor, bool no_colour) -> terminal {
  auto result = terminal{};
  result.interactive = ::isatty(file_descriptor) == 1;
  if (!result.interactive) return result;
  result.colour = !no_colour && variable("NO_COLOR").empty() && variable("TERM") != "dumb";
  result.unicode = locale_is_utf8();
  auto size = winsize{};
  if (::ioctl(file_descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) result.width = size.ws_col;
  return result;
}

auto styled(terminal const& where, std::string_view code, std::string_view text) -> std::string {
  return where.colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string{text};
}

auto plain_text(std::string_view text) -> std::string {
  auto const valid = readiness::valid_text(std::string{text});
  auto result = std::string{};
  for (std::size_t i = 0; i < valid.size(); ++i) {
    auto const c = static_cast<unsigned char>(valid[i]);
    auto const next = i + 1 < valid.size() ? static_cast<unsigned char>(valid[i + 1]) : 0u;
    if (c == 0xc2 && next < 0xa0)
      ++i; // a control character of Latin-1's upper half
    else if (c == '\t')
      result += ' ';
    else if (c == '\n' || (c >= 0x20 && c != 0x7f))
      result += valid[i];
  }
  return result;
}

auto plain_line(std::string_view text) -> std::string {
  auto result = plain_text(text);
  std::ranges::replace(result, '\n', ' ');
  return result;
}

} // namespace nexus::apps
