#include "messages/core/text.hpp"
#include "simulator/jira.hpp"
#include "simulator/jql.hpp"
#include "simulator/jql_fields.hpp"
#include "simulator/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <tuple>

namespace nexus::simulator::jql {
namespace {

using namespace std::chrono;
using predicate = std::function<bool(ticket const&)>;
using ids = std::vector<std::int64_t>;

class compiler {
public:
  compiler(data_set const& world, instant now) : world_(world), now_(now) {}

  auto compile(node const& n) -> expected<predicate> {
    if (n.what == node::kind::term) return compile(n.term);
    std::vector<predicate> parts;
    for (auto const& part : n.parts) {
      auto inner = compile(part);
      if (!inner) return inner;
      parts.push_back(std::move(*inner));
    }
    switch (n.what) {
    case node::kind::all_of:
      return [parts = std::move(parts)](ticket const& x) {
        return std::all_of(parts.begin(), parts.end(), [&](auto const& p) { return p(x); });
      };
    case node::kind::any_of:
      return [parts = std::move(parts)](ticket const& x) {
        return std::any_of(parts.begin(), parts.end(), [&](auto const& p) { return p(x); });
      };
    default:
      return [inner = std::move(parts.front())](ticket const& x) { return !inner(x); };
    }
  }

  /// Tickets among which every match is, as sorted indices, where keys and parents tell; nothing where each ticket must
  /// be looked at. Of a condition that compiles.
  auto narrowed(node const& n) const -> std::optional<std::vector<std::size_t>> {
    if (n.what == node::kind::term) return narrowed(n.term);
    if (n.what == node::kind::negation) return std::nullopt;
    std::optional<std::vector<std::size_t>> result;
    for (auto const& part : n.parts) {
      auto some = narrowed(part);
      if (n.what == node::kind::any_of) {
        if (!some) return std::nullopt;
        if (!result) result.emplace();
        result->insert(result->end(), some->begin(), some->end());
      } else if (some && (!result || some->size() < result->size())) {
        result = std::move(some);
      }
    }
    if (result && n.what == node::kind::any_of) sort_once(*result);
    return result;
  }

private:
  template <class Values>
  static void sort_once(Values& values) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
  }

  auto narrowed(term const& t) const -> std::optional<std::vector<std::size_t>> {
    auto const what = find_field(t.field);
    if (!what || (t.op != comparison::equal && t.op != comparison::in)) return std::nullopt;
    if (*what != field::key && *what != field::parent && *what != field::epic_link) return std::nullopt;
    std::vector<std::size_t> result;
    for (auto const& value : t.operands) {
      auto const* named = value.is_empty || value.is_function ? nullptr : jira::find_issue(world_, value.text);
      if (named == nullptr) return std::nullopt;
      if (*what == field::key)
        result.push_back(static_cast<std::size_t>(named - world_.tickets.data()));
      else if (auto const below = world_.children.find(named->key); below != world_.children.end())
        result.insert(result.end(), below->second.begin(), below->second.end());
    }
    sort_once(result);
    return result;
  }

  auto compile(term const& t) -> expected<predicate> {
    auto what = find_field(t.field);
    if (!what) return tl::unexpected{what.error()};
    if (*what == field::rank) return unsupported(t);
    if (*what >= field::text) return searched(*what, t);
    if (*what >= field::created) return timed(*what, t);
    if (*what == field::points) return numbered(t);
    return identified(*what, t);
  }

  static auto unsupported(term const& t) -> tl::unexpected<error> {
    return fail(errc::invalid_argument, "The operator '{}' is not supported by the '{}' field.", spelling(t.op),
                t.field);
  }

  static auto negative(comparison op) -> bool {
    return op == comparison::not_equal || op == comparison::not_in || op == comparison::is_not ||
           op == comparison::not_like;
  }

  template <class Value>
  static auto ordered(comparison op, Value const& a, Value const& b) -> bool {
    switch (op) {
    case comparison::less:
      return a < b;
    case comparison::less_equal:
      return a <= b;
    case comparison::greater:
      return a > b;
    case comparison::greater_equal:
      return a >= b;
    case comparison::not_equal:
      return a != b;
    default:
      return a == b;
    }
  }

  // -- fields compared by identity --------------------------------------------

