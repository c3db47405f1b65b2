#pragma once

#include "actors/reporting/report.hpp"

#include <string>
#include <string_view>

namespace nexus::reporting {

/// The report as text. Whatever its texts hold, the result is what it should be: HTML and Markdown without mark-up of
/// theirs, storage format that is well-formed XML. A figure without a value reads "not available", with the reason.
auto render(report const& of, report_format format) -> std::string;

/// A page of one sentence that says that there is no report, and why.
auto render_absence(std::string_view title, std::string_view why) -> std::string;

} // namespace nexus::reporting
