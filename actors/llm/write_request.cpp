#include "actors/llm/write_request.hpp"

#include "actors/llm/words.hpp"
#include "messages/core/text.hpp"

#include <algorithm>
#include <charconv>

namespace nexus::llm {
namespace {

using nlohmann::json;
using words = std::initializer_list<std::string_view>;

auto is_blank(char c) -> bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

auto trimmed(std::string_view text) -> std::string_view {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// A value as people end a sentence with it: without the full stop, quotes around it and a last "please".
auto value_of(std::string_view text) -> std::string {
  text = trimmed(text);
  while (!text.empty() && std::string_view{".!?"}.find(text.back()) != std::string_view::npos)
    text = trimmed(text.substr(0, text.size() - 1));
  if (lower_case(text).ends_with(" please")) text = trimmed(text.substr(0, text.size() - 7));
  while (!text.empty() && text.back() == ',') text = trimmed(text.substr(0, text.size() - 1));
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front())
    text = text.substr(1, text.size() - 2);
  return std::string{text};
}

/// "proj-123" as PROJ-123; empty for anything else.
auto ticket_key(std::string_view text) -> std::string {
  auto const dash = text.find('-');
  if (dash == std::string_view::npos || dash < 2 || dash > 20 || text.size() > dash + 11 || text.size() == dash + 1)
    return {};
  auto key = std::string{};
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const c = text[i];
    auto const letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    auto const digit = c >= '0' && c <= '9';
    if (i < dash ? !(letter || (i > 0 && (digit || c == '_'))) : i > dash && !digit) return {};
    key += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return key;
}

/// Reads a text word by word. What does not match is left where it is.
class cursor {
public:
  explicit cursor(std::string_view text) : rest_(trimmed(text)) {}

  auto rest() const -> std::string_view { return rest_; }
  auto at_end() const -> bool { return rest_.empty(); }

