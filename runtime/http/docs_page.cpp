#include "embedded/docs_page_html.hpp"
#include "messages/core/text.hpp"
#include "runtime/http/bridge.hpp"

namespace nexus::http {

auto docs_page(std::string_view title) -> std::string {
  constexpr auto mark = std::string_view{"{{title}}"};
  auto const shown = xml_escaped(title);
  auto page = std::string{embedded::docs_page_html()};
  for (auto at = page.find(mark); at != std::string::npos; at = page.find(mark, at + shown.size()))
    page.replace(at, mark.size(), shown);
  return page;
}

} // namespace nexus::http
