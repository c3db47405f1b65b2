#include "runtime/settings/yaml.hpp"

#include "messages/core/text.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <sstream>

namespace nexus {
namespace {

constexpr std::size_t maximum_bytes = 1024 * 1024;
constexpr std::size_t maximum_depth = 64;
constexpr std::size_t maximum_nodes = 100'000;

/// Leaves the parser from inside a callback.
struct refusal {
  YAML::Mark mark;
  errc code;
  std::string message;
  std::string remedy;
};

[[noreturn]] void refuse(YAML::Mark const& mark, errc code, std::string message, std::string remedy = {}) {
  throw refusal{mark, code, std::move(message), std::move(remedy)};
}

auto shown(std::string_view text) -> std::string { return std::string{beginning(text, 64)}; }

/// Takes characters of a class from the front and says how many.
template <class Predicate>
auto skip(std::string_view& text, Predicate const& predicate) -> std::size_t {
  auto count = std::size_t{0};
  while (count < text.size() && predicate(text[count])) ++count;
  text.remove_prefix(count);
  return count;
}

auto is_digit(char c) -> bool { return c >= '0' && c <= '9'; }

/// [-+]?[0-9]+
auto is_decimal_integer(std::string_view text) -> bool {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return skip(text, is_digit) > 0 && text.empty();
}

/// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
auto is_decimal_number(std::string_view text) -> bool {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  auto digits = skip(text, is_digit);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    digits += skip(text, is_digit);
  }
  if (digits == 0) return false;
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    return skip(text, is_digit) > 0 && text.empty();
  }
  return text.empty();
}

auto read_integer(YAML::Mark const& mark, std::string_view text, std::string_view digits, int base) -> nlohmann::json {
  auto negative = false;
  if (digits.starts_with('-') || digits.starts_with('+')) {
    negative = digits.front() == '-';
    digits.remove_prefix(1);
  }
  auto magnitude = std::uint64_t{};
  auto const [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), magnitude, base);
  constexpr auto lowest = std::uint64_t{1} << 63;
  if (code != std::errc{} || end != digits.data() + digits.size() || (negative && magnitude > lowest))
    refuse(mark, errc::malformed, fmt::format("integer {} does not fit 64 bits", shown(text)),
           "quote it if it is meant as text");
  if (!negative) return magnitude;
  return static_cast<std::int64_t>(~magnitude + 1);
}

/// A plain scalar by the core schema of YAML 1.2, section 10.3.2.
auto read_plain(YAML::Mark const& mark, std::string const& text) -> nlohmann::json {
  auto const view = std::string_view{text};
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  if (is_decimal_integer(view)) return read_integer(mark, view, view, 10);
  auto rest = view.substr(std::min<std::size_t>(2, view.size()));
  if (view.starts_with("0o") && skip(rest, [](char c) { return c >= '0' && c <= '7'; }) > 0 && rest.empty())
    return read_integer(mark, view, view.substr(2), 8);
  rest = view.substr(std::min<std::size_t>(2, view.size()));
  auto const is_hex = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); };
  if (view.starts_with("0x") && skip(rest, is_hex) > 0 && rest.empty())
    return read_integer(mark, view, view.substr(2), 16);
  auto const unsigned_text = view.starts_with('-') || view.starts_with('+') ? view.substr(1) : view;
  auto const infinite = unsigned_text == ".inf" || unsigned_text == ".Inf" || unsigned_text == ".INF";
  auto number = 0.0;
  if (is_decimal_number(view)) {
    auto const digits = view.starts_with('+') ? view.substr(1) : view;
    auto const [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (code == std::errc{} && end == digits.data() + digits.size()) return number;
  } else if (!infinite && text != ".nan" && text != ".NaN" && text != ".NAN") {
    return text;
  }
  refuse(mark, errc::malformed, fmt::format("{} is no finite number", shown(text)), "quote it if it is meant as text");
}

/// Builds JSON and positions from the parser's events, and stops it at the first thing that is not allowed.
class builder final : public YAML::EventHandler {
public:
  nlohmann::json value;
  yaml_position root;

