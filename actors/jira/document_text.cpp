#include "actors/jira/document_text.hpp"

#include "messages/core/text.hpp"
#include "runtime/rest/json_view.hpp"

#include <array>

namespace nexus::jira {
namespace {

using rest::json_view;

/// parse_json() admits no deeper documents; whoever builds one by hand is cut off here.
constexpr int max_depth = 64;

class writer {
public:
  explicit writer(std::size_t limit) : limit_(limit) {}

  void node(json_view const& value, int depth) {
    if (depth > max_depth || full()) return;
    auto const type = value["type"].text().value_or("");
    if (type == "text") return add(value["text"].text().value_or(""));
    if (type == "hardBreak") return add("\n");
    if (type == "mention" || type == "status" || type == "placeholder")
      return add(value["attrs"]["text"].text().value_or(""));
    if (type == "emoji")
      return add(value["attrs"]["text"].words().value_or(value["attrs"]["shortName"].text().value_or("")));
    if (type == "inlineCard" || type == "blockCard" || type == "embedCard")
      return add(value["attrs"]["url"].text().value_or(""));
    if (type == "date") {
      // Milliseconds since 1970, as text.
      if (auto const day = value["attrs"]["timestamp"].epoch_time()) add(date_of(*day));
      return;
    }
    if (type == "rule") return line();

    if (type == "listItem" || type == "taskItem" || type == "decisionItem") {
      line();
      add("- ");
      at_item_ = true;
    } else if (type == "tableCell" || type == "tableHeader") {
      if (!out_.empty() && out_.back() != '\n') add(" | ");
      at_item_ = true;
    } else if (is_block(type)) {
      line();
    }
    for (auto const& child : value["content"].items()) node(json_view{child}, depth + 1);
    if (is_block(type)) after_block_ = true;
  }

  auto result() && -> std::string {
    while (!out_.empty() && (out_.back() == '\n' || out_.back() == ' ')) out_.pop_back();
    if (full_) out_ += "...";
    return std::move(out_);
  }

private:
  static auto is_block(std::string_view type) -> bool {
    constexpr std::array blocks{"paragraph", "heading", "codeBlock", "blockquote", "bulletList", "orderedList",
                                "listItem",  "panel",   "tableRow",  "taskItem",   "expand",     "mediaSingle"};
    return std::find(blocks.begin(), blocks.end(), type) != blocks.end();
  }

  static auto date_of(timestamp when) -> std::string {
    auto const date = std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(when)};
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()));
  }

  /// Begins a line unless at the beginning of one, or right behind a bullet.
  void line() {
    if (!std::exchange(at_item_, false) && !out_.empty() && out_.back() != '\n') out_ += '\n';
    after_block_ = false;
  }

  void add(std::string_view text) {
    if (after_block_) line();
    at_item_ = false;
    auto const room = limit_ - out_.size();
    if (text.size() > room) full_ = true;
    out_ += beginning(text, room);
  }

  auto full() const -> bool { return full_; }

  std::size_t limit_;
  std::string out_;
  bool full_ = false, at_item_ = false, after_block_ = false;
};

} // namespace

auto document_text(nlohmann::json const& document, std::size_t limit) -> std::string {
  auto out = writer{limit};
  if (document.is_string())
    out.node(json_view{nlohmann::json{{"type", "text"}, {"text", document}}}, 0);
  else
    out.node(json_view{document}, 0);
  return std::move(out).result();
}

} // namespace nexus::jira