  /// The next word, without a comma or colon behind it.
  auto peek() const -> std::string_view {
    auto end = std::size_t{0};
    while (end < rest_.size() && !is_blank(rest_[end])) ++end;
    auto word = rest_.substr(0, end);
    while (!word.empty() && (word.back() == ',' || word.back() == ':')) word.remove_suffix(1);
    return word;
  }
  auto take() -> std::string_view {
    auto const word = peek();
    rest_ = trimmed(rest_.substr(word.size()));
    return word;
  }
  auto take(words any_of) -> bool {
    if (std::find(any_of.begin(), any_of.end(), lower_case(peek())) == any_of.end()) return false;
    take();
    return true;
  }
  /// A punctuation mark that follows at once.
  auto mark(char c) -> bool {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_ = trimmed(rest_.substr(1));
    return true;
  }
  auto key() -> std::string {
    auto word = peek();
    auto found = ticket_key(word);
    if (!found.empty()) take();
    return found;
  }
  /// Everything before a phrase (in lower case, blanks around it), which is taken too; nothing without it.
  auto until(std::string_view phrase) -> std::optional<std::string_view> {
    auto const at = lower_case(rest_).find(phrase);
    if (at == std::string::npos) return {};
    auto const before = rest_.substr(0, at);
    rest_ = trimmed(rest_.substr(at + phrase.size()));
    return before;
  }

private:
  std::string_view rest_;
};

void skip_politeness(cursor& at) {
  while (
      at.take({"please", "can", "could", "would", "will", "you", "now", "hey", "hi", "just", "kindly", "and", "then"}))
    at.mark(',');
}

auto update(std::string const& key, std::string const& status, std::string const& comment)
    -> std::optional<write_request> {
  auto arguments = json{{"key", key}};
  if (!status.empty()) arguments["status"] = status;
  if (!comment.empty()) arguments["comment"] = comment;
  return write_request{"update_jira_ticket", std::move(arguments)};
}

/// "Done and comment: shipped" -> status and comment.
auto status_and_comment(std::string const& key, cursor at) -> std::optional<write_request> {
  for (auto const* phrase : {" and comment on it:", " and comment:", " with the comment:", " with comment:",
                             " and add the comment:", " and add a comment:"})
    if (auto with = at; auto const status = with.until(phrase)) {
      auto const name = value_of(*status);
      auto const text = std::string{with.rest()};
      if (name.empty() || text.empty()) return {};
      return update(key, name, text);
    }
  auto const name = value_of(at.rest());
  if (name.empty() || name.size() > 100) return {};
  return update(key, name, {});
}

auto move_ticket(cursor at) -> std::optional<write_request> {
  if (!at.take({"move", "transition", "put"})) return {};
  at.take({"ticket", "issue"});
  auto const key = at.key();
  if (key.empty() || !at.take({"to", "into", "in"})) return {};
  at.take({"status"});
  return status_and_comment(key, at);
}

auto comment_on_ticket(cursor at) -> std::optional<write_request> {
  if (at.take({"add", "leave", "post", "write"})) {
    at.take({"a", "the"});
    if (!at.take({"comment"}) || !at.take({"to", "on"})) return {};
  } else {
    if (!at.take({"comment"})) return {};
    at.take({"on"});
  }
  at.take({"ticket", "issue"});
  auto const key = at.key();
  if (key.empty()) return {};
  if (!at.mark(':') && !at.take({"that", "saying"})) return {};
  at.mark(':');
  auto const text = std::string{at.rest()};
  return text.empty() ? std::nullopt : update(key, {}, text);
}

auto set_field(cursor at) -> std::optional<write_request> {
  if (!at.take({"set", "change", "update"})) return {};
  at.take({"the"});
  auto key = at.key();
  auto field = std::string{};
  if (!key.empty()) {
    // "set KEY to STATUS", "set KEY priority to High"
    if (auto direct = at; direct.take({"to"})) return status_and_comment(key, direct);
    auto const before = at.until(" to ");
    if (!before) return {};
    field = value_of(*before);
  } else {
    auto const before = at.until(" of ");
    if (!before) return {};
    field = value_of(*before);
    at.take({"ticket", "issue"});
    key = at.key();
    if (key.empty() || !at.take({"to"})) return {};
  }
  auto const known = split_words(field);
  if (known.empty() || known.size() > 3) return {};
  if (lower_case(field) == "status") return status_and_comment(key, at);
  auto const text = value_of(at.rest());
  if (text.empty()) return {};
  auto value = json(text);
  auto number = 0.0;
  auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  auto const points = lower_case(field) == "story points" || lower_case(field) == "points";
  if (problem == std::errc{} && end == text.data() + text.size() && points) value = number;
  if (lower_case(field) == "labels") {
    value = json::array();
    for (auto list = text; !list.empty();) {
      auto const comma = std::min(list.find(','), list.size());
      value.push_back(value_of(std::string_view{list}.substr(0, comma)));
      list.erase(0, std::min(comma + 1, list.size()));
    }
  }
  return write_request{"update_jira_ticket_fields",
                       {{"ticket_key", key}, {"fields", {{points ? std::string{"story_points"} : field, value}}}}};
}

/// "with A=1, B=2 and C=3"; nothing when it is anything else.
auto parameters(cursor at) -> std::optional<json> {
  auto result = json::object();
  if (at.at_end()) return result;
  if (!at.take({"with", "using"})) return {};
  at.take({"parameters", "parameter"});
  while (!at.at_end()) {
    if (at.mark(',') || at.take({"and"})) continue;
    auto word = value_of(at.take());
    auto const equals = word.find('=');
    if (equals == std::string::npos || equals == 0) return {};
    result[word.substr(0, equals)] = value_of(word.substr(equals + 1));
  }
  if (result.empty()) return {};
  return result;
}

auto trigger(cursor at) -> std::optional<write_request> {
  auto said_what = at.take({"trigger", "rebuild"});
  if (!said_what && !at.take({"start", "run", "launch"})) return {};
  at.take({"a", "an", "the", "another", "new"});
  at.take({"new"});
  auto const names_kind = [&] {
    auto const kind = at.take({"build", "job", "pipeline"});
    said_what = said_what || kind;
    return kind;
  };
  if (names_kind()) {
    at.take({"of", "for"});
    at.take({"the", "job"});
  }
  auto const job = value_of(at.take());
  names_kind();
  auto const like_a_job = std::all_of(job.begin(), job.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '/' || c == '.';
  });
  if (!said_what || job.empty() || !like_a_job || !ticket_key(job).empty()) return {};
  at.take({"please"});
  if (at.mark('.') || at.mark('!'))
    if (!at.at_end()) return {};
  auto const with = parameters(at);
  if (!with) return {};
  return write_request{"trigger_build", {{"job_name", job}, {"parameters", *with}}};
}

} // namespace

auto read_write_request(std::string_view text) -> std::optional<write_request> {
  auto at = cursor{text};
  skip_politeness(at);
  for (auto* form : {move_ticket, comment_on_ticket, set_field, trigger})
    if (auto understood = form(at)) return understood;
  return {};
}

} // namespace nexus::llm
