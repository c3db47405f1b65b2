#include "actors/jira/ticket_changes.hpp"

#include "actors/jira/text_document.hpp"
#include "actors/jira/ticket_fields.hpp"
#include "messages/core/text.hpp"
#include "runtime/rest/json_view.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <memory>

namespace nexus::jira {
namespace {

using rest::json_view;

/// Jira's own limit on a page of comments.
constexpr std::size_t probed_comments = 100;

auto issue_path(std::string const& key) -> std::string { return "/rest/api/3/issue/" + key; }

auto no_ticket(error problem, std::string const& key) -> error {
  if (problem.code == errc::not_found) problem.message = fmt::format("Jira shows no ticket {}", key);
  return problem;
}

/// One update on its way: the status first, since a comment on a move that failed would be wrong.
struct updating : std::enable_shared_from_this<updating> {
  rest::service jira;
  call context;
  std::string key;
  update_ticket wanted;
  rest::continuation<ticket_update> done;
  ticket_update reply = {};

  updating(rest::service service, call of, std::string ticket_key, update_ticket change,
           rest::continuation<ticket_update> answer)
      : jira(std::move(service)),
        context(std::move(of)),
        key(std::move(ticket_key)),
        wanted(std::move(change)),
        done(std::move(answer)) {}

  void begin() {
    if (wanted.status) return read_status();
    comment();
  }

  void read_status() {
    jira.get(context, issue_path(key) + "?fields=status", [self = shared_from_this()](expected<rest::answer> got) {
      if (!got) return self->not_moved(no_ticket(std::move(got.error()), self->key));
      auto const present = json_view{got->body}["fields"]["status"]["name"].text().value_or("");
      if (!same_word(present, *self->wanted.status)) return self->find_transition(present);
      self->moved(present, "is {} already");
    });
  }

  void find_transition(std::string const& present) {
    jira.get(
        context, issue_path(key) + "/transitions", [self = shared_from_this(), present](expected<rest::answer> got) {
          if (!got) return self->not_moved(no_ticket(std::move(got.error()), self->key));
          auto reachable = std::vector<std::string>{};
          for (auto const& each : json_view{got->body}["transitions"].items()) {
            auto const transition = json_view{each};
            auto target = transition["to"]["name"].words();
            auto const id = transition["id"].words();
            if (!target || !id || transition["isAvailable"].boolean() == false) continue;
            if (same_word(*target, *self->wanted.status)) return self->move(*id, *target);
            if (std::find(reachable.begin(), reachable.end(), *target) == reachable.end())
              reachable.push_back(std::move(*target));
          }
          self->not_moved(
              {errc::refused,
               fmt::format("{} cannot go from {} to {}", self->key, present, rest::one_line(*self->wanted.status, 100)),
               {},
               reachable.empty() ? "no other status can be reached by these credentials"
                                 : fmt::format("it can go to: {}", fmt::join(reachable, ", ")),
               {}});
        });
  }

  void move(std::string const& transition, std::string const& target) {
    jira.change(context, "POST", issue_path(key) + "/transitions", {{"transition", {{"id", transition}}}},
                [self = shared_from_this(), target](expected<rest::answer> got) {
                  if (!got) return self->not_moved(std::move(got.error()));
                  self->moved(target, "is {} now");
                });
  }

  /// An earlier attempt may have moved the ticket and commented on it, whatever is in the way now.
  void not_moved(error problem) {
    if (context.recovering && wanted.comment) problem = unsettled(std::move(problem));
    done(tl::unexpected{std::move(problem)});
  }

  void moved(std::string const& status, fmt::string_view wording) {
    reply.status = status;
    reply.message = key + ' ' + fmt::vformat(wording, fmt::make_format_args(status));
    comment();
  }

  void comment() {
    if (!wanted.comment) return done(std::move(reply));
    if (context.recovering && !context.idempotency_key.empty()) return look_for_comment();
    send_comment();
  }

