#include "actors/jira/ticket_search.hpp"

#include "runtime/rest/json_view.hpp"

#include <algorithm>
#include <memory>

namespace nexus::jira {
namespace {

/// Jira's own limit.
constexpr std::size_t page_size = 100;
/// Longer queries go into a body: proxies and servers refuse URLs beyond 8 KiB.
constexpr std::size_t max_target = 4096;

struct reading {
  rest::service jira;
  field_ids fields;
  call context;
  ticket_query query;
  rest::continuation<found_tickets> done;
  std::size_t skipped = 0;
  std::string token;
  found_tickets found;
};

void read_page(std::shared_ptr<reading> const& state);

/// Takes a page in and says whether to go on.
auto take(reading& state, nlohmann::json const& body) -> expected<bool> {
  auto const page = rest::json_view{body};
  if (!page["issues"].raw().is_array()) return fail(errc::upstream, "Jira sent a search result without issues");
  auto const& issues = page["issues"].items();
  for (auto const& issue : issues) {
    if (state.skipped < state.query.skip) {
      ++state.skipped;
      continue;
    }
    if (state.found.tickets.size() == state.query.limit) {
      state.found.more = true;
      return false;
    }
    auto mapped = ticket_from_json(issue, state.fields);
    if (!mapped) return tl::unexpected{std::move(mapped.error())};
    if (rest::json_view{issue}["fields"]["issuetype"]["subtask"].boolean() == true)
      state.found.lowest.insert(mapped->key);
    state.found.tickets.push_back(std::move(*mapped));
  }
  auto token = page["nextPageToken"].text().value_or("");
  auto const last = token.empty() || page["isLast"].boolean() == true;
  // An empty page or a token that leads back would be read for ever.
  auto const stuck = issues.empty() || token == state.token;
  state.found.more = !last;
  state.token = std::move(token);
  return !last && !stuck && state.found.tickets.size() < state.query.limit;
}

void read_page(std::shared_ptr<reading> const& state) {
  auto const wanted = state->query.skip - state->skipped + state->query.limit - state->found.tickets.size();
  auto const size = std::min(wanted, page_size);
  auto const names = field_names(state->fields, state->query.detail);
  auto next = [state](expected<rest::answer> got) {
    if (!got) return state->done(tl::unexpected{std::move(got.error())});
    auto go_on = take(*state, got->body);
    if (!go_on) return state->done(tl::unexpected{std::move(go_on.error())});
    if (*go_on) return read_page(state);
    state->done(std::move(state->found));
  };
  auto target = fmt::format("/rest/api/3/search/jql?jql={}&maxResults={}&fields={}",
                            http::percent_encode(state->query.jql), size, http::percent_encode(names));
  if (!state->token.empty()) target += "&nextPageToken=" + http::percent_encode(state->token);
  if (target.size() <= max_target) return state->jira.get(state->context, target, std::move(next));

  auto list = nlohmann::json::array();
  for (std::size_t from = 0; from < names.size();) {
    auto const to = std::min(names.find(',', from), names.size());
    list.push_back(names.substr(from, to - from));
    from = to + 1;
  }
  auto body = nlohmann::json{{"jql", state->query.jql}, {"maxResults", size}, {"fields", std::move(list)}};
  if (!state->token.empty()) body["nextPageToken"] = state->token;
  state->jira.ask(state->context, "/rest/api/3/search/jql", body, std::move(next));
}

} // namespace

void find_tickets(rest::service const& jira, field_ids const& fields, call const& context, ticket_query query,
                  rest::continuation<found_tickets> done) {
  read_page(std::make_shared<reading>(reading{.jira = jira,
                                              .fields = fields,
                                              .context = context,
                                              .query = std::move(query),
                                              .done = std::move(done),
                                              .skipped = 0,
                                              .token = {},
                                              .found = {}}));
}

} // namespace nexus::jira
