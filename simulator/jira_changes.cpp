#include "simulator/jira.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace nexus::simulator::jira {
namespace {

constexpr std::size_t most_comments = 1'000;

struct transition {
  int id;
  /// As a button says it: never the name of the status.
  std::string_view name;
  ticket_status from, to;
};

constexpr auto workflow = [] {
  using enum ticket_status;
  return std::array<transition, 11>{{{11, "Start work", to_do, in_progress},
                                     {21, "Put back", in_progress, to_do},
                                     {31, "Ask for review", in_progress, in_review},
                                     {41, "Stop", in_progress, blocked},
                                     {51, "Finish", in_progress, done},
                                     {61, "Rework", in_review, in_progress},
                                     {71, "Accept", in_review, done},
                                     {81, "Stop", in_review, blocked},
                                     {91, "Go on", blocked, in_progress},
                                     {101, "Take back", blocked, to_do},
                                     {111, "Reopen", done, to_do}}};
}();

auto method_is(visit const& v, std::string_view method) { return v.raw.method == method; }

auto refusal(std::string const& field, std::string_view why) -> http::response {
  return json_answer(400, {{"errorMessages", json::array()}, {"errors", {{field, why}}}});
}

auto is_document(json const& value) {
  return value.is_object() && value.value("type", json()) == "doc" && value.value("version", json()) == 1 &&
         value.value("content", json()).is_array();
}

/// The text of a document, a paragraph for each block.
void gather_text(json const& node, int depth, std::string& text) {
  if (depth > 16 || !node.is_object()) return;
  if (node.value("type", "") == "text" && node.value("text", json()).is_string())
    text += node["text"].get<std::string>();
  if (node.value("type", "") == "hardBreak") text += '\n';
  auto content = node.find("content");
  if (content == node.end() || !content->is_array()) return;
  for (auto const& child : *content) {
    if (depth == 0 && !text.empty()) text += "\n\n";
    gather_text(child, depth + 1, text);
  }
}

auto member(json const& value, char const* name) -> std::optional<std::string> {
  auto found = value.find(name);
  if (!value.is_object() || found == value.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

template <class Enum, class Names>
auto find_name(Names const& all, std::optional<std::string> const& wanted) -> std::optional<Enum> {
  for (std::size_t i = 0; wanted && i < all.size(); ++i)
    if (all[i] == *wanted) return static_cast<Enum>(i);
  return std::nullopt;
}

// -- transitions ----------------------------------------------------------------

auto answer_transitions(data_set& world, visit const& v, ticket& on) -> http::response {
  if (method_is(v, "GET")) {
    auto list = json::array();
    for (auto const& t : workflow)
      if (t.from == on.status)
        list.push_back({{"id", fmt::format("{}", t.id)},
                        {"name", t.name},
                        {"to", render_status(v.base, t.to)},
                        {"hasScreen", false},
                        {"isGlobal", false},
                        {"isInitial", false},
                        {"isAvailable", true},
                        {"isConditional", false}});
    return json_answer(200, {{"expand", "transitions"}, {"transitions", std::move(list)}});
  }
  if (!method_is(v, "POST")) return problem(405, "Method Not Allowed");
  auto body = body_object(v.raw);
  auto id = body ? member(body->value("transition", json()), "id") : std::nullopt;
  if (!id) return problem(400, "Missing 'transition' identifier");
  auto found = std::find_if(workflow.begin(), workflow.end(),
                            [&](auto const& t) { return t.from == on.status && fmt::format("{}", t.id) == *id; });
  if (found == workflow.end())
    return problem(400,
                   fmt::format("It seems that you have tried to perform a workflow operation ({}) that is not valid "
                               "for the current state of this issue ({}).",
                               *id, on.key));
  on.status = found->to;
  on.resolved = on.status == ticket_status::done ? std::optional{v.now} : std::nullopt;
  on.updated = v.now;
  ++world.edition;
  return text_answer(204, "application/json; charset=utf-8", {});
}

// -- comments -------------------------------------------------------------------

auto list_comments(data_set const& world, visit const& v, ticket const& on) -> http::response {
  auto all = on.comments;
  auto order = v.parameter("orderBy").value_or("created");
  if (order != "created" && order != "-created") return problem(400, "The orderBy value is not valid.");
  // Comments of one second keep the order of their ids.
  if (order == "-created") std::reverse(all.begin(), all.end());
  auto start = static_cast<std::size_t>(v.number("startAt", 0, 1'000'000, 0));
  auto limit = static_cast<std::size_t>(v.number("maxResults", 0, 100, 100));
  auto shown = json::array();
  for (auto i = start; i < all.size() && shown.size() < limit; ++i)
    shown.push_back(render_comment(world, v.base, on, all[i], false));
  return json_answer(
      200, {{"startAt", start}, {"maxResults", limit}, {"total", all.size()}, {"comments", std::move(shown)}});
}

auto answer_comments(data_set& world, visit const& v, ticket& on) -> http::response {
  if (method_is(v, "GET")) return list_comments(world, v, on);
  if (!method_is(v, "POST")) return problem(405, "Method Not Allowed");
  auto body = body_object(v.raw);
  if (!body) return problem(400, "Invalid request payload. Refer to the REST API documentation and try again.");
  auto document = body->value("body", json());
  if (!is_document(document) || document["content"].empty()) return refusal("comment", "Comment body is not valid!");
  if (on.comments.size() >= most_comments) return problem(413, "The issue has too many comments.");
  ticket_comment made;
  made.id = ++world.next_id;
  made.document = document.dump(-1, ' ', false, json::error_handler_t::replace);
  made.created = v.now;
  if (auto properties = body->find("properties"); properties != body->end() && properties->is_array())
    for (auto const& each : *properties)
      if (auto key = member(each, "key"); key && each.contains("value"))
        made.properties.emplace_back(*key, each["value"].dump(-1, ' ', false, json::error_handler_t::replace));
  on.comments.push_back(std::move(made));
  on.updated = v.now;
  ++world.edition;
  return json_answer(201, render_comment(world, v.base, on, on.comments.back(), false));
}

/// POST comment/list: comments of any issue by their ids.
auto answer_comment_list(data_set const& world, visit const& v) -> http::response {
  auto body = body_object(v.raw);
  auto ids = body ? body->value("ids", json()) : json();
  if (!ids.is_array() || ids.empty() || ids.size() > 1'000)
    return problem(400, "The list of comment IDs must hold 1 to 1000 of them.");
  auto with_properties = v.parameter("expand").value_or("").find("properties") != std::string::npos;
  auto values = json::array();
  for (auto const& x : world.tickets)
    for (auto const& c : x.comments)
      if (std::find(ids.begin(), ids.end(), c.id) != ids.end())
        values.push_back(render_comment(world, v.base, x, c, with_properties));
  return json_answer(
      200, {{"startAt", 0}, {"maxResults", 1'000}, {"total", values.size()}, {"isLast", true}, {"values", values}});
}

// -- fields ---------------------------------------------------------------------

auto editable_fields(project const& p) -> json {
  auto names = [](auto const& all) {
    auto list = json::array();
    for (auto const& name : all) list.push_back({{"name", name}});
    return list;
  };
  auto versions = json::array();
  for (auto const& each : p.versions) versions.push_back({{"id", fmt::format("{}", each.id)}, {"name", each.name}});
  auto field = [](char const* id, char const* name, json schema, json allowed = nullptr) {
    json result{{"required", std::string_view{id} == "summary"},
                {"schema", std::move(schema)},
                {"name", name},
                {"key", id},
                {"operations", json::array({"set"})}};
    if (!allowed.is_null()) result["allowedValues"] = std::move(allowed);
    return result;
  };
  auto system = [](char const* type, char const* id) { return json{{"type", type}, {"system", id}}; };
  auto list_of = [](char const* items, char const* id) {
    return json{{"type", "array"}, {"items", items}, {"system", id}};
  };
  json fields;
  fields["summary"] = field("summary", "Summary", system("string", "summary"));
  fields["description"] = field("description", "Description", system("string", "description"));
  fields["priority"] = field("priority", "Priority", system("priority", "priority"), names(priority_names));
  fields["assignee"] = field("assignee", "Assignee", system("user", "assignee"));
  fields["duedate"] = field("duedate", "Due date", system("date", "duedate"));
  fields["labels"] = field("labels", "Labels", list_of("string", "labels"));
  fields["components"] = field("components", "Components", list_of("component", "components"), names(p.components));
  fields["fixVersions"] = field("fixVersions", "Fix versions", list_of("version", "fixVersions"), versions);
  fields["customfield_10016"] =
      field("customfield_10016", "Story point estimate",
            {{"type", "number"}, {"custom", "com.pyxis.greenhopper.jira:jsw-story-points"}, {"customId", 10016}});
  // Comments are added, and never set as a whole.
  fields["comment"] = field("comment", "Comment", system("comments-page", "comment"));
  fields["comment"]["operations"] = json::array({"add", "edit", "remove"});
  return fields;
}

/// Changes one field of a copy; the words of a refusal otherwise.
auto set_field(data_set const& world, ticket& on, std::string const& id, json const& value)
    -> std::optional<std::string> {
  auto const& p = world.projects[on.project];
  if (id == "summary") {
    if (!value.is_string() || value.get_ref<std::string const&>().empty())
      return "You must specify a summary of the issue.";
    on.summary = value.get<std::string>();
  } else if (id == "description") {
    if (!value.is_null() && !is_document(value))
      return "Operation value must be an Atlassian Document (see the Atlassian Document Format)";
    on.description.clear();
    gather_text(value, 0, on.description);
  } else if (id == "priority") {
    auto level = find_name<priority>(priority_names, member(value, "name"));
    if (!level) return "The priority selected is invalid.";
    on.priority = *level;
  } else if (id == "assignee") {
    auto account = member(value, "accountId");
    auto found =
        std::find_if(world.people.begin(), world.people.end(), [&](auto const& x) { return x.account_id == account; });
    if (!value.is_null() && found == world.people.end()) return "Specify a valid value for assignee";
    on.assignee =
        value.is_null() ? std::nullopt : std::optional{static_cast<std::size_t>(found - world.people.begin())};
  } else if (id == "duedate") {
    auto due = value.is_string() ? parse_time(value.get<std::string>()) : std::nullopt;
    if (!value.is_null() && !due) return "Error parsing date string";
    on.due = due;
  } else if (id == "labels") {
    if (!value.is_array()) return "data was not an array";
    on.labels.clear();
    for (auto const& each : value) {
      if (!each.is_string() || each.get_ref<std::string const&>().find(' ') != std::string::npos)
        return "The label can't contain spaces.";
      on.labels.push_back(each.get<std::string>());
    }
  } else if (id == "components") {
    if (!value.is_array() || value.size() > 1) return "Component/s: at most one is supported here";
    on.component.reset();
    for (auto const& each : value) {
      auto found = std::find(p.components.begin(), p.components.end(), member(each, "name").value_or(""));
      if (found == p.components.end()) return "Component name is not valid";
      on.component = static_cast<std::size_t>(found - p.components.begin());
    }
  } else if (id == "fixVersions") {
    if (!value.is_array()) return "data was not an array";
    on.versions.clear();
    for (auto const& each : value) {
      auto found = std::find_if(p.versions.begin(), p.versions.end(),
                                [&](auto const& x) { return x.name == member(each, "name"); });
      if (found == p.versions.end()) return "Version name is not valid";
      on.versions.push_back(static_cast<std::size_t>(found - p.versions.begin()));
    }
  } else if (id == "customfield_10016") {
    if (!value.is_null() && !value.is_number()) return "Operation value must be a number";
    on.points = value.is_null() ? std::nullopt : std::optional{value.get<double>()};
  } else {
    return fmt::format("Field '{}' cannot be set. It is not on the appropriate screen, or unknown.", id);
  }
  return std::nullopt;
}

auto edit_issue(data_set& world, visit const& v, ticket& on) -> http::response {
  auto body = body_object(v.raw);
  auto fields = body ? body->value("fields", json()) : json();
  if (!fields.is_object()) return problem(400, "one of 'fields' or 'update' required");
  auto changed = on;
  auto errors = json::object();
  for (auto const& [id, value] : fields.items())
    if (auto why = set_field(world, changed, id, value)) errors[id] = *why;
  if (!errors.empty()) return json_answer(400, {{"errorMessages", json::array()}, {"errors", std::move(errors)}});
  changed.updated = v.now;
  on = std::move(changed);
  ++world.edition;
  return text_answer(204, "application/json; charset=utf-8", {});
}

} // namespace

auto answer_change(data_set& world, visit const& v) -> std::optional<http::response> {
  auto path = v.path;
  if (path.size() == 5 && path[3] == "comment" && path[4] == "list")
    return method_is(v, "POST") ? answer_comment_list(world, v) : problem(405, "Method Not Allowed");
  if (path.size() < 5 || path[3] != "issue") return std::nullopt;
  auto const sub = path.size() == 6 ? std::string_view{path[5]} : std::string_view{};
  auto const edits = path.size() == 5 && method_is(v, "PUT");
  if (!edits && sub != "transitions" && sub != "comment" && sub != "editmeta") return std::nullopt;
  auto const* found = find_issue(world, path[4]);
  if (found == nullptr) return no_issue();
  auto& on = world.tickets[static_cast<std::size_t>(found - world.tickets.data())];
  if (edits) return edit_issue(world, v, on);
  if (sub == "transitions") return answer_transitions(world, v, on);
  if (sub == "comment") return answer_comments(world, v, on);
  if (!method_is(v, "GET")) return problem(405, "Method Not Allowed");
  return json_answer(200, {{"fields", editable_fields(world.projects[on.project])}});
}

} // namespace nexus::simulator::jira