  void OnDocumentStart(YAML::Mark const& mark) override {
    if (documents_++ > 0)
      refuse(mark, errc::malformed, "a second document starts here", "keep one document ('---') in a file");
  }
  void OnDocumentEnd() override {}

  void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override {
    check(mark, {}, anchor);
    if (expects_key())
      refuse(mark, errc::malformed, "a key is missing before ':'", "write the key, in quotes if empty");
    add(mark, nullptr);
  }

  void OnAlias(YAML::Mark const& mark, YAML::anchor_t) override { refuse_anchor(mark); }

  void OnScalar(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                std::string const& text) override {
    check(mark, tag, anchor);
    auto const plain = tag == "?";
    if (expects_key())
      set_key(mark, text, plain);
    else
      add(mark, plain ? read_plain(mark, text) : nlohmann::json(text));
  }

  void OnSequenceStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, nlohmann::json::array());
  }
  void OnSequenceEnd() override { levels_.pop_back(); }

  void OnMapStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, nlohmann::json::object());
  }
  void OnMapEnd() override { levels_.pop_back(); }

private:
  /// A list or an object being filled. Parents do not grow while a child is open, so that the pointers stay good.
  struct level {
    nlohmann::json* value;
    yaml_position* position;
    std::optional<std::string> key;
    int key_line = 0;
    int key_column = 0;
  };

  [[noreturn]] static void refuse_anchor(YAML::Mark const& mark) {
    refuse(mark, errc::malformed, "anchors and aliases ('&', '*') are not accepted",
           "write the value out, or quote it if it is meant as text");
  }

  void check(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor) {
    if (++nodes_ > maximum_nodes)
      refuse(mark, errc::too_large, fmt::format("more than {} values and keys", maximum_nodes));
    if (anchor != 0) refuse_anchor(mark);
    if (!tag.empty() && tag != "?" && tag != "!")
      refuse(mark, errc::malformed, fmt::format("the tag '{}' is not accepted", shown(tag)),
             "quote a value to make it a string; leave tags out");
  }

  auto expects_key() const -> bool {
    return !levels_.empty() && levels_.back().value->is_object() && !levels_.back().key;
  }

  void set_key(YAML::Mark const& mark, std::string const& key, bool plain) {
    auto& top = levels_.back();
    if (plain && key == "<<")
      refuse(mark, errc::malformed, "merge keys ('<<') are not accepted", "write the members out");
    if (top.value->contains(key))
      refuse(mark, errc::malformed, fmt::format("the key '{}' appears twice", shown(key)), "remove one of them");
    top.key = key;
    top.key_line = mark.line + 1;
    top.key_column = mark.column + 1;
  }

  auto add(YAML::Mark const& mark, nlohmann::json item) -> level {
    if (levels_.empty()) {
      value = std::move(item);
      root.line = mark.line + 1;
      root.column = mark.column + 1;
      return {&value, &root, {}, 0, 0};
    }
    auto& top = levels_.back();
    if (top.value->is_array()) {
      top.position->children.push_back({{}, mark.line + 1, {}, mark.column + 1});
      top.value->push_back(std::move(item));
      return {&top.value->back(), &top.position->children.back(), {}, 0, 0};
    }
    top.position->children.push_back({*top.key, top.key_line, {}, top.key_column});
    auto& added = (*top.value)[*top.key] = std::move(item);
    top.key.reset();
    return {&added, &top.position->children.back(), {}, 0, 0};
  }

  void open(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor, nlohmann::json empty) {
    check(mark, tag, anchor);
    if (levels_.size() >= maximum_depth)
      refuse(mark, errc::too_large, fmt::format("nested deeper than {} levels", maximum_depth));
    if (expects_key()) refuse(mark, errc::malformed, "a list or an object cannot be a key", "use a string as the key");
    levels_.push_back(add(mark, std::move(empty)));
  }

  std::vector<level> levels_;
  std::size_t nodes_ = 0;
  int documents_ = 0;
};

