#pragma once

#include "apps/terminal.hpp"

#include <string>
#include <vector>

namespace nexus::apps {

/// One cell of a table: a text on one line, and how it looks (see styled()).
struct cell {
  std::string text;
  std::string style = {};
};

/// Rows below a heading, columns wide enough for what they hold. On a terminal lines end at its width.
auto render_table(std::vector<std::string> const& heading, std::vector<std::vector<cell>> const& rows,
                  terminal const& where) -> std::string;

/// Columns that a text takes: one for each code point.
auto columns_of(std::string_view text) -> std::size_t;

/// "45s", "12m", "3h 20m", "2d 4h".
auto short_duration(double seconds) -> std::string;

} // namespace nexus::apps
