#include "messages/core/text.hpp"
#include "simulator/jql.hpp"
#include "simulator/jql_fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace nexus::simulator::jql {
namespace {

constexpr std::string_view operators = "'=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'";

struct token {
  enum class kind { word, quoted, symbol, end } what = kind::end;
  std::string text;
  std::size_t offset = 0;
};

auto is_word_character(char c) -> bool {
  auto u = static_cast<unsigned char>(c);
  return u >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.' || c == ':' || c == '+';
}

class lexer {
public:
  explicit lexer(std::string_view text) : text_(text) {}

  auto run() -> expected<std::vector<token>> {
    std::vector<token> tokens;
    while (true) {
      while (at_ < text_.size() &&
             (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
        ++at_;
      if (at_ == text_.size()) break;
      auto next = one();
      if (!next) return tl::unexpected{next.error()};
      tokens.push_back(std::move(*next));
    }
    tokens.push_back({token::kind::end, {}, text_.size()});
    return tokens;
  }

private:
  auto one() -> expected<token> {
    auto start = at_;
    auto c = text_[at_];
    if (c == '"' || c == '\'') return quoted(c);
    if (std::string_view{"(),"}.find(c) != std::string_view::npos) return symbol(start, 1);
    for (std::string_view two : {"!=", "<=", ">=", "!~", "&&", "||"})
      if (text_.substr(at_, 2) == two) return symbol(start, 2);
    if (std::string_view{"=<>~!&|"}.find(c) != std::string_view::npos) return symbol(start, 1);
    if (is_word_character(c)) {
      while (at_ < text_.size() && is_word_character(text_[at_])) ++at_;
      // cf[10016] names a custom field.
      if (lower_case(text_.substr(start, at_ - start)) == "cf" && at_ < text_.size() && text_[at_] == '[') {
        auto close = text_.find(']', at_);
        if (close != std::string_view::npos) at_ = close + 1;
      }
      return token{token::kind::word, std::string{text_.substr(start, at_ - start)}, start};
    }
    return fail(
        errc::invalid_argument,
        "Error in the JQL Query: The character '{0}' is a reserved JQL character. You must enclose it in a string "
        "or use the escape '\\u{1:04x}' instead. (line 1, character {2})",
        c, static_cast<unsigned>(static_cast<unsigned char>(c)), start + 1);
  }

  auto symbol(std::size_t start, std::size_t length) -> token {
    at_ += length;
    return {token::kind::symbol, std::string{text_.substr(start, length)}, start};
  }

  auto quoted(char quote) -> expected<token> {
    auto start = at_++;
    std::string value;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        ++at_;
        if (text_[at_] == 'u' && take_code_unit(value)) continue;
      }
      value += text_[at_++];
    }
    if (at_ == text_.size())
      return fail(errc::invalid_argument,
                  "Error in the JQL Query: The quoted string '{}' has not been completed. (line 1, character {})",
                  value, start + 1);
    ++at_;
    return token{token::kind::quoted, std::move(value), start};
  }

