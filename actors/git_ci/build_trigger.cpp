#include "actors/git_ci/build_trigger.hpp"

#include "messages/core/codec.hpp"
#include "runtime/rest/json_view.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <memory>

namespace nexus::git_ci {
namespace {

using rest::json_view;

constexpr auto poll_interval = std::chrono::milliseconds{500};
/// Jobs that wait for an executor may wait for hours: that is told, and not waited for.
constexpr auto longest_wait = std::chrono::seconds{20};
/// Left of the deadline for the answer itself.
constexpr auto reserve = std::chrono::seconds{2};
constexpr std::size_t most_parameters = 200;
constexpr std::size_t probed_builds = 50;

auto tree(std::string_view what) -> std::string { return "?tree=" + http::percent_encode(what); }

/// A parameter as a form carries it.
auto text_of(json_text const& value) -> std::optional<std::string> {
  auto const parsed = parse_json(value.text.empty() ? "null" : value.text);
  if (!parsed || parsed->is_null() || parsed->is_structured()) return {};
  return parsed->is_string() ? parsed->get<std::string>() : dump_json(*parsed);
}

/// "https://ci.example.org/queue/item/12/" -> 12.
auto queue_item_of(std::string_view location) -> std::optional<std::int64_t> {
  constexpr auto mark = std::string_view{"/queue/item/"};
  auto const at = location.rfind(mark);
  if (at == std::string_view::npos) return {};
  location.remove_prefix(at + mark.size());
  auto number = std::int64_t{};
  auto const [end, problem] = std::from_chars(location.data(), location.data() + location.size(), number);
  if (problem != std::errc{} || number < 0) return {};
  return number;
}

/// Whether the parameters in `actions` hold the key.
auto carries(json_view const& actions, std::string_view key) -> bool {
  for (auto const& action : actions.items())
    for (auto const& parameter : json_view{action}["parameters"].items())
      if (json_view{parameter}["name"].text() == key_parameter && json_view{parameter}["value"].text() == key)
        return true;
  return false;
}

struct triggering : std::enable_shared_from_this<triggering> {
  rest::service jenkins;
  delayed_call after;
  call context;
  std::string path;
  trigger_build wanted;
  rest::continuation<build_trigger> done;
  std::vector<std::pair<std::string, std::string>> form = {};
  build_trigger reply = {};
  timestamp until = {};
  bool parameterised = false;

  triggering(rest::service service, delayed_call later, call of, std::string job, trigger_build build,
             rest::continuation<build_trigger> answer)
      : jenkins(std::move(service)),
        after(std::move(later)),
        context(std::move(of)),
        path(std::move(job)),
        wanted(std::move(build)),
        done(std::move(answer)) {}

  void begin(rest::answer const& job) {
    auto const view = json_view{job.body};
    // The job may have been changed since an earlier attempt started a build of it.
    auto const refuse = [this](error problem) {
      done(tl::unexpected{context.recovering ? unsettled(std::move(problem)) : std::move(problem)});
    };
    if (view["buildable"].boolean() == false)
      return refuse({errc::refused, fmt::format("job {} is disabled or cannot be built", wanted.job_name), {}, {}, {}});
    if (auto const bad = read_parameters(view); !bad) return refuse(bad.error());
    until = jenkins.now() + longest_wait;
    if (context.deadline != timestamp{}) until = std::min(until, context.deadline - reserve);
    auto const keyed = !form.empty() && form.back().first == key_parameter;
    if (!context.recovering) return send();
    if (!keyed)
      return done(tl::unexpected{
          error{errc::unavailable,
                fmt::format(
                    "whether an earlier attempt has started a build of {} cannot be told, and it was not started again",
                    wanted.job_name),
                {},
                fmt::format("look at its builds; jobs with a text parameter {} can be told", key_parameter),
                {}}});
    look_in_queue();
  }

  /// The form, with the key at its end if the job takes it.
  auto read_parameters(json_view const& job) -> expected<void> {
    auto known = std::vector<std::string>{};
    // Jenkins shows the definitions among the job's properties, plugins among its actions, too.
    for (auto const* list : {"property", "actions"})
      for (auto const& each : job[list].items())
        for (auto const& definition : json_view{each}["parameterDefinitions"].items())
          if (auto name = json_view{definition}["name"].words()) known.push_back(std::move(*name));
    if (wanted.parameters.size() > most_parameters)
      return fail_at("$.parameters", errc::invalid_argument, "more than {} parameters", most_parameters);
    auto refused = std::vector<std::string>{};
    for (auto const& [name, value] : wanted.parameters) {
      auto text = text_of(value);
      if (!text)
        return fail_at("$.parameters." + rest::one_line(name, 64), errc::invalid_argument,
                       "a build parameter is a text, a number or a boolean");
      if (name == key_parameter || std::find(known.begin(), known.end(), name) == known.end())
        refused.push_back(rest::one_line(name, 64));
      else
        form.emplace_back(name, std::move(*text));
    }
    auto const takes_key = std::erase(known, key_parameter) > 0;
    if (!refused.empty())
      return tl::unexpected{
          error{errc::refused,
                fmt::format("job {} does not take: {}", wanted.job_name, fmt::join(refused, ", ")),
                "$.parameters",
                known.empty() ? "it takes no parameters" : fmt::format("it takes: {}", fmt::join(known, ", ")),
                {}}};
    parameterised = !known.empty() || takes_key;
    if (takes_key && !context.idempotency_key.empty()) form.emplace_back(key_parameter, context.idempotency_key);
    return {};
  }

