#include "embedded/docs_page_html.hpp"
#include "runtime/http/bridge.hpp"

namespace nexus::http {
namespace {

auto escape_html(std::string_view text) -> std::string {
  auto escaped = std::string{};
  for (auto const c : text) switch (c) {
    case '&':
      escaped += "&amp;";
      break;
    case '<':
      escaped += "&lt;";
      break;
    case '>':
      escaped += "&gt;";
      break;
    default:
      escaped += c;
    }
  return escaped;
}

} // namespace

auto docs_page(std::string_view title) -> std::string {
  constexpr auto mark = std::string_view{"{{title}}"};
  auto const shown = escape_html(title);
  auto page = std::string{embedded::docs_page_html()};
  for (auto at = page.find(mark); at != std::string::npos; at = page.find(mark, at + shown.size()))
    page.replace(at, mark.size(), shown);
  return page;
}

} // namespace nexus::http
