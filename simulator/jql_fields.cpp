#include "simulator/jql_fields.hpp"

#include "messages/core/text.hpp"

#include <tuple>

namespace nexus::simulator::jql {
namespace {

struct field_name {
  std::string_view written;
  field what;
};

constexpr field_name field_names[] = {{"project", field::project},
                                      {"key", field::key},
                                      {"issuekey", field::key},
                                      {"issue", field::key},
                                      {"id", field::key},
                                      {"status", field::status},
                                      {"statuscategory", field::status_category},
                                      {"issuetype", field::type},
                                      {"type", field::type},
                                      {"priority", field::priority},
                                      {"assignee", field::assignee},
                                      {"reporter", field::reporter},
                                      {"labels", field::labels},
                                      {"fixversion", field::version},
                                      {"component", field::component},
                                      {"sprint", field::sprint},
                                      {"cf[10020]", field::sprint},
                                      {"parent", field::parent},
                                      {"epic link", field::epic_link},
                                      {"cf[10014]", field::epic_link},
                                      {"resolution", field::resolution},
                                      {"story points", field::points},
                                      {"story point estimate", field::points},
                                      {"cf[10016]", field::points},
                                      {"created", field::created},
                                      {"createddate", field::created},
                                      {"updated", field::updated},
                                      {"updateddate", field::updated},
                                      {"due", field::due},
                                      {"duedate", field::due},
                                      {"resolved", field::resolved},
                                      {"resolutiondate", field::resolved},
                                      {"text", field::text},
                                      {"summary", field::summary},
                                      {"description", field::description},
                                      {"rank", field::rank}};

auto is_letter(char c) -> bool {
  return static_cast<unsigned char>(c) >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

} // namespace

auto find_field(std::string_view name) -> expected<field> {
  auto wanted = lower_case(name);
  for (auto const& candidate : field_names)
    if (candidate.written == wanted) return candidate.what;
  return fail(errc::invalid_argument, "Field '{}' does not exist or you do not have permission to view it.", name);
}

auto category_of(ticket_status status) -> int {
  return status == ticket_status::to_do ? 0 : status == ticket_status::done ? 2 : 1;
}

auto rank_of(priority x) -> std::int64_t { return 5 - static_cast<std::int64_t>(x); }

auto compare(data_set const& world, field what, ticket const& a, ticket const& b) -> int {
  auto three_way = [](auto const& x, auto const& y) { return x < y ? -1 : y < x ? 1 : 0; };
  switch (what) {
  case field::created:
    return three_way(a.created, b.created);
  case field::updated:
    return three_way(a.updated, b.updated);
  case field::due:
    return three_way(a.due, b.due);
  case field::resolved:
    return three_way(a.resolved, b.resolved);
  case field::points:
    return three_way(a.points, b.points);
  case field::priority:
    return three_way(rank_of(a.priority), rank_of(b.priority));
  case field::status:
    return three_way(a.status, b.status);
  case field::status_category:
    return three_way(category_of(a.status), category_of(b.status));
  case field::type:
    return three_way(name_of(a.type), name_of(b.type));
  case field::summary:
    return three_way(a.summary, b.summary);
  case field::assignee: {
    auto name = [&](ticket const& x) { return x.assignee ? world.people[*x.assignee].name : std::string{}; };
    return three_way(name(a), name(b));
  }
  default:
    return three_way(std::tuple{a.project, a.number}, std::tuple{b.project, b.number});
  }
}

auto split_words(std::string_view text) -> std::vector<std::string> {
  std::vector<std::string> words;
  std::string word;
  for (char c : lower_case(text)) {
    if (is_letter(c) || (c == '*' && !word.empty())) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

auto contains_word(std::string_view hay, std::string_view word) -> bool {
  auto any_ending = word.ends_with('*');
  if (any_ending) word.remove_suffix(1);
  for (auto at = hay.find(word); at != std::string_view::npos; at = hay.find(word, at + 1)) {
    auto starts = at == 0 || !is_letter(hay[at - 1]);
    auto end = at + word.size();
    // Jira stems words; a plural 's' is the part of it that matters here.
    auto ends = any_ending || end == hay.size() || !is_letter(hay[end]) ||
                (hay[end] == 's' && (end + 1 == hay.size() || !is_letter(hay[end + 1])));
    if (starts && ends) return true;
    if (word.empty()) return true;
  }
  return false;
}

} // namespace nexus::simulator::jql