  auto identified(field what, term const& t) -> expected<predicate> {
    auto sortable = what == field::key || what == field::priority || what == field::version;
    if (t.op == comparison::like || t.op == comparison::not_like) return unsupported(t);
    auto compares = t.op >= comparison::less && t.op <= comparison::greater_equal;
    if (compares && !sortable) return unsupported(t);
    ids wanted;
    auto wants_empty = false;
    for (auto const& value : t.operands) {
      if (value.is_empty || (what == field::resolution && lower_case(value.text) == "unresolved")) {
        wants_empty = true;
        continue;
      }
      auto found = resolve(what, value, t.field);
      if (!found) return tl::unexpected{found.error()};
      wanted.insert(wanted.end(), found->begin(), found->end());
    }
    sort_once(wanted);
    if (compares)
      return [this, what, op = t.op, wanted = std::move(wanted)](ticket const& x) {
        auto have = values(what, x);
        return std::any_of(have.begin(), have.end(), [&](auto a) {
          return std::any_of(wanted.begin(), wanted.end(), [&](auto b) { return ordered(op, a, b); });
        });
      };
    return [this, what, wants_empty, no = negative(t.op), wanted = std::move(wanted)](ticket const& x) {
      auto have = values(what, x);
      // An empty field is neither equal nor unequal to a value: only EMPTY speaks of it.
      if (have.empty()) return wants_empty && !no;
      auto hit = std::any_of(have.begin(), have.end(),
                             [&](auto id) { return std::binary_search(wanted.begin(), wanted.end(), id); });
      return hit != no;
    };
  }

  /// What a ticket has in that field, as numbers that resolve() gives for its operands.
  auto values(field what, ticket const& x) const -> ids {
    auto const& owner = world_.projects[x.project];
    ids result;
    switch (what) {
    case field::project:
      return {owner.id};
    case field::key:
      return {x.id};
    case field::status:
      return {static_cast<std::int64_t>(x.status)};
    case field::status_category:
      return {category_of(x.status)};
    case field::type:
      return {static_cast<std::int64_t>(x.type)};
    case field::priority:
      return {rank_of(x.priority)};
    case field::reporter:
      return {static_cast<std::int64_t>(x.reporter)};
    case field::assignee:
      return x.assignee ? ids{static_cast<std::int64_t>(*x.assignee)} : ids{};
    case field::resolution:
      return x.resolved ? ids{1} : ids{};
    case field::component:
      return x.component ? ids{hash_of(owner.components[*x.component])} : ids{};
    case field::labels:
      for (auto const& label : x.labels) result.push_back(hash_of(label));
      return result;
    case field::version:
      for (auto i : x.versions) result.push_back(owner.versions[i].id);
      return result;
    case field::sprint:
      for (auto i : x.sprints) result.push_back(owner.sprints[i].id);
      return result;
    case field::parent:
    case field::epic_link:
      if (auto const* up = world_.find_ticket(x.parent);
          up != nullptr && (what == field::parent || (up->type == ticket_type::epic && !owner.team_managed)))
        return {up->id};
      return {};
    default:
      return {};
    }
  }

  static auto hash_of(std::string_view text) -> std::int64_t {
    return static_cast<std::int64_t>(hash_text(lower_case(text)));
  }

  static auto no_value(std::string_view value, std::string_view field_text) -> tl::unexpected<error> {
    return fail(errc::invalid_argument, "The value '{}' does not exist for the field '{}'.", value, field_text);
  }

  template <class Names>
  static auto position(Names const& all, std::string_view wanted) -> std::optional<std::int64_t> {
    auto text = lower_case(wanted);
    for (std::size_t i = 0; i < all.size(); ++i)
      if (lower_case(all[i]) == text) return static_cast<std::int64_t>(i);
    return std::nullopt;
  }

