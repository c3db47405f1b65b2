#include "actors/reporting/confluence_client.hpp"

#include "runtime/rest/json_view.hpp"

#include <fmt/ranges.h>

#include <algorithm>

namespace nexus::reporting {
namespace {

using rest::continuation;
using rest::json_view;

constexpr auto property_key = "nexus-report";
constexpr auto pages_path = "/wiki/api/v2/pages";
/// How often a page that others change at the same moment is tried.
constexpr int most_conflicts = 5;
/// How far back a page's versions are searched for a publication.
constexpr std::size_t version_pages = 4;
constexpr std::size_t versions_per_page = 50;

/// {"errors": [{"title": "...", "detail": "..."}]}, or {"message": "..."} of the layers before the API.
auto problem_text(nlohmann::json const& body) -> std::string {
  auto const view = json_view{body};
  auto parts = std::vector<std::string>{};
  for (auto const& each : view["errors"].items()) {
    auto const title = json_view{each}["title"].words();
    auto const detail = json_view{each}["detail"].words();
    if (title) parts.push_back(detail ? fmt::format("{} ({})", *title, *detail) : *title);
  }
  if (parts.empty()) return view["message"].text().value_or("");
  return fmt::format("{}", fmt::join(parts, "; "));
}

auto base_of(std::string url) -> std::string {
  while (url.ends_with('/')) url.pop_back();
  if (url.ends_with("/wiki")) url.resize(url.size() - 5);
  return url;
}

/// What stands behind the publication's name, where both were left.
auto note_in(std::string_view text, std::string_view publication) -> std::optional<std::string> {
  auto const found = text.find(publication);
  if (found == std::string_view::npos) return {};
  auto const rest = text.substr(found + publication.size());
  return rest::one_line(rest.substr(0, rest.find_first_of(")]<\n")), 200);
}

auto check_id(std::optional<std::string> const& id, char const* where) -> expected<void> {
  auto const digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!id || (!id->empty() && id->size() <= 20 && std::all_of(id->begin(), id->end(), digit))) return {};
  return fail_at(where, errc::invalid_argument, "'{}' is no id of a page in Confluence (digits)",
                 rest::one_line(*id, 40));
}

/// A page as the API shows it.
struct page_state {
  std::string id;
  std::string title;
  std::string space_id;
  std::string url;
  std::int64_t version = 0;
};

auto page_from_json(nlohmann::json const& value, std::string const& site) -> expected<page_state> {
  auto const view = json_view{value};
  auto const id = view["id"].words();
  auto const version = view["version"]["number"].integer();
  if (!id || !version) return fail(errc::upstream, "Confluence shows a page without an id or a version");
  auto const base = view["_links"]["base"].words().value_or(site + "/wiki");
  auto const path = view["_links"]["webui"].words().value_or("/pages/viewpage.action?pageId=" + *id);
  return page_state{*id, view["title"].text().value_or(""), view["spaceId"].text().value_or(""), base + path, *version};
}

} // namespace

/// What publications share and outlive the client with.
struct confluence_client::core {
  std::string site;
  rest::service confluence;
};

/// One publication on its way: found or not, written, marked.
struct confluence_client::publication : std::enable_shared_from_this<publication> {
  std::shared_ptr<core const> shared;
  call context;
  page_draft draft;
  continuation<published_page> done;
  std::string space_id;
  int conflicts = 0;
  /// Whether an earlier attempt may have been carried out, for all that is known so far.
  bool searching;
  /// What was the matter with the write whose outcome is looked for.
  std::optional<error> lost;

  publication(std::shared_ptr<core const> c, call k, page_draft d, continuation<published_page> f)
      : shared(std::move(c)),
        context(std::move(k)),
        draft(std::move(d)),
        done(std::move(f)),
        searching(context.recovering) {}

  // -- asking
  // -----------------------------------------------------------------------------------------------------------

  void fail_with(error problem) {
    // What became of the write matters more than why it could not be found out.
    if (lost) problem = std::move(*lost);
    // What is not there cannot have been written; any other trouble leaves it open.
    if (searching && problem.code != errc::not_found) problem = unsettled(std::move(problem));
    done(tl::unexpected{std::move(problem)});
  }

  /// Goes on with the answer's body, or ends.
  void get(std::string const& target, std::function<void(nlohmann::json const& body)> next) {
    shared->confluence.get(context, target,
                           [self = shared_from_this(), next = std::move(next)](expected<rest::answer> got) {
                             if (!got) return self->fail_with(std::move(got.error()));
                             next(got->body);
                           });
  }

  void start() {
    if (draft.page_id) return read_named();
    get(fmt::format("/wiki/api/v2/spaces?keys={}&limit=1", http::percent_encode(draft.space_key)),
        [self = shared_from_this()](nlohmann::json const& body) {
          auto const& spaces = json_view{body}["results"].items();
          auto const id = spaces.empty() ? std::nullopt : json_view{spaces.front()}["id"].words();
          if (!id)
            return self->fail_with(
                {errc::not_found,
                 fmt::format("Confluence shows no space '{}'", rest::one_line(self->draft.space_key, 64)),
                 "$.space_key",
                 "check the key, and that the credentials may see the space",
                 {}});
          self->space_id = *id;
          self->read_titled();
        });
  }

