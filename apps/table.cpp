#include "apps/table.hpp"

#include "messages/core/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace nexus::apps {

auto columns_of(std::string_view text) -> std::size_t { return count_characters(text); }

auto render_table(std::vector<std::string> const& heading, std::vector<std::vector<cell>> const& rows,
                  terminal const& where) -> std::string {
  auto lines = std::vector<std::vector<cell>>{{}};
  for (auto const& title : heading) lines.front().push_back({title, "2"});
  for (auto const& row : rows) {
    auto& line = lines.emplace_back();
    for (auto const& [text, style] : row) line.push_back({plain_line(text), style});
  }
  auto widths = std::vector<std::size_t>(heading.size());
  for (auto const& line : lines)
    for (std::size_t i = 0; i < widths.size() && i < line.size(); ++i)
      widths[i] = std::max(widths[i], columns_of(line[i].text));

  auto result = std::string{};
  for (auto const& line : lines) {
    auto room = where.interactive ? static_cast<std::size_t>(where.width) : std::size_t{1'000'000};
    auto gap = std::size_t{0}; // not written before it is known that something follows
    for (std::size_t i = 0; i < line.size() && i < widths.size(); ++i) {
      auto const text = first_characters(line[i].text, room > gap ? room - gap : 0);
      if (!text.empty()) {
        result.append(gap, ' ');
        result += line[i].style.empty() ? std::string{text} : styled(where, line[i].style, text);
        room -= gap + columns_of(text);
        gap = 0;
      }
      gap += widths[i] - columns_of(text) + 2;
    }
    result += '\n';
  }
  return result;
}

auto short_duration(double seconds) -> std::string {
  auto const whole = static_cast<std::int64_t>(std::clamp(seconds, 0.0, 1e12));
  if (whole < 60) return fmt::format("{}s", whole);
  if (whole < 3600) return fmt::format("{}m", whole / 60);
  if (whole < 86'400) return fmt::format("{}h {}m", whole / 3600, whole % 3600 / 60);
  return fmt::format("{}d {}h", whole / 86'400, whole % 86'400 / 3600);
}

} // namespace nexus::apps