  /// "u0009" at the present place, as UTF-8.
  auto take_code_unit(std::string& value) -> bool {
    unsigned code = 0;
    auto const* const first = text_.data() + at_ + 1;
    if (text_.size() - at_ < 5) return false;
    auto const [end, bad] = std::from_chars(first, first + 4, code, 16);
    if (bad != std::errc{} || end != first + 4) return false;
    if (code < 0x80) {
      value += static_cast<char>(code);
    } else if (code < 0x800) {
      value += static_cast<char>(0xc0 | code >> 6);
      value += static_cast<char>(0x80 | (code & 0x3f));
    } else {
      value += static_cast<char>(0xe0 | code >> 12);
      value += static_cast<char>(0x80 | (code >> 6 & 0x3f));
      value += static_cast<char>(0x80 | (code & 0x3f));
    }
    at_ += 5;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

class parser {
public:
  explicit parser(std::vector<token> tokens) : tokens_(std::move(tokens)) {}

  auto run() -> expected<query> {
    query result;
    if (!is_keyword("order") && !at_end()) {
      auto where = any_of(0);
      if (!where) return tl::unexpected{where.error()};
      result.where = std::move(*where);
    }
    if (take_keyword("order")) {
      if (!take_keyword("by")) return unexpected_token("'BY'");
      do {
        if (peek().what != token::kind::word && peek().what != token::kind::quoted)
          return unexpected_token("a field name");
        order by{next().text, false};
        if (take_keyword("desc"))
          by.descending = true;
        else
          take_keyword("asc");
        result.order_by.push_back(std::move(by));
      } while (take_symbol(","));
      if (!at_end()) return unexpected_token("','");
    }
    if (!at_end()) return unexpected_token("either 'OR' or 'AND'");
    return result;
  }

private:
  auto peek() const -> token const& { return tokens_[at_]; }
  auto next() -> token { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  auto at_end() const -> bool { return peek().what == token::kind::end; }
  auto is_keyword(std::string_view word) const -> bool {
    return peek().what == token::kind::word && lower_case(peek().text) == word;
  }
  auto take_keyword(std::string_view word) -> bool { return is_keyword(word) && (++at_, true); }
  auto take_symbol(std::string_view text) -> bool {
    return peek().what == token::kind::symbol && peek().text == text && (++at_, true);
  }

  auto unexpected_token(std::string_view wanted) const -> tl::unexpected<error> {
    if (at_end())
      return fail(errc::invalid_argument, "Error in the JQL Query: Expecting {} before the end of the query.", wanted);
    return fail(errc::invalid_argument, "Error in the JQL Query: Expecting {} but got '{}'. (line 1, character {})",
                wanted, peek().text, peek().offset + 1);
  }

  /// A list of `inner` parted by a keyword or its symbols; a single one stays itself.
  template <class Inner>
  auto joined(node::kind what, std::string_view word, std::string_view symbol, Inner inner) -> expected<node> {
    auto first = inner();
    if (!first) return first;
    node list{what, {}, {}};
    list.parts.push_back(std::move(*first));
    while (take_keyword(word) || take_symbol(symbol) || take_symbol(symbol.substr(1))) {
      auto more = inner();
      if (!more) return more;
      list.parts.push_back(std::move(*more));
    }
    if (list.parts.size() > 1) return list;
    auto only = std::move(list.parts.front());
    return only;
  }

  auto any_of(int depth) -> expected<node> {
    return joined(node::kind::any_of, "or", "||", [this, depth] {
      return joined(node::kind::all_of, "and", "&&", [this, depth] { return unary(depth); });
    });
  }

  auto unary(int depth) -> expected<node> {
    if (depth > max_depth) return fail(errc::invalid_argument, "The JQL query is nested too deeply. Simplify it.");
    if (take_keyword("not") || take_symbol("!")) {
      auto inner = unary(depth + 1);
      if (!inner) return inner;
      node negated{node::kind::negation, {}, {}};
      negated.parts.push_back(std::move(*inner));
      return negated;
    }
    if (take_symbol("(")) {
      auto inner = any_of(depth + 1);
      if (!inner) return inner;
      if (!take_symbol(")")) return unexpected_token("')'");
      return inner;
    }
    return comparison_term();
  }

  auto comparison_term() -> expected<node> {
    if (peek().what == token::kind::symbol || at_end()) return unexpected_token("a field name");
    if (peek().what == token::kind::word && is_reserved(peek().text)) return unexpected_token("a field name");
    node result;
    result.term.field = next().text;
    auto op = read_operator();
    if (!op) return tl::unexpected{op.error()};
    result.term.op = *op;
    if (*op == comparison::in || *op == comparison::not_in) {
      // A function such as openSprints() stands for a list.
      if (!take_symbol("(")) return one_value(std::move(result));
      do {
        auto value = read_operand();
        if (!value) return tl::unexpected{value.error()};
        result.term.operands.push_back(std::move(*value));
      } while (take_symbol(","));
      if (!take_symbol(")")) return unexpected_token("')'");
      return result;
    }
    return one_value(std::move(result));
  }

  auto one_value(node result) -> expected<node> {
    auto op = result.term.op;
    auto value = read_operand();
    if (!value) return tl::unexpected{value.error()};
    if ((op == comparison::is || op == comparison::is_not) && !value->is_empty)
      return fail(errc::invalid_argument, "The operator '{}' can only be used with 'EMPTY' or 'NULL'.", spelling(op));
    if ((op == comparison::in || op == comparison::not_in) && !value->is_function)
      return fail(errc::invalid_argument, "The operator '{}' requires a list or a function, not the value '{}'.",
                  spelling(op), value->text);
    result.term.operands.push_back(std::move(*value));
    return result;
  }

  auto read_operator() -> expected<comparison> {
    static constexpr std::array<std::pair<std::string_view, comparison>, 8> symbols{{{"=", comparison::equal},
                                                                                     {"!=", comparison::not_equal},
                                                                                     {"<", comparison::less},
                                                                                     {"<=", comparison::less_equal},
                                                                                     {">", comparison::greater},
                                                                                     {">=", comparison::greater_equal},
                                                                                     {"~", comparison::like},
                                                                                     {"!~", comparison::not_like}}};
    for (auto const& [text, op] : symbols)
      if (take_symbol(text)) return op;
    if (take_keyword("in")) return comparison::in;
    if (take_keyword("is")) return take_keyword("not") ? comparison::is_not : comparison::is;
    if (take_keyword("not")) {
      if (take_keyword("in")) return comparison::not_in;
      return unexpected_token("'IN'");
    }
    if (at_end())
      return fail(errc::invalid_argument,
                  "Error in the JQL Query: Expecting operator before the end of the query. The valid operators are {}.",
                  operators);
    return fail(
        errc::invalid_argument,
        "Error in the JQL Query: Expecting operator but got '{}'. The valid operators are {}. (line 1, character {})",
        peek().text, operators, peek().offset + 1);
  }

  static auto is_reserved(std::string_view word) -> bool {
    constexpr std::array<std::string_view, 8> reserved{"and", "or", "not", "in", "is", "order", "by", "changed"};
    return std::find(reserved.begin(), reserved.end(), lower_case(word)) != reserved.end();
  }

  auto read_operand() -> expected<operand> {
    if (peek().what == token::kind::quoted) return operand{next().text, false, false, {}};
    if (peek().what != token::kind::word) return unexpected_token("either a value, list or function");
    if (is_reserved(peek().text))
      return fail(errc::invalid_argument,
                  "Error in the JQL Query: Expecting either a value, list or function but got '{0}'. You must surround "
                  "'{0}' in quotation marks to use it as a value. (line 1, character {1})",
                  peek().text, peek().offset + 1);
    operand value{next().text, false, false, {}};
    if (take_symbol("(")) {
      value.is_function = true;
      while (!take_symbol(")")) {
        if (peek().what != token::kind::word && peek().what != token::kind::quoted) return unexpected_token("')'");
        value.arguments.push_back(next().text);
        if (!take_symbol(",") && !(peek().what == token::kind::symbol && peek().text == ")"))
          return unexpected_token("')'");
      }
      return value;
    }
    auto word = lower_case(value.text);
    value.is_empty = word == "empty" || word == "null";
    return value;
  }

  std::vector<token> tokens_;
  std::size_t at_ = 0;
};

} // namespace

auto spelling(comparison op) -> std::string_view {
  constexpr std::array<std::string_view, 12> texts{"=", "!=", "in", "not in", "is", "is not",
                                                   "<", "<=", ">",  ">=",     "~",  "!~"};
  return texts[static_cast<std::size_t>(op)];
}

auto parse(std::string_view text) -> expected<query> {
  if (text.size() > max_length)
    return fail(errc::invalid_argument, "The JQL query is too long: {} characters, at most {} are allowed.",
                text.size(), max_length);
  return lexer{text}.run().and_then([](std::vector<token> tokens) { return parser{std::move(tokens)}.run(); });
}

} // namespace nexus::simulator::jql
