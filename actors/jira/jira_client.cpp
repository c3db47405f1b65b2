#include "actors/jira/jira_client.hpp"

#include "actors/evidence/version.hpp"
#include "actors/jira/hierarchy.hpp"
#include "actors/jira/jql.hpp"
#include "actors/jira/sprint_mapping.hpp"
#include "actors/jira/ticket_changes.hpp"
#include "actors/jira/ticket_search.hpp"
#include "runtime/rest/json_view.hpp"

#include <fmt/ranges.h>

#include <algorithm>

namespace nexus::jira {
namespace {

using rest::continuation;
using rest::json_view;

/// Searches at once for one hierarchy.
constexpr std::size_t parallel_searches = 8;
/// Parents per search of a hierarchy's level, so that queries stay short.
constexpr std::size_t max_parents_per_search = 50;
constexpr std::size_t agile_page_size = 50;
constexpr std::size_t max_boards = 10;
constexpr std::size_t max_sprint_pages = 10;
constexpr std::size_t max_project_pages = 20;

/// {"errorMessages": ["..."], "errors": {"field": "..."}}, or {"message": "..."}.
auto problem_text(nlohmann::json const& body) -> std::string {
  auto const view = json_view{body};
  std::vector<std::string> parts;
  for (auto const& each : view["errorMessages"].items())
    if (auto text = json_view{each}.words()) parts.push_back(std::move(*text));
  if (auto const errors = view["errors"]; errors.raw().is_object())
    for (auto const& [field, text] : errors.raw().items())
      parts.push_back(fmt::format("{}: {}", field, json_view{text}.text().value_or("")));
  if (parts.empty()) return view["message"].text().value_or("");
  return fmt::format("{}", fmt::join(parts, "; "));
}

auto service_of(jira_settings const& settings, std::function<timestamp()> now) -> rest::service_settings {
  return {.name = "Jira",
          .base_url = settings.url,
          .url_setting = "JIRA_URL",
          .credentials_setting = "JIRA_USERNAME and JIRA_API_TOKEN",
          .fields = {{"Authorization", rest::basic_authorization(settings.username, settings.api_token)},
                     {"Accept", "application/json"}},
          .problem_text = problem_text,
          .now = std::move(now)};
}

auto is_letter(char c) -> bool { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
auto is_digit(char c) -> bool { return c >= '0' && c <= '9'; }

auto trimmed_upper(std::string_view text) -> std::string {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  auto result = std::string{text};
  for (auto& c : result)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return result;
}

/// The values of a page of {"values": [...], "isLast": ...} and whether another follows.
auto values_of(nlohmann::json const& body) -> std::pair<json_view, bool> {
  auto const page = json_view{body};
  auto const values = page["values"];
  return {values, page["isLast"].boolean() == false && !values.items().empty()};
}

/// Passes an error on; nothing for a success.
template <class Reply, class T>
auto failed(expected<T>& result, continuation<Reply> const& done) -> bool {
  if (result) return false;
  done(tl::unexpected{std::move(result.error())});
  return true;
}

} // namespace

auto normalised_project_key(std::string_view written) -> expected<std::string> {
  auto key = trimmed_upper(written);
  auto const acceptable =
      !key.empty() && key.size() <= 64 && is_letter(key.front()) &&
      std::all_of(key.begin(), key.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
  if (!acceptable)
    return fail_at("$.project_key", errc::invalid_argument, "'{}' is no project key (such as PROJ)",
                   rest::one_line(written, 64));
  return key;
}

auto normalised_ticket_key(std::string_view written) -> expected<std::string> {
  auto key = trimmed_upper(written);
  auto const dash = key.find('-');
  auto const number = dash == std::string::npos ? std::string_view{} : std::string_view{key}.substr(dash + 1);
  auto const acceptable = !number.empty() && number.size() <= 10 &&
                          std::all_of(number.begin(), number.end(), is_digit) &&
                          normalised_project_key(std::string_view{key}.substr(0, dash)).has_value();
  if (!acceptable)
    return fail_at("$.ticket_key", errc::invalid_argument, "'{}' is no ticket key (such as PROJ-123)",
                   rest::one_line(written, 64));
  return key;
}

/// What reads share and outlive the client with.
struct jira_client::core : std::enable_shared_from_this<core> {
  jira_settings settings;
  rest::service jira;

  core(jira_settings s, http::exchange exchange, std::function<timestamp()> now)
      : settings(std::move(s)), jira(service_of(settings, std::move(now)), std::move(exchange)) {
    // Only the Authorization field needs them from here on.
    settings.username.clear();
    settings.api_token.clear();
  }

  void issue(call const& context, std::string const& key, continuation<ticket> done) const {
    auto const target = fmt::format("/rest/api/3/issue/{}?fields={}", key,
                                    http::percent_encode(field_names(settings.fields, ticket_detail::everything)));
    jira.get(context, target, [self = shared_from_this(), key, done = std::move(done)](expected<rest::answer> got) {
      if (!got && got.error().code == errc::not_found)
        got.error().message = fmt::format("Jira shows no ticket {}", key);
      if (failed(got, done)) return;
      done(ticket_from_json(got->body, self->settings.fields));
    });
  }

  void projects(call const& context, std::size_t page, project_list read, continuation<project_list> done) const {
    auto const target = fmt::format("/rest/api/3/project/search?startAt={}&maxResults={}&orderBy=key",
                                    page * agile_page_size, agile_page_size);
    jira.get(context, target,
             [self = shared_from_this(), context, page, read = std::move(read),
              done = std::move(done)](expected<rest::answer> got) mutable {
               if (failed(got, done)) return;
               auto const [values, more] = values_of(got->body);
               for (auto const& each : values.items())
                 if (auto key = json_view{each}["key"].words())
                   read.projects.push_back({std::move(*key), json_view{each}["name"].text().value_or("")});
               if (more && page + 1 < max_project_pages)
                 return self->projects(context, page + 1, std::move(read), std::move(done));
               done(std::move(read));
             });
  }

  /// The error for a project that Jira does not know, with the projects there are.
  void unknown_project(call const& context, std::string const& key, std::function<void(error)> done) const {
    projects(context, 0, {}, [key, done = std::move(done)](expected<project_list> known) {
      auto failure = error{errc::not_found, fmt::format("Jira shows no project {}", key), {}, {}, {}};
      if (known && !known->projects.empty()) {
        std::vector<std::string_view> keys;
        for (auto const& each : known->projects) keys.push_back(each.project_key);
        if (auto const near = did_you_mean(key, keys); !near.empty())
          failure.message += fmt::format(" (did you mean {}?)", near);
        keys.resize(std::min<std::size_t>(keys.size(), 20));
        failure.remedy = fmt::format("there are: {}", fmt::join(keys, ", "));
      }
      done(std::move(failure));
    });
  }

  void releases(call const& context, std::string const& project, continuation<release_list> done) const {
    jira.get(context, fmt::format("/rest/api/3/project/{}/versions", project),
             [self = shared_from_this(), context, project, done = std::move(done)](expected<rest::answer> got) {
               if (!got && got.error().code == errc::not_found)
                 return self->unknown_project(context, project,
                                              [done](error e) { done(tl::unexpected{std::move(e)}); });
               if (failed(got, done)) return;
               auto list = release_list{.project_key = project, .releases = {}};
               for (auto const& each : json_view{got->body}.items())
                 if (auto release = release_from_json(each, project)) list.releases.push_back(std::move(*release));
               done(std::move(list));
             });
  }

  // -- sprints ----------------------------------------------------------------

  void board_sprints(call const& context, std::int64_t board, std::string const& states, std::size_t page,
                     std::vector<sprint> read, continuation<std::vector<sprint>> done) const {
    auto const target = fmt::format("/rest/agile/1.0/board/{}/sprint?state={}&startAt={}&maxResults={}", board,
                                    http::percent_encode(states), page * agile_page_size, agile_page_size);
    jira.get(context, target,
             [self = shared_from_this(), context, board, states, page, read = std::move(read),
              done = std::move(done)](expected<rest::answer> got) mutable {
               // "The board does not support sprints": a kanban board.
               if (!got && got.error().code == errc::refused) return done(std::move(read));
               if (failed(got, done)) return;
               auto const [values, more] = values_of(got->body);
               for (auto const& each : values.items())
                 if (auto one = sprint_from_json(each)) read.push_back(std::move(*one));
               if (more && page + 1 < max_sprint_pages)
                 return self->board_sprints(context, board, states, page + 1, std::move(read), std::move(done));
               done(std::move(read));
             });
  }

  /// All sprints of a project's boards, each once, oldest first.
  void sprints(call const& context, std::string const& project, std::string const& states,
               continuation<std::vector<sprint>> done) const {
    auto const target =
        fmt::format("/rest/agile/1.0/board?projectKeyOrId={}&maxResults={}", http::percent_encode(project), max_boards);
    jira.get(context, target,
             [self = shared_from_this(), context, project, states, done = std::move(done)](expected<rest::answer> got) {
               if (!got && (got.error().code == errc::refused || got.error().code == errc::not_found))
                 return self->unknown_project(context, project,
                                              [done](error e) { done(tl::unexpected{std::move(e)}); });
               if (failed(got, done)) return;
               std::vector<std::int64_t> boards;
               for (auto const& each : json_view{got->body}["values"].items())
                 if (auto const id = json_view{each}["id"].integer()) boards.push_back(*id);
               boards.resize(std::min(boards.size(), max_boards));
               self->sprints_of_boards(context, boards, states, done);
             });
  }

  void sprints_of_boards(call const& context, std::vector<std::int64_t> const& boards, std::string const& states,
                         continuation<std::vector<sprint>> done) const {
    rest::gather<std::vector<sprint>>(
        boards.size(), 4,
        [self = shared_from_this(), context, boards, states](std::size_t i, continuation<std::vector<sprint>> next) {
          self->board_sprints(context, boards[i], states, 0, {}, std::move(next));
        },
        [done = std::move(done)](std::vector<expected<std::vector<sprint>>> results) {
          std::map<std::int64_t, sprint> by_id;
          for (auto& each : results) {
            if (failed(each, done)) return;
            for (auto& one : *each) by_id.insert_or_assign(one.id, std::move(one));
          }
          std::vector<sprint> all;
          for (auto& [id, one] : by_id) all.push_back(std::move(one));
          done(std::move(all));
        });
  }

  // -- hierarchies ------------------------------------------------------------

  /// Everything directly under `parents`: subtasks and children of team-managed projects name their parent, tickets of
  /// company-managed projects may name their epic in a field of its own instead.
  void children(call const& context, std::vector<std::string> const& parents, bool with_epic_link,
                continuation<found_tickets> done) const {
    auto jql = jql_any_of("parent", parents);
    constexpr std::string_view custom = "customfield_";
    auto const& field = settings.fields.epic_link;
    auto const by_epic = with_epic_link && field.starts_with(custom);
    if (by_epic) jql += " OR " + jql_any_of(fmt::format("cf[{}]", field.substr(custom.size())), parents);
    find_tickets(jira, settings.fields, context,
                 {.jql = jql + " ORDER BY key ASC",
                  .skip = 0,
                  .limit = settings.max_hierarchy,
                  .detail = ticket_detail::overview},
                 [self = shared_from_this(), context, parents, by_epic,
                  done = std::move(done)](expected<found_tickets> found) mutable {
                   // Sites without company-managed projects have no such field and refuse the query.
                   if (!found && by_epic && found.error().code == errc::refused)
                     return self->children(context, parents, false, std::move(done));
                   done(std::move(found));
                 });
  }

  void grow(call const& context, std::shared_ptr<hierarchy> tree, int levels,
            continuation<ticket_hierarchy> done) const {
    auto const parents = tree->frontier();
    if (levels == 0 || parents.empty()) return done(tree->result());
    // A search's pages can only be read one after the other, so that several searches are quicker than a long one.
    auto const share = (parents.size() + parallel_searches - 1) / parallel_searches;
    auto const parents_per_search = std::min(share, max_parents_per_search);
    auto const parts = (parents.size() + parents_per_search - 1) / parents_per_search;
    rest::gather<found_tickets>(
        parts, parallel_searches,
        [self = shared_from_this(), context, parents, parents_per_search](std::size_t i,
                                                                          continuation<found_tickets> next) {
          auto const from = parents.begin() + static_cast<std::ptrdiff_t>(i * parents_per_search);
          auto const size = std::min(parents_per_search, static_cast<std::size_t>(parents.end() - from));
          self->children(context, {from, from + static_cast<std::ptrdiff_t>(size)}, true, std::move(next));
        },
        [self = shared_from_this(), context, tree, levels,
         done = std::move(done)](std::vector<expected<found_tickets>> results) mutable {
          found_tickets level;
          for (auto& each : results) {
            if (failed(each, done)) return;
            level.more |= each->more;
            level.lowest.merge(each->lowest);
            std::move(each->tickets.begin(), each->tickets.end(), std::back_inserter(level.tickets));
          }
          tree->add_level(std::move(level.tickets), level.more, level.lowest);
          self->grow(context, tree, levels - 1, std::move(done));
        });
  }
};

jira_client::jira_client(jira_settings settings, http::exchange exchange, std::function<timestamp()> now)
    : core_(std::make_shared<core const>(std::move(settings), std::move(exchange), std::move(now))) {}

void jira_client::read(call const& context, get_ticket const& wanted, rest::continuation<ticket> done) const {
  auto key = normalised_ticket_key(wanted.ticket_key);
  if (failed(key, done)) return;
  core_->issue(context, *key, std::move(done));
}

void jira_client::read(call const& context, get_ticket_hierarchy const& wanted,
                       rest::continuation<ticket_hierarchy> done) const {
  auto key = normalised_ticket_key(wanted.ticket_key);
  if (failed(key, done)) return;
  core_->issue(context, *key,
               [self = core_, context, levels = wanted.max_depth, done = std::move(done)](expected<ticket> root) {
                 if (failed(root, done)) return;
                 auto tree = std::make_shared<hierarchy>(std::move(*root), self->settings.max_hierarchy);
                 self->grow(context, std::move(tree), std::clamp(levels, 1, 5), done);
               });
}

void jira_client::read(call const& context, search_tickets const& wanted,
                       rest::continuation<jira_search_result> done) const {
  auto query = ticket_query{.jql = wanted.jql,
                            .skip = static_cast<std::size_t>(std::max(wanted.start_at, 0)),
                            .limit = static_cast<std::size_t>(std::clamp(wanted.max_results, 1, 100)),
                            .detail = ticket_detail::overview};
  find_tickets(core_->jira, core_->settings.fields, context, std::move(query),
               [self = core_, context, wanted, done = std::move(done)](expected<found_tickets> found) {
                 if (failed(found, done)) return;
                 auto const read = static_cast<std::int64_t>(found->tickets.size());
                 auto result = jira_search_result{.total = {},
                                                  .start_at = wanted.start_at,
                                                  .max_results = wanted.max_results,
                                                  .issues = std::move(found->tickets),
                                                  .expand = {},
                                                  .more = found->more};
                 // Having seen the last match is better than an estimate.
                 if (!result.more && read > 0) {
                   result.total = wanted.start_at + read;
                   return done(std::move(result));
                 }
                 self->jira.ask(context, "/rest/api/3/search/approximate-count", {{"jql", wanted.jql}},
                                [result = std::move(result), done](expected<rest::answer> got) mutable {
                                  // The matches are worth having without their number.
                                  if (got) result.total = json_view{got->body}["count"].integer();
                                  done(std::move(result));
                                });
               });
}

void jira_client::read(call const& context, get_sprint_stats const& wanted,
                       rest::continuation<jira_sprint_stats> done) const {
  auto project = normalised_project_key(wanted.project_key);
  if (failed(project, done)) return;
  core_->sprints(context, *project, "active,closed,future",
                 [self = core_, context, wanted, project = *project,
                  done = std::move(done)](expected<std::vector<sprint>> sprints) {
                   if (failed(sprints, done)) return;
                   auto chosen = choose_sprint(*sprints, wanted.sprint_name, project);
                   if (failed(chosen, done)) return;
                   auto query =
                       ticket_query{.jql = fmt::format("project = {} AND sprint = {}", jql_quoted(project), chosen->id),
                                    .skip = 0,
                                    .limit = self->settings.max_counted,
                                    .detail = ticket_detail::figures};
                   find_tickets(self->jira, self->settings.fields, context, std::move(query),
                                [chosen = *chosen, done](expected<found_tickets> found) {
                                  if (failed(found, done)) return;
                                  done(sprint_statistics(chosen, found->tickets, !found->more));
                                });
                 });
}

void jira_client::read(call const& context, list_releases const& wanted, rest::continuation<release_list> done) const {
  auto project = normalised_project_key(wanted.project_key);
  if (failed(project, done)) return;
  core_->releases(context, *project, std::move(done));
}

void jira_client::read(call const& context, get_release_stats const& wanted,
                       rest::continuation<jira_release_stats> done) const {
  auto project = normalised_project_key(wanted.project_key);
  if (failed(project, done)) return;
  core_->releases(
      context, *project,
      [self = core_, context, wanted, project = *project, done = std::move(done)](expected<release_list> known) {
        if (failed(known, done)) return;
        std::vector<std::string> names;
        for (auto const& each : known->releases) names.push_back(each.version);
        auto name = evidence::find_version(wanted.release, names);
        if (!name) name.error().message = fmt::format("project {}: {}", project, name.error().message);
        if (failed(name, done)) return;
        auto const release = *std::find_if(known->releases.begin(), known->releases.end(),
                                           [&](auto const& each) { return each.version == *name; });
        auto query =
            ticket_query{.jql = fmt::format("project = {} AND fixVersion = {}", jql_quoted(project), jql_quoted(*name)),
                         .skip = 0,
                         .limit = self->settings.max_counted,
                         .detail = ticket_detail::figures};
        find_tickets(self->jira, self->settings.fields, context, std::move(query),
                     [release, done](expected<found_tickets> found) {
                       if (failed(found, done)) return;
                       done(release_statistics(release, found->tickets, !found->more));
                     });
      });
}

void jira_client::read(call const& context, list_projects const&, rest::continuation<project_list> done) const {
  core_->projects(context, 0, {}, std::move(done));
}

void jira_client::write(call const& context, update_ticket const& wanted,
                        rest::continuation<ticket_update> done) const {
  auto key = normalised_ticket_key(wanted.key);
  if (failed(key, done)) return;
  change_ticket(core_->jira, context, *key, wanted, std::move(done));
}

void jira_client::write(call const& context, update_ticket_fields const& wanted,
                        rest::continuation<ticket_fields_update> done) const {
  auto key = normalised_ticket_key(wanted.ticket_key);
  if (failed(key, done)) return;
  change_fields(core_->jira, core_->settings.fields, context, *key, wanted, std::move(done));
}

} // namespace nexus::jira