  void look_for_comment() {
    auto const newest = fmt::format("{}/comment?orderBy=-created&maxResults={}", issue_path(key), probed_comments);
    jira.get(context, newest, [self = shared_from_this()](expected<rest::answer> got) {
      if (!got) return self->comment_failed(unsettled(std::move(got.error())));
      auto ids = nlohmann::json::array();
      for (auto const& each : json_view{got->body}["comments"].items())
        if (auto const id = json_view{each}["id"].integer()) ids.push_back(*id);
      if (ids.empty()) return self->send_comment();
      // A list of an issue's comments does not show their properties; comments by id do.
      self->jira.ask(self->context, "/rest/api/3/comment/list?expand=properties", {{"ids", std::move(ids)}},
                     [self](expected<rest::answer> seen) {
                       if (!seen) return self->comment_failed(unsettled(std::move(seen.error())));
                       if (self->carries_key(seen->body)) return self->commented("the comment was added before");
                       self->send_comment();
                     });
    });
  }

  auto carries_key(nlohmann::json const& comments) const -> bool {
    for (auto const& each : json_view{comments}["values"].items())
      for (auto const& property : json_view{each}["properties"].items())
        if (json_view{property}["key"].text() == comment_property &&
            json_view{property}["value"]["idempotency_key"].text() == context.idempotency_key)
          return true;
    return false;
  }

  void send_comment() {
    auto body = nlohmann::json{{"body", text_document(*wanted.comment)}};
    if (!context.idempotency_key.empty())
      body["properties"] = nlohmann::json::array(
          {{{"key", comment_property}, {"value", {{"idempotency_key", context.idempotency_key}}}}});
    jira.change(context, "POST", issue_path(key) + "/comment", body,
                [self = shared_from_this()](expected<rest::answer> got) {
                  if (!got) return self->comment_failed(no_ticket(std::move(got.error()), self->key));
                  self->commented("the comment was added");
                });
  }

  void commented(std::string_view what) {
    reply.comment_added = true;
    reply.message =
        reply.message.empty() ? fmt::format("{}: {}", key, what) : fmt::format("{}; {}", reply.message, what);
    done(std::move(reply));
  }

  /// What was done before must not be lost in the error.
  void comment_failed(error problem) {
    if (reply.status)
      problem.message = fmt::format("{}, but it was not commented on: {}", reply.message, problem.message);
    done(tl::unexpected{std::move(problem)});
  }
};

} // namespace

void change_ticket(rest::service const& jira, call const& context, std::string const& key, update_ticket const& wanted,
                   rest::continuation<ticket_update> done) {
  if (!wanted.status && !wanted.comment) return done(fail(errc::refused, "Either status or comment must be provided"));
  if (wanted.comment && wanted.comment->find_first_not_of(" \t\r\n") == std::string::npos)
    return done(fail_at("$.comment", errc::invalid_argument, "the comment is empty"));
  std::make_shared<updating>(jira, context, key, wanted, std::move(done))->begin();
}

void change_fields(rest::service const& jira, field_ids const& ids, call const& context, std::string const& key,
                   update_ticket_fields const& wanted, rest::continuation<ticket_fields_update> done) {
  if (wanted.fields.empty()) return done(fail_at("$.fields", errc::refused, "no fields are given"));
  jira.get(context, issue_path(key) + "/editmeta",
           [jira, ids, context, key, wanted, done = std::move(done)](expected<rest::answer> got) {
             if (!got) return done(tl::unexpected{no_ticket(std::move(got.error()), key)});
             auto fields = fields_to_set(got->body, wanted.fields, ids);
             if (!fields) return done(tl::unexpected{std::move(fields.error())});
             auto names = std::vector<std::string>{};
             for (auto const& [id, value] : fields->items()) names.push_back(id);
             jira.change(context, "PUT", issue_path(key), {{"fields", std::move(*fields)}},
                         [key, names, by = wanted.updated_by, done](expected<rest::answer> set) {
                           if (!set) return done(tl::unexpected{std::move(set.error())});
                           done(
                               ticket_fields_update{fmt::format("{}: set {}", key, fmt::join(names, ", ")), names, by});
                         });
           });
}

} // namespace nexus::jira
