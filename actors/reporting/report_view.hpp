#pragma once

#include "actors/reporting/report.hpp"

#include <kainjow/mustache.hpp>
#include <string_view>

namespace nexus::reporting {

/// How good something is, as reports colour it. The word beside it says the same.
enum class level : std::uint8_t { good, fair, poor, none };

/// What colour a ticket's or build's status has, by the words that trackers and servers use; none for others.
auto level_of_status(std::string_view status) -> level;

/// What the templates show of a report: every text cleaned and put into words, nothing escaped. A row has every member
/// that its template names, for a missing one would be looked for outside the row.
auto view_of(report const& of) -> kainjow::mustache::data;

} // namespace nexus::reporting
