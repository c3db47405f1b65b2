#include "actors/reporting/render_report.hpp"

#include "actors/reporting/report_text.hpp"
#include "actors/reporting/report_view.hpp"
#include "embedded/report_absence.hpp"
#include "embedded/report_html.hpp"
#include "embedded/report_markdown.hpp"
#include "embedded/report_storage.hpp"
#include "messages/core/text.hpp"

namespace nexus::reporting {
namespace {

using kainjow::mustache::mustache;

auto fill_in(std::string_view text, auto (*escape)(std::string_view)->std::string, kainjow::mustache::data const& view)
    -> std::string {
  auto page = mustache{std::string{text}};
  page.set_custom_escape(escape);
  auto result = std::string{};
  result.reserve(text.size() * 2);
  page.render(view, [&](std::string const& part) { result += part; });
  return result;
}

} // namespace

auto render(report const& of, report_format format) -> std::string {
  auto const view = view_of(of);
  switch (format) {
  case report_format::html:
    return fill_in(embedded::report_html(), xml_escaped, view);
  case report_format::markdown:
    return fill_in(embedded::report_markdown(), markdown_escaped, view);
  case report_format::storage:
    break;
  }
  return fill_in(embedded::report_storage(), xml_escaped, view);
}

auto render_absence(std::string_view title, std::string_view why) -> std::string {
  auto view = kainjow::mustache::data{};
  view.set("title", clean(title, 200));
  view.set("why", clean(why));
  return fill_in(embedded::report_absence(), xml_escaped, view);
}

} // namespace nexus::reporting