  void read_named() {
    shared->confluence.get(context, fmt::format("{}/{}", pages_path, *draft.page_id),
                           [self = shared_from_this()](expected<rest::answer> got) {
                             if (!got && got.error().code == errc::not_found)
                               got.error().message = fmt::format("Confluence shows no page {}", *self->draft.page_id);
                             if (!got) return self->fail_with(std::move(got.error()));
                             self->with_page(got->body, [self](page_state const& page) {
                               self->name_space(page, [self, page] { self->found(page); });
                             });
                           });
  }

  /// The space of a page that was named is whatever it is in.
  void name_space(page_state const& page, std::function<void()> next) {
    space_id = page.space_id;
    get(fmt::format("/wiki/api/v2/spaces/{}", http::percent_encode(space_id)),
        [self = shared_from_this(), next = std::move(next)](nlohmann::json const& body) {
          self->draft.space_key = json_view{body}["key"].text().value_or("");
          next();
        });
  }

  void read_titled() {
    get(fmt::format("{}?space-id={}&title={}&status=current&limit=1", pages_path, http::percent_encode(space_id),
                    http::percent_encode(draft.title)),
        [self = shared_from_this()](nlohmann::json const& body) {
          auto const& pages = json_view{body}["results"].items();
          if (!pages.empty())
            return self->with_page(pages.front(), [self](page_state const& page) { self->found(page); });
          if (self->lost) return self->fail_with(*self->lost);
          self->searching = false;
          self->create();
        });
  }

  void with_page(nlohmann::json const& body, std::function<void(page_state const&)> next) {
    auto page = page_from_json(body, shared->site);
    if (!page) return fail_with(std::move(page.error()));
    next(*page);
  }

  // -- a page is there
  // --------------------------------------------------------------------------------------------------

  void found(page_state const& page) {
    if (!searching && !lost) return take_over(page);
    search_versions(page);
  }

  void search_versions(page_state const& page) {
    shared->confluence.get_pages(
        context, fmt::format("{}/{}/versions?limit={}&sort=-modified-date", pages_path, page.id, versions_per_page),
        version_pages, [self = shared_from_this(), page](expected<rest::page_sequence> got) {
          if (!got) return self->fail_with(std::move(got.error()));
          for (auto const& each : got->pages)
            for (auto const& version : json_view{each}["results"].items())
              if (auto note = note_in(json_view{version}["message"].text().value_or(""), self->draft.publication)) {
                self->draft.note = std::move(*note);
                return self->written(page, json_view{version}["number"].integer().value_or(page.version), false);
              }
          self->search_body(page);
        });
  }

  /// A version that makes a page has no message; its text tells.
  void search_body(page_state const& page) {
    get(fmt::format("{}/{}?body-format=storage", pages_path, page.id),
        [self = shared_from_this(), page](nlohmann::json const& body) {
          auto const text = json_view{body}["body"]["storage"]["value"].text().value_or("");
          if (auto note = note_in(text, self->draft.publication)) {
            self->draft.note = std::move(*note);
            return self->written(page, 1, true);
          }
          if (self->lost) return self->fail_with(*self->lost);
          self->searching = false;
          self->take_over(page);
        });
  }

  void take_over(page_state const& page) {
    if (draft.page_id) return update(page);
    get(fmt::format("{}/{}/properties?key={}", pages_path, page.id, property_key),
        [self = shared_from_this(), page](nlohmann::json const& body) {
          if (!json_view{body}["results"].items().empty()) return self->update(page);
          self->fail_with({errc::conflict,
                           fmt::format("the space {} has a page '{}' already (id {}, {}) that Nexus did not make",
                                       self->draft.space_key, rest::one_line(page.title, 100), page.id, page.url),
                           "$.title",
                           fmt::format("choose another title, or say page_id {} to replace that page's text", page.id),
                           {}});
        });
  }

  // -- writing
  // ------------------------------------------------------------------------------------------------------------

  auto body() const -> nlohmann::json { return {{"representation", "storage"}, {"value", draft.storage}}; }

  void create() {
    auto page = nlohmann::json{{"spaceId", space_id}, {"status", "current"}, {"title", draft.title}, {"body", body()}};
    if (draft.parent_id) page["parentId"] = *draft.parent_id;
    shared->confluence.change(
        context, "POST", pages_path, page, [self = shared_from_this()](expected<rest::answer> got) {
          if (got) {
            // Taken, but the answer does not say as what: it is looked for.
            auto const made = page_from_json(got->body, self->shared->site);
            return made ? self->written(*made, made->version, true) : self->settle(made.error());
          }
          auto const refused = got.error().code == errc::refused || got.error().code == errc::conflict;
          // Somebody else may have made a page of that title a moment ago.
          if (refused && self->conflicts++ == 0) return self->look_again(std::move(got.error()));
          self->settle(std::move(got.error()));
        });
  }

