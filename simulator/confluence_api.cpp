#include "messages/core/text.hpp"
#include "simulator/confluence.hpp"
#include "simulator/storage_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace nexus::simulator::confluence {
namespace {

constexpr std::string_view title_taken =
    "A page with this title already exists: A page already exists with the same TITLE in this space";
/// What is written stays in memory; a site that is full says so.
constexpr std::size_t most_pages = 1'000;
constexpr std::size_t most_versions = 1'000;
constexpr std::size_t most_properties = 100;
constexpr std::size_t longest_title = 255;

auto number_in(std::string_view text) -> std::optional<std::int64_t> {
  std::int64_t value = 0;
  auto const [end, bad] = std::from_chars(text.data(), text.data() + text.size(), value);
  return bad == std::errc{} && end == text.data() + text.size() ? std::optional{value} : std::nullopt;
}

auto text_in(json const& body, char const* name) -> std::string {
  auto const found = body.find(name);
  return found != body.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

auto id_text(std::int64_t id) { return fmt::format("{}", id); }

template <class Things>
auto find_id(Things& things, std::string_view id) {
  auto const wanted = number_in(id);
  return std::find_if(things.begin(), things.end(), [&](auto const& each) { return wanted && each.id == *wanted; });
}

auto not_found(std::string_view what) { return problem(404, "Not Found", fmt::format("{} not found", what)); }

/// A list of results from where the cursor says, with the way to the next ones in the body and in a Link field.
template <class Things, class Show>
auto answer_list(visit const& v, Things const& things, Show show) -> http::response {
  auto const limit = static_cast<std::size_t>(v.number("limit", 1, 250, 25));
  auto const cursor = v.parameter("cursor");
  auto const from = cursor ? number_in(*cursor) : std::optional<std::int64_t>{0};
  if (!from || *from < 0) return problem(400, "Invalid cursor");
  auto results = json::array();
  auto i = static_cast<std::size_t>(*from);
  for (; i < things.size() && results.size() < limit; ++i) results.push_back(show(*things[i]));
  auto links = json{{"base", v.base + "/wiki"}};
  auto next = std::string{};
  if (i < things.size()) {
    next = v.target.path.substr(v.target.path.find("/wiki/"));
    auto separator = '?';
    for (auto const& [name, value] : v.target.query) {
      if (name == "cursor") continue;
      next += fmt::format("{}{}={}", separator, http::percent_encode(name), http::percent_encode(value));
      separator = '&';
    }
    next += fmt::format("{}cursor={}", separator, i);
    links["next"] = next;
  }
  auto answer = json_answer(200, {{"results", std::move(results)}, {"_links", std::move(links)}});
  if (!next.empty()) answer.fields.add("Link", fmt::format("<{}{}>; rel=\"next\"", v.base, next));
  return answer;
}

auto show_space(space const& s) -> json {
  return {{"id", id_text(s.id)},
          {"key", s.key},
          {"name", s.name},
          {"type", "global"},
          {"status", "current"},
          {"homepageId", id_text(s.homepage)},
          {"_links", {{"webui", "/spaces/" + s.key}}}};
}

auto show_version(page_version const& version) -> json {
  return {{"number", version.number},
          {"message", version.message},
          {"minorEdit", false},
          {"authorId", "557058:nexus"},
          {"createdAt", iso_time(version.when)}};
}

auto show_page(site const& here, visit const& v, page const& p) -> json {
  auto const& now = p.now();
  auto const home =
      std::find_if(here.spaces.begin(), here.spaces.end(), [&](auto const& s) { return s.id == p.space; });
  auto body = json::object();
  if (v.parameter("body-format") == "storage")
    body["storage"] = {{"representation", "storage"}, {"value", now.storage}};
  return {{"id", id_text(p.id)},
          {"status", "current"},
          {"title", now.title},
          {"spaceId", id_text(p.space)},
          {"parentId", p.parent ? json(id_text(*p.parent)) : json(nullptr)},
          {"authorId", "557058:nexus"},
          {"createdAt", iso_time(p.versions.front().when)},
          {"version", show_version(now)},
          {"body", std::move(body)},
          {"_links",
           {{"base", v.base + "/wiki"},
            {"webui", fmt::format("/spaces/{}/pages/{}", home == here.spaces.end() ? "" : home->key, p.id)},
            {"editui", fmt::format("/pages/resumedraft.action?draftId={}", p.id)}}}};
}

auto show_property(content_property const& x) -> json {
  return {{"id", id_text(x.id)}, {"key", x.key}, {"value", x.value}, {"version", {{"number", x.version}}}};
}

/// What a page is to become, as far as POST and PUT agree.
struct page_text {
  std::string title, storage;
};

auto read_text(json const& body) -> tl::expected<page_text, http::response> {
  auto const refuse = [](std::string_view why, std::string_view detail = {}) {
    return tl::unexpected{problem(400, why, detail)};
  };
  auto result = page_text{text_in(body, "title"), {}};
  if (text_in(body, "status") != "current") return refuse("Invalid status", "only 'current' is supported here");
  if (result.title.empty() || result.title.size() > longest_title) return refuse("Title is missing or too long");
  auto const content = body.find("body");
  if (content == body.end() || !content->is_object()) return refuse("Body is missing");
  if (text_in(*content, "representation") != "storage") return refuse("Invalid body representation");
  result.storage = text_in(*content, "value");
  if (auto const good = check_storage(result.storage); !good) return refuse(good.error().message);
  return result;
}

auto is_title_taken(site const& here, std::int64_t in_space, std::string const& title, std::int64_t by_other_than) {
  return std::any_of(here.pages.begin(), here.pages.end(), [&](page const& p) {
    return p.space == in_space && p.id != by_other_than && same_word(p.now().title, title);
  });
}

auto create_page(site& here, visit const& v) -> http::response {
  auto const body = body_object(v.raw);
  if (!body) return problem(400, "The request body is no JSON object");
  auto const home = find_id(here.spaces, text_in(*body, "spaceId"));
  if (home == here.spaces.end()) return not_found("Space");
  auto text = read_text(*body);
  if (!text) return std::move(text.error());
  auto parent = std::optional<std::int64_t>{home->homepage};
  if (auto const wanted = text_in(*body, "parentId"); !wanted.empty()) {
    auto const above = find_id(here.pages, wanted);
    if (above == here.pages.end() || above->space != home->id) return not_found("Parent page");
    parent = above->id;
  }
  if (is_title_taken(here, home->id, text->title, 0)) return problem(400, title_taken);
  if (here.pages.size() >= most_pages) return problem(507, "The site is full");
  here.pages.push_back({.id = ++here.last_id,
                        .space = home->id,
                        .parent = parent,
                        .versions = {{1, std::move(text->title), std::move(text->storage), {}, v.now}},
                        .properties = {}});
  return json_answer(200, show_page(here, v, here.pages.back()));
}

auto update_page(site& here, page& p, visit const& v) -> http::response {
  auto const body = body_object(v.raw);
  if (!body) return problem(400, "The request body is no JSON object");
  if (text_in(*body, "id") != id_text(p.id)) return problem(400, "The id of the body and of the path differ");
  auto text = read_text(*body);
  if (!text) return std::move(text.error());
  auto const version = body->find("version");
  auto const is_object = version != body->end() && version->is_object();
  auto const number = is_object ? version->value("number", json{}) : json{};
  if (!number.is_number_integer()) return problem(400, "Version is missing");
  if (number.get<std::int64_t>() != p.now().number + 1)
    return problem(
        409, "Conflict",
        fmt::format("Version must be incremented when updating a page. Current version: {}. Provided version: {}",
                    p.now().number, number.get<std::int64_t>()));
  if (is_title_taken(here, p.space, text->title, p.id)) return problem(400, title_taken);
  if (p.versions.size() >= most_versions) return problem(507, "The page has too many versions");
  auto const next = p.now().number + 1;
  // Nobody can ask for the texts of earlier versions.
  p.versions.back().storage.clear();
  p.versions.push_back({next, std::move(text->title), std::move(text->storage), text_in(*version, "message"), v.now});
  return json_answer(200, show_page(here, v, p));
}

auto answer_properties(site& here, page& p, visit const& v) -> http::response {
  auto const method = std::string_view{v.raw.method};
  if (v.path.size() == 6 && method == "GET") {
    auto const key = v.parameter("key");
    auto wanted = std::vector<content_property const*>{};
    for (auto const& each : p.properties)
      if (!key || each.key == *key) wanted.push_back(&each);
    return answer_list(v, wanted, show_property);
  }
  auto const body = method == "GET" || method == "DELETE" ? std::optional{json::object()} : body_object(v.raw);
  if (!body) return problem(400, "The request body is no JSON object");
  auto const key = text_in(*body, "key");
  if (v.path.size() == 6 && method == "POST") {
    auto const taken =
        std::any_of(p.properties.begin(), p.properties.end(), [&](auto const& x) { return x.key == key; });
    if (key.empty() || key.size() > 255) return problem(400, "The key is missing or too long");
    if (taken) return problem(409, "Conflict", "A property with this key already exists");
    if (p.properties.size() >= most_properties) return problem(507, "The page has too many properties");
    p.properties.push_back({++here.last_id, key, body->value("value", json{}), 1});
    return json_answer(200, show_property(p.properties.back()));
  }
  if (v.path.size() != 7) return problem(405, "Method Not Allowed");
  auto const found = find_id(p.properties, v.path[6]);
  if (found == p.properties.end()) return not_found("Property");
  if (method == "GET") return json_answer(200, show_property(*found));
  if (method == "DELETE") {
    p.properties.erase(found);
    return text_answer(204, "application/json", {});
  }
  if (method != "PUT") return problem(405, "Method Not Allowed");
  auto const version = body->find("version");
  auto const number = version != body->end() && version->is_object() ? version->value("number", json{}) : json{};
  if (number != found->version + 1) return problem(409, "Conflict", "Version must be incremented");
  found->value = body->value("value", json{});
  ++found->version;
  return json_answer(200, show_property(*found));
}

auto answer_pages(site& here, visit const& v) -> http::response {
  auto const method = std::string_view{v.raw.method};
  if (v.path.size() == 4) {
    if (method == "POST") return create_page(here, v);
    if (method != "GET") return problem(405, "Method Not Allowed");
    auto const in_space = v.parameter("space-id");
    auto const title = v.parameter("title");
    auto wanted = std::vector<page const*>{};
    for (auto const& p : here.pages)
      if ((!in_space || *in_space == id_text(p.space)) && (!title || same_word(*title, p.now().title)))
        wanted.push_back(&p);
    return answer_list(v, wanted, [&](page const& p) { return show_page(here, v, p); });
  }
  auto const found = find_id(here.pages, v.path[4]);
  if (found == here.pages.end()) return not_found("Page");
  if (v.path.size() == 5) {
    if (method == "GET") return json_answer(200, show_page(here, v, *found));
    if (method == "PUT") return update_page(here, *found, v);
    if (method != "DELETE") return problem(405, "Method Not Allowed");
    here.pages.erase(found);
    return text_answer(204, "application/json", {});
  }
  if (v.path[5] == "properties") return answer_properties(here, *found, v);
  if (v.path[5] != "versions" || v.path.size() != 6) return problem(404, "Not Found");
  if (method != "GET") return problem(405, "Method Not Allowed");
  auto newest_first = std::vector<page_version const*>{};
  for (auto const& each : found->versions) newest_first.insert(newest_first.begin(), &each);
  return answer_list(v, newest_first, show_version);
}

auto answer_spaces(site const& here, visit const& v) -> http::response {
  if (v.raw.method != "GET") return problem(405, "Method Not Allowed");
  if (v.path.size() == 5) {
    auto const found = find_id(here.spaces, v.path[4]);
    return found == here.spaces.end() ? not_found("Space") : json_answer(200, show_space(*found));
  }
  auto const keys = v.parameter("keys") ? split(*v.parameter("keys"), ',') : std::vector<std::string>{};
  auto wanted = std::vector<space const*>{};
  for (auto const& s : here.spaces)
    if (!v.parameter("keys") || std::find(keys.begin(), keys.end(), s.key) != keys.end()) wanted.push_back(&s);
  return answer_list(v, wanted, show_space);
}

} // namespace

auto make_site(instant anchor) -> site {
  auto here = site{};
  here.last_id = 65'536;
  auto const add = [&](std::int64_t in_space, std::optional<std::int64_t> parent, std::string title, std::string text) {
    here.pages.push_back(
        {.id = ++here.last_id,
         .space = in_space,
         .parent = parent,
         .versions = {{1, std::move(title), std::move(text), {}, anchor - std::chrono::hours{24 * 90}}},
         .properties = {}});
    return here.last_id;
  };
  constexpr std::pair<char const*, char const*> names[] = {
      {"REL", "Releases"}, {"ENG", "Engineering"}, {"OPS", "Operations"}};
  for (auto const& [key, name] : names) {
    auto const id = ++here.last_id;
    auto const home = add(id, std::nullopt, fmt::format("{} Home", name), fmt::format("<p>Welcome to {}.</p>", name));
    here.spaces.push_back({id, key, name, home});
    add(id, home, "How we work", "<p>Small steps, reviewed by <em>two</em> people.</p>");
  }
  add(here.spaces[0].id, here.spaces[0].homepage, "Release calendar",
      "<table><tbody><tr><th>Release</th><th>When</th></tr></tbody></table>");
  return here;
}

auto problem(int status, std::string_view title, std::string_view detail) -> http::response {
  auto const code = status == 404   ? "NOT_FOUND"
                    : status == 409 ? "CONFLICT"
                    : status == 400 ? "INVALID_REQUEST_PARAMETER"
                    : status == 429 ? "RATE_LIMITED"
                                    : "ERROR";
  auto const text = detail.empty() ? json(nullptr) : json(detail);
  return json_answer(
      status, {{"errors", json::array({{{"status", status}, {"code", code}, {"title", title}, {"detail", text}}})}});
}

auto unauthenticated() -> http::response {
  auto answer = json_answer(401, {{"code", 401}, {"message", "Unauthorized; scope does not match"}});
  answer.fields.add("WWW-Authenticate", "OAuth realm=\"nexus.atlassian.net\"");
  return answer;
}

auto answer(site& here, visit const& v) -> http::response {
  auto const path = v.path;
  if (path.size() < 4 || path[0] != "wiki" || path[1] != "api" || path[2] != "v2") return problem(404, "Not Found");
  if (path[3] == "pages" && path.size() <= 7) return answer_pages(here, v);
  if (path[3] == "spaces" && path.size() <= 5) return answer_spaces(here, v);
  return problem(404, "Not Found");
}

} // namespace nexus::simulator::confluence