/// The offset of the first byte that is not UTF-8, or of a control character; npos if there is none.
auto first_bad_byte(std::string_view text) -> std::size_t {
  for (std::size_t i = 0; i < text.size();) {
    auto const c = static_cast<unsigned char>(text[i]);
    auto const length = character_length(text.substr(i));
    if (length == 0 || (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f) return i;
    i += length;
  }
  return std::string_view::npos;
}

auto place(std::string const& source, YAML::Mark const& mark) -> std::string {
  if (mark.is_null()) return source;
  return fmt::format("{}:{}:{}", source, mark.line + 1, mark.column + 1);
}

auto find_child(yaml_position const& node, std::string_view& path) -> yaml_position const* {
  if (path.starts_with('[')) {
    auto index = std::size_t{};
    auto const [end, code] = std::from_chars(path.data() + 1, path.data() + path.size(), index);
    if (code != std::errc{} || index >= node.children.size()) return nullptr;
    path.remove_prefix(std::min<std::size_t>(static_cast<std::size_t>(end - path.data()) + 1, path.size()));
    return &node.children[index];
  }
  if (!path.starts_with('.')) return nullptr;
  auto const rest = path.substr(1);
  yaml_position const* best = nullptr;
  for (auto const& child : node.children) {
    // Names may hold dots themselves: the longest that fits is meant.
    if (!rest.starts_with(child.key) || (best && best->key.size() >= child.key.size())) continue;
    if (auto const next = rest.substr(child.key.size()); !next.empty() && next[0] != '.' && next[0] != '[') continue;
    best = &child;
  }
  if (best) path.remove_prefix(1 + best->key.size());
  return best;
}

} // namespace

auto yaml_document::position_of(std::string_view json_path) const -> yaml_position const& {
  auto const* node = &root;
  if (json_path.starts_with('$')) json_path.remove_prefix(1);
  while (auto const* child = find_child(*node, json_path)) node = child;
  return *node;
}

auto yaml_document::line_of(std::string_view json_path) const -> int { return position_of(json_path).line; }

auto yaml_document::locate(error problem) const -> error {
  if (problem.where.starts_with('$'))
    problem.where = fmt::format("{}:{}: {}", source, line_of(problem.where), problem.where);
  return problem;
}

auto parse_yaml(std::string_view text, std::string source) -> expected<yaml_document> {
  if (text.size() > maximum_bytes)
    return fail_at(std::move(source), errc::too_large, "larger than {} bytes", maximum_bytes);
  if (auto const bad = first_bad_byte(text); bad != std::string_view::npos) {
    auto const before = text.substr(0, bad);
    auto const line_start = before.rfind('\n') + 1; // npos + 1 is the start of the text
    return fail_at(
        fmt::format("{}:{}:{}", source, std::count(before.begin(), before.end(), '\n') + 1, bad - line_start + 1),
        errc::malformed, "byte 0x{:02x} is not printable UTF-8 text", static_cast<unsigned char>(text[bad]));
  }
  auto events = builder{};
  try {
    // yaml-cpp 0.7 takes a quoted text that was never closed for whole when the file ends with a line break; a comment
    // after it changes nothing else.
    auto stream = std::istringstream{std::string{text} + (text.ends_with('\n') ? "#" : "")};
    auto parser = YAML::Parser{stream};
    while (parser.HandleNextDocument(events)) {
    }
  } catch (refusal& refused) {
    return tl::unexpected{
        error{refused.code, std::move(refused.message), place(source, refused.mark), std::move(refused.remedy), {}}};
  } catch (YAML::Exception const& problem) {
    return fail_at(place(source, problem.mark), errc::malformed, "{}", problem.msg);
  } catch (std::exception const& problem) {
    return fail_at(std::move(source), errc::malformed, "cannot be read as YAML: {}", problem.what());
  }
  return yaml_document{std::move(events.value), std::move(source), std::move(events.root)};
}

} // namespace nexus
