#include "actors/llm/report_request.hpp"

#include "actors/evidence/version.hpp"
#include "actors/llm/answer_text.hpp"
#include "actors/llm/words.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace nexus::llm {
namespace {

using any_of = std::initializer_list<std::string_view>;

/// Reads words one after the other.
class reader {
public:
  explicit reader(std::string_view text) : words_(split_words(text)) {}

  auto at_end() const -> bool { return next_ == words_.size(); }
  auto take(any_of words) -> bool {
    if (at_end() || std::find(words.begin(), words.end(), words_[next_].lower) == words.end()) return false;
    ++next_;
    return true;
  }
  /// The next word as it is written.
  auto take() -> std::string { return at_end() ? std::string{} : words_[next_++].text; }

  void skip_politeness() {
    while (take({"please", "can", "could", "would", "will", "you", "now", "hey", "hi", "just", "kindly"})) {
    }
  }
  /// "the readiness report of release v2.0": the version.
  auto report_of() -> std::optional<std::string> {
    take({"a", "the", "me"});
    take({"a", "the", "full", "new"});
    take({"release", "readiness", "status"});
    take({"readiness"});
    if (!take({"report"}) || !take({"of", "for", "about", "on"})) return {};
    take({"the"});
    take({"release", "version"});
    auto version = take();
    if (version.empty() || !evidence::read_version(version)) return {};
    return version;
  }

private:
  std::vector<word> words_;
  std::size_t next_ = 0;
};

auto is_space_key(std::string_view text) -> bool {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '~';
  });
}

auto generation(reader at) -> std::optional<report_request> {
  if (!at.take({"generate", "write", "make", "create", "show", "prepare", "give"})) return {};
  auto const version = at.report_of();
  if (!version) return {};
  if (at.take({"as", "in"}) && !at.take({"markdown", "text"})) return {};
  at.take({"please"});
  if (!at.at_end()) return {};
  return report_request{"generate_report", {{"release", *version}, {"format", "markdown"}}};
}

auto publication(reader at) -> std::optional<report_request> {
  if (!at.take({"publish", "post"})) return {};
  auto const version = at.report_of();
  if (!version || !at.take({"to", "in", "into", "on"})) return {};
  at.take({"the"});
  at.take({"confluence"});
  at.take({"space"});
  auto const space = at.take();
  at.take({"please"});
  if (!at.at_end() || !is_space_key(space)) return {};
  return report_request{
      "publish_report",
      {{"release", *version}, {"title", fmt::format("Release {}: readiness report", *version)}, {"space_key", space}}};
}

} // namespace

auto read_report_request(std::string_view text) -> std::optional<report_request> {
  auto at = reader{text};
  at.skip_politeness();
  if (auto understood = generation(at)) return understood;
  return publication(at);
}

auto tell_report(observation const& seen) -> std::string {
  auto const& result = seen.result;
  // Nexus' own text: what comes from outside was escaped where it was put in.
  if (auto const text = result.find("markdown"); text != result.end() && text->is_string())
    return text->get<std::string>();
  auto const created = flag_at(result, "created").value_or(false);
  auto text = fmt::format("The report is {} \"{}\" (page {}", created ? "on the new page" : "now on the page",
                          text_at(result, "title").value_or("?"), text_at(result, "page_id").value_or("?"));
  if (auto const version = integer_at(result, "version")) text += fmt::format(", version {}", *version);
  text += fmt::format(") of the space {}", text_at(result, "space_key").value_or("?"));
  if (auto const url = text_at(result, "url")) text += fmt::format(": {}", *url);
  if (auto const decision = text_at(result, "decision")) text += fmt::format(". It says {}", *decision);
  return text + ".";
}

} // namespace nexus::llm