  auto resolve(field what, operand const& value, std::string_view field_text) const -> expected<ids> {
    if (value.is_function) return call(what, value, field_text);
    auto number = std::int64_t{-1};
    auto [end, bad] = std::from_chars(value.text.data(), value.text.data() + value.text.size(), number);
    auto is_number = bad == std::errc{} && end == value.text.data() + value.text.size();
    auto text = lower_case(value.text);
    ids result;
    switch (what) {
    case field::project:
      for (auto const& p : world_.projects)
        if (lower_case(p.key) == text || lower_case(p.name) == text || (is_number && p.id == number)) return ids{p.id};
      return no_value(value.text, field_text);
    case field::key:
    case field::parent:
    case field::epic_link:
      if (auto const* named = jira::find_issue(world_, value.text)) return ids{named->id};
      return fail(errc::invalid_argument, "An issue with key '{}' does not exist for field '{}'.", value.text,
                  field_text);
    case field::status:
      if (auto i = position(status_names, text)) return ids{*i};
      return no_value(value.text, field_text);
    case field::status_category:
      if (text == "to do" || text == "new") return ids{0};
      if (text == "in progress" || text == "indeterminate") return ids{1};
      if (text == "done") return ids{2};
      return no_value(value.text, field_text);
    case field::type:
      if (auto i = position(type_names, text)) return ids{*i};
      return no_value(value.text, field_text);
    case field::priority:
      if (auto i = position(priority_names, text)) return ids{rank_of(static_cast<priority>(*i))};
      return no_value(value.text, field_text);
    case field::assignee:
    case field::reporter:
      for (std::size_t i = 0; i < world_.people.size(); ++i) {
        auto const& p = world_.people[i];
        if (lower_case(p.account_id) == text || lower_case(p.name) == text || lower_case(p.email) == text)
          return ids{static_cast<std::int64_t>(i)};
      }
      return no_value(value.text, field_text);
    case field::labels:
      return ids{hash_of(text)};
    case field::component:
      for (auto const& p : world_.projects)
        if (position(p.components, text)) return ids{hash_of(text)};
      return no_value(value.text, field_text);
    case field::version:
      for (auto const& p : world_.projects)
        for (auto const& v : p.versions)
          if (lower_case(v.name) == text || (is_number && v.id == number)) result.push_back(v.id);
      return result.empty() ? expected<ids>{no_value(value.text, field_text)} : result;
    case field::sprint:
      for (auto const& p : world_.projects)
        for (auto const& s : p.sprints)
          if (lower_case(s.name) == text || (is_number && s.id == number)) result.push_back(s.id);
      return result.empty() ? expected<ids>{no_value(value.text, field_text)} : result;
    case field::resolution:
      if (text == "done") return ids{1};
      return no_value(value.text, field_text);
    default:
      return no_value(value.text, field_text);
    }
  }

  auto call(field what, operand const& f, std::string_view field_text) const -> expected<ids> {
    auto name = lower_case(f.text);
    ids result;
    if ((what == field::assignee || what == field::reporter) && name == "currentuser") return ids{0};
    if (what == field::sprint && (name == "opensprints" || name == "closedsprints" || name == "futuresprints")) {
      auto state = name == "opensprints" ? "active" : name == "closedsprints" ? "closed" : "future";
      for (auto const& p : world_.projects)
        for (auto const& s : p.sprints)
          if (s.state == state) result.push_back(s.id);
      return result;
    }
    if (what == field::version && (name == "releasedversions" || name == "unreleasedversions")) {
      for (auto const& p : world_.projects) {
        auto asked =
            f.arguments.empty() || std::find(f.arguments.begin(), f.arguments.end(), p.key) != f.arguments.end();
        for (auto const& v : p.versions)
          if (asked && v.released == (name == "releasedversions")) result.push_back(v.id);
      }
      return result;
    }
    if (what == field::type && name == "subtaskissuetypes") return ids{static_cast<std::int64_t>(ticket_type::subtask)};
    if (what == field::type && name == "standardissuetypes") {
      for (std::size_t i = 0; i < type_names.size(); ++i)
        if (static_cast<ticket_type>(i) != ticket_type::subtask) result.push_back(static_cast<std::int64_t>(i));
      return result;
    }
    return unknown_function(f, field_text);
  }

  static auto unknown_function(operand const& f, std::string_view field_text) -> tl::unexpected<error> {
    return fail(errc::invalid_argument, "Unable to find JQL function '{}({})' for the field '{}'.", f.text,
                fmt::join(f.arguments, ", "), field_text);
  }

  // -- numbers, times, texts --------------------------------------------------

  static auto numbered(term const& t) -> expected<predicate> {
    if (t.op == comparison::like || t.op == comparison::not_like) return unsupported(t);
    auto const& value = t.operands.front();
    if (value.is_empty) return [no = negative(t.op)](ticket const& x) { return x.points.has_value() == no; };
    std::vector<double> wanted;
    for (auto const& each : t.operands) {
      double number = 0;
      auto [end, bad] = std::from_chars(each.text.data(), each.text.data() + each.text.size(), number);
      if (each.is_function || bad != std::errc{} || end != each.text.data() + each.text.size())
        return fail(errc::invalid_argument, "'{}' is an invalid number value for the field '{}'.", each.text, t.field);
      wanted.push_back(number);
    }
    if (t.op == comparison::in || t.op == comparison::not_in)
      return [wanted, no = negative(t.op)](ticket const& x) {
        return x.points && (std::find(wanted.begin(), wanted.end(), *x.points) != wanted.end()) != no;
      };
    return [op = t.op, number = wanted.front()](ticket const& x) { return x.points && ordered(op, *x.points, number); };
  }

  static auto time_of(field what, ticket const& x) -> std::optional<instant> {
    switch (what) {
    case field::created:
      return x.created;
    case field::updated:
      return x.updated;
    case field::due:
      return x.due;
    default:
      return x.resolved;
    }
  }

