#include "apps/doctor.hpp"
#include "apps/node.hpp"
#include "apps/server_client.hpp"
#include "apps/settings_options.hpp"
#include "apps/support_bundle.hpp"
#include "apps/table.hpp"
#include "apps/tracing.hpp"
#include "apps/wall_clock.hpp"
#include "runtime/http/curl_transport.hpp"

#include <fstream>
#include <random>
#include <sstream>
#include <sys/utsname.h>
#include <thread>

namespace nexus::apps {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t most_log_bytes = 1 << 20;
constexpr double server_patience = 5;

struct doctor_options {
  settings_options settings;
  std::string token_file;
  std::string bundle;
  std::string log_file;
};

auto text_of(ordered_json const& document, int indent = -1) -> std::string {
  return document.dump(indent, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

/// Everything that must not leave this machine, as far as it can be known: the settings' secrets, the tokens of the
/// tokens file, and whatever a variable with a telling name holds.
auto all_secrets(node_settings const* settings, std::map<std::string, std::string> const& environment)
    -> std::vector<std::string> {
  auto result = std::vector<std::string>{};
  auto const add_lines = [&](std::string const& file) {
    auto lines = std::istringstream{read_text_file(file).value_or("")};
    for (auto word = std::string{}; lines >> word;)
      if (word.size() >= 12) result.push_back(word);
  };
  for (auto const& [name, value] : environment) {
    auto const is_file = name.ends_with("_FILE");
    if (!redactor::names_secret(is_file ? name.substr(0, name.size() - 5) : name)) continue;
    if (is_file)
      add_lines(value);
    else
      result.push_back(value);
  }
  if (settings == nullptr) return result;
  auto const held = secret_values(descriptor_of<node_settings>(), settings);
  result.insert(result.end(), held.begin(), held.end());
  auto const sent = tracing_secrets(*settings);
  result.insert(result.end(), sent.begin(), sent.end());
  if (!settings->auth.tokens_file.empty()) add_lines(settings->auth.tokens_file);
  return result;
}

auto report_json(findings const& all) -> ordered_json {
  auto result = ordered_json::array();
  auto worst = finding_state::pass;
  for (auto const& each : all) {
    if (each.state != finding_state::skipped) worst = std::max(worst, each.state);
    result.push_back(ordered_json::parse(encode_json(each)));
  }
  return {{"version", version()}, {"status", name_of(worst)}, {"checks", std::move(result)}};
}

auto report_text(findings const& all, terminal const& where) -> std::string {
  auto rows = std::vector<std::vector<cell>>{};
  for (auto const& each : all) {
    auto const* style = each.state == finding_state::pass   ? "32"
                        : each.state == finding_state::warn ? "33"
                        : each.state == finding_state::fail ? "31"
                                                            : "2";
    rows.push_back({{each.check}, {std::string{name_of(each.state)}, style}, {each.detail}});
  }
  auto text = render_table({"CHECK", "STATE", "FOUND"}, rows, where);
  auto heading = std::string{"\nTo do:\n"};
  for (auto const& each : all)
    if (!each.remedy.empty() && each.state != finding_state::pass)
      text += fmt::format("{}  {}: {}\n", std::exchange(heading, {}), each.check, each.remedy);
  return text;
}

auto system_json() -> ordered_json {
  auto result = ordered_json{{"version", version()}, {"processors", std::thread::hardware_concurrency()}};
  if (struct ::utsname name{}; ::uname(&name) == 0)
    result["system"] = fmt::format("{} {} {}", name.sysname, name.release, name.machine);
  for (auto const* file : {"/etc/os-release", "/proc/meminfo", "/proc/self/limits"})
    if (auto stream = std::ifstream{file}) {
      auto lines = ordered_json::array();
      for (auto line = std::string{}; lines.size() < 40 && std::getline(stream, line);) lines.push_back(line);
      result[file] = std::move(lines);
    }
  return result;
}

/// Settings as a list, so that the name of a secret is a value: beside a name, the redactor would take "(set)" for the
/// secret itself.
auto settings_list(ordered_json const& document) -> ordered_json {
  auto result = ordered_json::array();
  for (auto const& path : setting_paths(descriptor_of<node_settings>())) {
    auto pointer = "/settings/" + path;
    std::replace(pointer.begin(), pointer.end(), '.', '/');
    auto const where = ordered_json::json_pointer{pointer};
    if (!document.contains(where)) continue;
    auto const origin = document.value("origins", ordered_json::object()).value(path, ordered_json::object());
    result.push_back(
        {{"setting", path}, {"value", document[where]}, {"origin", origin.value("detail", std::string{})}});
  }
  return result;
}

/// The same of a running server, with what waits for its next start.
auto server_settings(std::string const& body) -> std::string {
  auto const said = ordered_json::parse(body, nullptr, false);
  if (!said.is_object() || !said.contains("settings")) return body;
  return text_of({{"settings", settings_list(said)},
                  {"pending_restart", said.value("pending_restart", ordered_json::array())},
                  {"problems", said.value("problems", ordered_json::array())},
                  {"loaded_at", said.value("loaded_at", std::string{})}},
                 2);
}

/// What a running node says of itself; a node that does not run says nothing.
void add_server_pages(std::vector<bundle_entry>& entries, loaded<node_settings> const& settings,
                      std::string const& token_file) {
  auto network = http::curl_transport{{.user_agent = "nexus-doctor"}};
  // Tree, settings and figures are the process's, whichever role is asked.
  auto asked_for_the_process = false;
  for (auto const& role : role_ports_of(settings.value)) {
    // No token for whatever else may listen there.
    auto const ready = node_at(settings.value, role, network);
    if (!ready) {
      entries.push_back(
          {"readyz-" + role.role + ".json", fmt::format("no node of nexus answers at port {}\n", role.port)});
      continue;
    }
    entries.push_back({"readyz-" + role.role + ".json", text_of(ordered_json(*ready), 2)});
    auto client = server_client::open({role_url(settings.value, role), token_file, server_patience});
    if (!client) return entries.push_back({"server.txt", client.error().render() + "\n"});
    auto const add = [&](std::string const& page, std::string name) {
      auto const answer = client->exchange({"GET", client->url() + page, {}, {}});
      entries.push_back(
          {std::move(name), answer ? fmt::format("{}\n", answer->body) : fmt::format("{}\n", answer.error().render())});
    };
    if (std::exchange(asked_for_the_process, true)) continue;
    add("/supervision", "tree.json");
    add("/settings", "server-settings.json");
    entries.back().text = server_settings(entries.back().text);
    add("/metrics", "metrics.txt");
  }
}

auto bundle_entries(doctor_options const& options, findings const& all,
                    tl::expected<loaded<node_settings>, std::vector<error>> const& settings)
    -> expected<std::vector<bundle_entry>> {
  auto entries = std::vector<bundle_entry>{{"report.json", text_of(report_json(all), 2)},
                                           {"system.json", text_of(system_json(), 2)}};
  if (settings) {
    auto const document =
        render_settings_json(descriptor_of<node_settings>(), &settings->value, settings->origins, true);
    entries.push_back({"settings.json", text_of(settings_list(document), 2)});
    add_server_pages(entries, *settings, options.token_file);
  }
  if (!options.log_file.empty()) {
    auto lines = last_lines(options.log_file, most_log_bytes);
    if (!lines) return tl::unexpected{lines.error()};
    entries.push_back({"log.txt", std::move(*lines)});
  }
  return entries;
}

auto examine(doctor_options const& options, command_line const& shared) -> int {
  auto const environment = process_environment();
  auto const settings = load_node_settings(options.settings);
  auto all = findings{};
  auto const add = [&](findings more) { all.insert(all.end(), more.begin(), more.end()); };
  if (settings) {
    auto const file = settings_file_of(options.settings);
    all.push_back({"settings",
                   finding_state::pass,
                   fmt::format("valid, {} mode{}", name_of(settings->value.mode), file.empty() ? "" : ", " + file),
                   {}});
    for (auto const& warning : settings->warnings)
      all.push_back(
          {"settings", finding_state::warn, fmt::format("{}: {}", warning.where, warning.message), warning.remedy});
    auto network = http::curl_transport{{.user_agent = "nexus-doctor"}};
    add(check_secret_files(*settings, file, environment));
    add(check_store(settings->value));
    add(check_ports(settings->value, network));
    add(check_services(settings->value, network, wall_clock));
    add({check_tracing(settings->value, wall_clock(), [] { return std::random_device{}(); })});
  } else {
    for (auto const& problem : settings.error())
      all.push_back(
          {"settings", finding_state::fail, fmt::format("{}: {}", problem.where, problem.message), problem.remedy});
    all.push_back({"everything else", finding_state::skipped, "it depends on the settings", {}});
  }

  auto const hidden = redactor{all_secrets(settings ? &settings->value : nullptr, environment)};
  for (auto& each : all) {
    each.detail = plain_line(hidden.redact(each.detail));
    each.remedy = plain_line(hidden.redact(each.remedy));
  }
  print(shared.json ? text_of(report_json(all)) : report_text(all, shared.output()));
  if (!options.bundle.empty()) {
    auto const entries = bundle_entries(options, all, settings);
    if (!entries) return report(entries.error());
    if (auto const written = write_bundle(options.bundle, *entries, hidden, std::chrono::system_clock::now()); !written)
      return report(written.error(), failure);
    note(fmt::format("{} holds {} files for whoever helps; read them before you pass them on", options.bundle,
                     entries->size()));
  }
  if (!settings) return usage;
  return std::ranges::any_of(all, [](auto const& each) { return each.state == finding_state::fail; }) ? failure
                                                                                                      : success;
}

} // namespace

void add_doctor(CLI::App& app, command_line& shared) {
  auto options = std::make_shared<doctor_options>();
  auto* command = add_command(
      app, shared, "doctor",
      "Check settings, secret files, store, ports, services with their permissions, the clock, and where traces go. "
      "Exit code 1 when something is wrong, 2 for wrong settings.",
      {"nexus doctor", "nexus doctor --config /etc/nexus.yaml --json",
       "nexus doctor --bundle support.tar.gz --log /var/log/nexus.log   # for whoever helps; secrets are taken out"});
  command->add_option("--bundle", options->bundle, "Also write what was found, without secrets, as a new .tar.gz")
      ->type_name("FILE");
  command->add_option("--log", options->log_file, "A log whose last lines go into the bundle")->type_name("FILE");
  command->add_option("--token-file", options->token_file, "File with the token for a running server; else NEXUS_TOKEN")
      ->type_name("FILE");
  add_settings_options(*command, options->settings);
  command->callback([=, &shared] { shared.run = [=, &shared] { return examine(*options, shared); }; });
}

} // namespace nexus::apps