  void look_in_queue() {
    jenkins.get(context, "/queue/api/json" + tree("items[id,actions[parameters[name,value]]]"),
                [self = shared_from_this()](expected<rest::answer> got) {
                  if (!got) return self->done(tl::unexpected{unsettled(std::move(got.error()))});
                  for (auto const& item : json_view{got->body}["items"].items())
                    if (carries(json_view{item}["actions"], self->context.idempotency_key)) {
                      self->reply.queue_id = json_view{item}["id"].integer().value_or(0);
                      return self->follow();
                    }
                  self->look_at_builds();
                });
  }

  void look_at_builds() {
    auto const what = fmt::format("builds[number,url,queueId,actions[parameters[name,value]]]{{0,{}}}", probed_builds);
    jenkins.get(context, path + "/api/json" + tree(what), [self = shared_from_this()](expected<rest::answer> got) {
      if (!got) return self->done(tl::unexpected{unsettled(std::move(got.error()))});
      for (auto const& each : json_view{got->body}["builds"].items()) {
        auto const build = json_view{each};
        if (!carries(build["actions"], self->context.idempotency_key)) continue;
        self->reply.queue_id = build["queueId"].integer().value_or(0);
        return self->started(build);
      }
      self->send();
    });
  }

  void send() {
    jenkins.submit(context, path + (parameterised ? "/buildWithParameters" : "/build"), form,
                   [self = shared_from_this()](expected<rest::answer> got) {
                     if (!got) return self->done(tl::unexpected{std::move(got.error())});
                     auto const item = queue_item_of(got->fields.find("Location").value_or(""));
                     if (!item) {
                       self->reply.message =
                           fmt::format("Jenkins took the build of {} and did not say where in its queue it is",
                                       self->wanted.job_name);
                       return self->done(std::move(self->reply));
                     }
                     self->reply.queue_id = *item;
                     self->follow();
                   });
  }

  void follow() {
    jenkins.get(context,
                fmt::format("/queue/item/{}/api/json{}", reply.queue_id, tree("why,cancelled,executable[number,url]")),
                [self = shared_from_this()](expected<rest::answer> got) {
                  // It is queued: that its way cannot be followed is no failure of the write.
                  if (!got) return self->waiting(got.error().render());
                  auto const item = json_view{got->body};
                  if (item["cancelled"].boolean() == true)
                    return self->done(fail(errc::refused, "the build of {} was cancelled in Jenkins' queue (item {})",
                                           self->wanted.job_name, self->reply.queue_id));
                  if (item["executable"]["number"].integer()) return self->started(item["executable"]);
                  if (self->jenkins.now() + poll_interval >= self->until || !self->after)
                    return self->waiting(item["why"].text().value_or("it waits for an executor"));
                  self->after(poll_interval, [self] { self->follow(); });
                });
  }

  void waiting(std::string const& why) {
    reply.message = fmt::format("{} is queued as item {}: {}", wanted.job_name, reply.queue_id, rest::one_line(why));
    done(std::move(reply));
  }

  void started(json_view const& build) {
    if (auto const number = build["number"].count()) reply.build_number = number;
    reply.url = build["url"].words();
    reply.message = fmt::format("{} #{} has started", wanted.job_name, reply.build_number.value_or(0));
    done(std::move(reply));
  }
};

} // namespace

void start_build(rest::service const& jenkins, delayed_call const& after, call const& context, std::string const& path,
                 trigger_build const& wanted, rest::continuation<build_trigger> done) {
  auto work = std::make_shared<triggering>(jenkins, after, context, path, wanted, std::move(done));
  jenkins.get(context,
              path + "/api/json" +
                  tree("buildable,property[parameterDefinitions[name]],actions[parameterDefinitions[name]]"),
              [work](expected<rest::answer> got) {
                if (!got && work->context.recovering)
                  return work->done(tl::unexpected{unsettled(std::move(got.error()))});
                if (!got) return work->done(tl::unexpected{std::move(got.error())});
                work->begin(*got);
              });
}

} // namespace nexus::git_ci
