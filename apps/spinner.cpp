#include "apps/spinner.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace nexus::apps {

spinner::spinner(std::string text)
    : where_(terminal::of(2)), text_(std::move(text)), begun_(std::chrono::steady_clock::now()) {}

spinner::~spinner() {
  if (turns_ > 0) std::fputs("\r\x1b[K", stderr);
}

void spinner::turn() {
  if (!where_.interactive || text_.empty()) return;
  static constexpr std::string_view braille[]{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
  static constexpr std::string_view ascii[]{"|", "/", "-", "\\"};
  auto const mark = where_.unicode ? braille[turns_ % std::size(braille)] : ascii[turns_ % std::size(ascii)];
  ++turns_;
  auto const seconds =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begun_).count();
  auto const room = where_.width > 20 ? static_cast<std::size_t>(where_.width - 12) : std::size_t{8};
  auto const line = fmt::format("\r\x1b[K{} {} {}s", mark, plain_line(text_).substr(0, room), seconds);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

} // namespace nexus::apps
