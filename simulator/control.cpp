#include "simulator/control.hpp"

#include "simulator/faults.hpp"

#include <algorithm>

namespace nexus::simulator {
namespace {

auto status_of(errc code) -> int {
  switch (code) {
  case errc::not_found:
    return 404;
  case errc::malformed:
    return 400;
  default:
    return 422;
  }
}

auto refuse(error const& e) -> http::response {
  return json_answer(status_of(e.code), {{"error", {{"code", to_string(e.code)}, {"message", e.render()}}}});
}

auto write_log(world const& served, visit const& v) -> http::response {
  auto entries = served.log();
  auto limit = static_cast<std::size_t>(v.number("limit", 0, 10'000, 10'000));
  auto wanted = v.parameter("service");
  if (wanted) std::erase_if(entries, [&](auto const& entry) { return entry.service != *wanted; });
  auto list = json::array();
  for (auto i = entries.size() - std::min(limit, entries.size()); i < entries.size(); ++i) {
    auto const& entry = entries[i];
    auto time = std::chrono::floor<std::chrono::milliseconds>(entry.time);
    auto second = std::chrono::floor<std::chrono::seconds>(time);
    auto text = iso_time(second);
    text.insert(text.size() - 1, fmt::format(".{:03}", (time - second).count()));
    json line{{"time", text},
              {"service", entry.service},
              {"method", entry.method},
              {"path", entry.path},
              {"status", entry.status}};
    if (!entry.fault.empty()) line["fault"] = entry.fault;
    list.push_back(std::move(line));
  }
  return json_answer(200, {{"requests", std::move(list)}});
}

} // namespace

auto answer_control(world& served, std::size_t requests, visit const& v) -> http::response {
  auto const& method = v.raw.method;
  auto what = v.path.size() == 1 ? std::string_view{v.path[0]} : std::string_view{};
  auto body = [&] { return json::parse(v.raw.body, nullptr, false); };
  if (what == "health" && method == "GET")
    return json_answer(200, {{"status", "pass"}, {"time", iso_time(v.now)}, {"requests", requests}});
  if (what == "log" && method == "GET") return write_log(served, v);
  if (what == "faults" && method == "DELETE") {
    served.clear_faults();
    return text_answer(204, "application/json; charset=utf-8", {});
  }
  if (what == "faults" && method == "POST") {
    auto ordered = read_fault(body());
    if (!ordered) return refuse(ordered.error());
    served.add_fault(*ordered);
    return json_answer(201, write_fault(*ordered));
  }
  if (what == "set" && method == "POST") {
    auto changed = served.set(body());
    return changed ? json_answer(200, *changed) : refuse(changed.error());
  }
  auto known = what == "health" || what == "log" || what == "faults" || what == "set";
  return json_answer(known ? 405 : 404,
                     {{"error",
                       {{"code", known ? "refused" : "not_found"},
                        {"message", known ? "this method is not supported here"
                                          : "no such page; there are log, faults, set and health"}}}});
}

} // namespace nexus::simulator
