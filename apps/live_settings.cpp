#include "apps/live_settings.hpp"

namespace nexus::apps {
namespace {

using nlohmann::ordered_json;

/// The value at a path of settings as JSON ("runs.max_steps").
template <class Json>
auto value_at(Json const& all, std::string_view path) -> Json {
  auto const* value = &all;
  for (auto rest = path; !rest.empty();) {
    auto const dot = rest.find('.');
    value = &value->at(std::string{rest.substr(0, dot)});
    rest = dot == std::string_view::npos ? std::string_view{} : rest.substr(dot + 1);
  }
  return *value;
}

} // namespace

auto with_live_settings(node_settings running, node_settings const& wanted) -> node_settings {
  running.log.level = wanted.log.level;
  running.runs = wanted.runs;
  running.evidence = wanted.evidence;
  running.auth.tokens_file = wanted.auth.tokens_file;
  running.auth.jwt_secret = wanted.auth.jwt_secret;
  running.http.rate_limit = wanted.http.rate_limit;
  running.http.cors = wanted.http.cors;
  running.http.trusted_proxies = wanted.http.trusted_proxies;
  return running;
}

auto differing_settings(node_settings const& one, node_settings const& other) -> std::vector<std::string> {
  // With their secrets, which leave this function as little as anything else.
  auto const left = nlohmann::json::parse(encode_json(one)), right = nlohmann::json::parse(encode_json(other));
  auto paths = setting_paths(descriptor_of<node_settings>());
  std::erase_if(paths, [&](auto const& path) { return value_at(left, path) == value_at(right, path); });
  return paths;
}

live_settings::live_settings(loaded<node_settings> started, std::function<timestamp()> now)
    : now_(std::move(now)),
      current_(started.value),
      origins_(started.origins),
      read_(std::move(started)),
      loaded_at_(now_()) {}

auto live_settings::current() const -> node_settings {
  auto const lock = std::lock_guard{mutex_};
  return current_;
}

auto live_settings::adopt(node_settings effective, loaded<node_settings> read) -> std::vector<std::string> {
  auto const lock = std::lock_guard{mutex_};
  auto changed = differing_settings(current_, effective);
  current_ = std::move(effective);
  read_ = std::move(read);
  pending_ = differing_settings(current_, read_.value);
  for (auto const& [path, origin] : read_.origins)
    if (std::find(pending_.begin(), pending_.end(), path) == pending_.end()) origins_[path] = origin;
  problems_.clear();
  loaded_at_ = now_();
  return changed;
}

void live_settings::reject(std::vector<error> problems) {
  auto const lock = std::lock_guard{mutex_};
  problems_ = std::move(problems);
}

auto live_settings::pending() const -> std::vector<std::string> {
  auto const lock = std::lock_guard{mutex_};
  return pending_;
}

auto live_settings::problems() const -> std::vector<error> {
  auto const lock = std::lock_guard{mutex_};
  return problems_;
}

auto live_settings::document() const -> ordered_json {
  auto const lock = std::lock_guard{mutex_};
  auto const& type = descriptor_of<node_settings>();
  auto result = render_settings_json(type, &current_, origins_, true);
  auto const wanted = settings_json(type, &read_.value);
  auto& pending = result["pending_restart"] = ordered_json::array();
  for (auto const& path : pending_) {
    auto const origin = read_.origins.find(path);
    pending.push_back({{"setting", path},
                       {"wanted", value_at(wanted, path)},
                       {"origin", origin == read_.origins.end() ? "" : to_string(origin->second)}});
  }
  auto& problems = result["problems"] = ordered_json::array();
  for (auto const& problem : problems_)
    problems.push_back({{"where", problem.where}, {"message", problem.message}, {"remedy", problem.remedy}});
  result["loaded_at"] = format_timestamp(loaded_at_);
  return result;
}

} // namespace nexus::apps