  void look_again(error problem) {
    get(fmt::format("{}?space-id={}&title={}&status=current&limit=1", pages_path, http::percent_encode(space_id),
                    http::percent_encode(draft.title)),
        [self = shared_from_this(), problem = std::move(problem)](nlohmann::json const& body) {
          auto const& pages = json_view{body}["results"].items();
          if (pages.empty()) return self->fail_with(problem);
          self->with_page(pages.front(), [self](page_state const& page) { self->found(page); });
        });
  }

  void update(page_state const& page) {
    auto const next = page.version + 1;
    auto const version = nlohmann::json{
        {"number", next}, {"message", fmt::format("Report by Nexus ({} {})", draft.publication, draft.note)}};
    auto const changed = nlohmann::json{
        {"id", page.id}, {"status", "current"}, {"title", draft.title}, {"body", body()}, {"version", version}};
    shared->confluence.change(
        context, "PUT", fmt::format("{}/{}", pages_path, page.id), changed,
        [self = shared_from_this(), page, next](expected<rest::answer> got) {
          if (got) return self->written(page, next, false);
          if (got.error().code == errc::conflict && ++self->conflicts <= most_conflicts)
            return self->get(fmt::format("{}/{}", pages_path, page.id), [self](nlohmann::json const& read) {
              self->with_page(read, [self](page_state const& current) { self->update(current); });
            });
          self->settle(std::move(got.error()));
        });
  }

  /// After a write that failed in a way that leaves open what was done: looks.
  void settle(error problem) {
    if (problem.code != errc::upstream || lost) return fail_with(std::move(problem));
    lost = std::move(problem);
    if (draft.page_id) return read_named();
    read_titled();
  }

  /// Marks the page as one of ours, once.
  void written(page_state const& page, std::int64_t version, bool created) {
    lost.reset();
    searching = false;
    auto const result = published_page{page.id, draft.title, page.url, draft.space_key, version, created, draft.note};
    auto const path = fmt::format("{}/{}/properties", pages_path, page.id);
    auto const unmarked = [self = shared_from_this(), id = page.id](error problem) {
      // Whoever tries again must look first.
      problem.code = errc::unavailable;
      problem.message =
          fmt::format("page {} holds the report, but could not be marked as one of Nexus: {}", id, problem.message);
      problem.remedy = fmt::format("publish again with page_id {}", id);
      self->fail_with(std::move(problem));
    };
    shared->confluence.get(context, fmt::format("{}?key={}", path, property_key),
                           [self = shared_from_this(), path, result, unmarked](expected<rest::answer> got) {
                             if (!got) return unmarked(std::move(got.error()));
                             if (!json_view{got->body}["results"].items().empty()) return self->done(result);
                             auto const mark = nlohmann::json{
                                 {"key", property_key},
                                 {"value", {{"managed_by", "nexus"}, {"publication", self->draft.publication}}}};
                             self->shared->confluence.change(self->context, "POST", path, mark,
                                                             [self, result, unmarked](expected<rest::answer> marked) {
                                                               // Somebody else has marked it a moment ago.
                                                               if (!marked && marked.error().code != errc::conflict)
                                                                 return unmarked(std::move(marked.error()));
                                                               self->done(result);
                                                             });
                           });
  }
};

confluence_client::confluence_client(confluence_settings settings, http::exchange exchange,
                                     std::function<timestamp()> now) {
  auto site = base_of(std::move(settings.url));
  auto service = rest::service_settings{
      .name = "Confluence",
      .base_url = site,
      .url_setting = "CONFLUENCE_URL",
      .credentials_setting = "CONFLUENCE_USERNAME and CONFLUENCE_API_TOKEN",
      .fields = {{"Authorization", rest::basic_authorization(settings.username, settings.api_token)},
                 {"Accept", "application/json"}},
      .problem_text = problem_text,
      .now = std::move(now)};
  core_ = std::make_shared<core const>(core{std::move(site), rest::service{std::move(service), std::move(exchange)}});
}

void confluence_client::publish(call const& context, page_draft draft, continuation<published_page> done) const {
  if (core_->site.empty())
    return done(tl::unexpected{error{errc::refused,
                                     "Confluence is not configured",
                                     {},
                                     "set CONFLUENCE_URL, CONFLUENCE_USERNAME and CONFLUENCE_API_TOKEN, or "
                                     "CONFLUENCE_MOCK_MODE=true for the simulator",
                                     {}}});
  for (auto const& checked : {check_id(draft.page_id, "$.page_id"), check_id(draft.parent_id, "$.parent_id")})
    if (!checked) return done(tl::unexpected{checked.error()});
  std::make_shared<publication>(core_, context, std::move(draft), std::move(done))->start();
}

} // namespace nexus::reporting