  auto timed(field what, term const& t) const -> expected<predicate> {
    if (t.op == comparison::like || t.op == comparison::not_like) return unsupported(t);
    auto const& value = t.operands.front();
    if (value.is_empty)
      return [what, no = negative(t.op)](ticket const& x) { return time_of(what, x).has_value() == no; };
    std::vector<instant> wanted;
    for (auto const& each : t.operands) {
      auto when = read_time(each, t.field);
      if (!when) return tl::unexpected{when.error()};
      wanted.push_back(*when);
    }
    if (t.op == comparison::in || t.op == comparison::not_in)
      return [what, wanted, no = negative(t.op)](ticket const& x) {
        auto have = time_of(what, x);
        return have && (std::find(wanted.begin(), wanted.end(), *have) != wanted.end()) != no;
      };
    return [what, op = t.op, when = wanted.front()](ticket const& x) {
      auto have = time_of(what, x);
      return have && ordered(op, *have, when);
    };
  }

  auto read_time(operand const& value, std::string_view field_text) const -> expected<instant> {
    if (value.is_function) return time_function(value, field_text);
    if (auto when = parse_time(value.text)) return *when;
    if (auto span = parse_span(value.text)) return now_ + *span;
    return fail(
        errc::invalid_argument,
        "Date value '{}' for field '{}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', "
        "'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'.",
        value.text, field_text);
  }

  auto time_function(operand const& f, std::string_view field_text) const -> expected<instant> {
    auto name = lower_case(f.text);
    auto shift = seconds{0};
    if (!f.arguments.empty()) {
      auto span = parse_span(f.arguments.front());
      if (!span) return unknown_function(f, field_text);
      shift = *span;
    }
    auto today = floor<days>(now_);
    auto date = year_month_day{today};
    auto month_start = sys_days{date.year() / date.month() / day{1}};
    auto next_month = sys_days{(date.year() / date.month() + months{1}) / day{1}};
    auto week_start = today - (weekday{today} - Sunday);
    if (name == "now") return now_ + shift;
    if (name == "startofday") return today + shift;
    if (name == "endofday") return today + days{1} - seconds{1} + shift;
    if (name == "startofweek") return week_start + shift;
    if (name == "endofweek") return week_start + days{7} - seconds{1} + shift;
    if (name == "startofmonth") return month_start + shift;
    if (name == "endofmonth") return next_month - seconds{1} + shift;
    return unknown_function(f, field_text);
  }

  static auto searched(field what, term const& t) -> expected<predicate> {
    auto const& value = t.operands.front();
    if (value.is_empty && what != field::text && t.op != comparison::like)
      return [what, no = negative(t.op)](ticket const& x) {
        return (what == field::summary ? x.summary : x.description).empty() != no;
      };
    if (t.op != comparison::like && t.op != comparison::not_like) return unsupported(t);
    auto words = split_words(value.text);
    return [what, words, no = t.op == comparison::not_like](ticket const& x) {
      auto hay = what == field::summary       ? lower_case(x.summary)
                 : what == field::description ? lower_case(x.description)
                                              : lower_case(x.summary + ' ' + x.description);
      auto hit = std::all_of(words.begin(), words.end(), [&](auto const& word) { return contains_word(hay, word); });
      return hit != no;
    };
  }

  data_set const& world_;
  instant now_;
};

} // namespace

auto select(data_set const& world, query const& q, instant now) -> expected<std::vector<std::size_t>> {
  compiler compile{world, now}; // the predicates refer to it
  predicate matches = [](ticket const&) { return true; };
  std::optional<std::vector<std::size_t>> among;
  if (q.where) {
    auto compiled = compile.compile(*q.where);
    if (!compiled) return tl::unexpected{compiled.error()};
    matches = std::move(*compiled);
    among = compile.narrowed(*q.where);
  }
  std::vector<std::pair<field, bool>> keys;
  for (auto const& by : q.order_by) {
    auto what = find_field(by.field);
    if (!what) return tl::unexpected{what.error()};
    keys.emplace_back(*what, by.descending);
  }
  if (keys.empty()) keys.emplace_back(field::created, true);
  std::vector<std::size_t> found;
  auto const look_at = [&](std::size_t i) {
    if (matches(world.tickets[i])) found.push_back(i);
  };
  if (among)
    std::for_each(among->begin(), among->end(), look_at);
  else
    for (std::size_t i = 0; i < world.tickets.size(); ++i) look_at(i);
  std::stable_sort(found.begin(), found.end(), [&](auto i, auto j) {
    for (auto [what, descending] : keys)
      if (auto order = compare(world, what, world.tickets[i], world.tickets[j]); order != 0)
        return (order < 0) != descending;
    return false;
  });
  return found;
}

} // namespace nexus::simulator::jql
