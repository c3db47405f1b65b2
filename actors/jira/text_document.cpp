#include "actors/jira/text_document.hpp"

namespace nexus::jira {

auto text_document(std::string_view text) -> nlohmann::json {
  auto paragraphs = nlohmann::json::array();
  auto lines = nlohmann::json::array();
  auto const end_paragraph = [&] {
    if (lines.empty()) return;
    paragraphs.push_back({{"type", "paragraph"}, {"content", std::move(lines)}});
    lines = nlohmann::json::array();
  };
  while (!text.empty()) {
    auto const end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == std::string_view::npos) {
      end_paragraph();
      continue;
    }
    if (!lines.empty()) lines.push_back({{"type", "hardBreak"}});
    lines.push_back({{"type", "text"}, {"text", line}});
  }
  end_paragraph();
  return {{"type", "doc"}, {"version", 1}, {"content", std::move(paragraphs)}};
}

} // namespace nexus::jira
