#include "actors/reporting/render_report.hpp"
#include "messages/core/codec.hpp"
#include "simulator/storage_format.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

/// Whatever the texts and titles of a release hold, the page made of them is one that Confluence takes. The input is a
/// report's statement in JSON, or text that stands in every place of one.
extern "C" auto LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) -> int {
  using namespace nexus;
  auto const text = std::string_view{reinterpret_cast<char const*>(data), size};
  auto made = reporting::report{};
  auto subject = report_subject{};
  if (auto const stated = decode_json_text<report_subject>(text, decode_mode::open)) subject = *stated;
  made.stated = subject.stats.value_or(report_stats{});
  made.tickets = subject.jira_tickets;
  made.builds = subject.builds;
  made.scans = subject.security_scans;
  made.evidence = reporting::stated_evidence(*made.stated, {});
  auto const any = std::string{text};
  made.id = made.publication = made.decision.release = made.decision.rationale = any;
  made.decision.blockers = made.decision.risks = made.decision.unknowns = {any};
  made.stated->go_no_go = any;
  made.tickets.push_back({.key = any, .summary = any, .status = any, .assignee = report_person{any}});
  made.builds.push_back({.job_name = any, .status = any, .url = any});
  if (!simulator::confluence::check_storage(reporting::render(made, report_format::storage))) std::abort();
  if (!is_utf8(reporting::render(made, report_format::html))) std::abort();
  if (!is_utf8(reporting::render(made, report_format::markdown))) std::abort();
  return 0;
}
