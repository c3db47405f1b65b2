#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nexus::simulator {

/// Every time in the world has whole seconds, in UTC.
using instant = std::chrono::sys_seconds;

/// "2026-03-02T09:30:00Z" (GitHub).
auto iso_time(instant when) -> std::string;
/// "2026-03-02T09:30:00.000+0000" (Jira's platform API).
auto jira_time(instant when) -> std::string;
/// "2026-03-02T09:30:00.000Z" (Jira's agile API).
auto agile_time(instant when) -> std::string;
/// "2026-03-02".
auto date_text(instant when) -> std::string;
/// "09:30:00".
auto clock_text(instant when) -> std::string;
/// "Mon, 02 Mar 2026 09:30:00 GMT" (RFC 9110, section 5.6.7).
auto http_date(instant when) -> std::string;
/// Milliseconds since 1970 (Jenkins).
auto epoch_ms(instant when) -> std::int64_t;
/// Midnight of that day.
auto day_of(instant when) -> instant;

/// Reads "2026-03-02", "2026/03/02", either with " 09:30" behind it, and ISO 8601 in UTC ("2026-03-02T09:30:00Z").
auto parse_time(std::string_view text) -> std::optional<instant>;
/// Reads a span as JQL writes it: "-7d", "4w 2d", "-1w", "30m" (m minutes, h hours, d days, w weeks).
auto parse_span(std::string_view text) -> std::optional<std::chrono::seconds>;

} // namespace nexus::simulator
