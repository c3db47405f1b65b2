#include "apps/command_line.hpp"
#include "apps/table.hpp"
#include "messages/core/codec.hpp"
#include "runtime/cluster/certificates/certificate_directory.hpp"

namespace nexus::apps {
namespace {

using cluster::certificate_facts;
using cluster::issued_files;
using nlohmann::ordered_json;

struct certs_options {
  std::string directory = "certs";
  std::string name;
  std::vector<std::string> hosts;
  std::string file;
  int days = 0;
  bool force = false;
};

auto now() -> timestamp { return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()); }

auto existing(certs_options const& options) -> cluster::overwriting {
  return options.force ? cluster::overwriting::allowed : cluster::overwriting::never;
}

auto facts_json(certificate_facts const& facts) -> ordered_json {
  return {{"name", facts.name},
          {"names", facts.names},
          {"issuer", facts.issuer},
          {"authority", facts.authority},
          {"not_before", format_timestamp(facts.not_before)},
          {"not_after", format_timestamp(facts.not_after)},
          {"in_force", now() >= facts.not_before && now() <= facts.not_after},
          {"fingerprint", facts.fingerprint}};
}

auto print_json(ordered_json const& document) {
  print(document.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n");
}

auto print_files(issued_files const& files, bool key_is_secret_of_all) {
  auto document = facts_json(files.facts);
  document["certificate_file"] = files.certificate;
  document["key_file"] = files.key;
  if (!key_is_secret_of_all) document["authority_file"] = files.authority;
  print_json(document);
}

auto initialise(certs_options const& options, command_line const& shared) -> int {
  auto const made = cluster::make_authority_in(options.directory, options.name, std::chrono::days{options.days}, now(),
                                               existing(options));
  if (!made) return report(made.error());
  if (shared.json) {
    print_files(*made, true);
    return success;
  }
  print(fmt::format("{} is the certificate of the authority '{}', until {}. Every node gets a copy.\n"
                    "{} is its key. Who has it can make nodes: keep it off the nodes.\n\n"
                    "Next: nexus certs issue node-1 {} --host ADDRESS\n",
                    made->certificate, made->facts.name, format_timestamp(made->facts.not_after), made->key,
                    options.directory));
  return success;
}

auto tell(issued_files const& files, std::string_view after) {
  print(
      fmt::format("{} is the certificate of '{}' ({}), until {}.\n{} is its key. Who has it can act as the node.\n\n{}",
                  files.certificate, files.facts.name, fmt::join(files.facts.names, ", "),
                  format_timestamp(files.facts.not_after), files.key, after));
}

auto issue(certs_options const& options, command_line const& shared) -> int {
  auto const made = cluster::issue_in(options.directory, options.name, options.hosts, std::chrono::days{options.days},
                                      now(), existing(options));
  if (!made) return report(made.error());
  if (shared.json)
    print_files(*made, false);
  else
    tell(*made, fmt::format("The node finds them by:\n  NEXUS_CLUSTER_CA={}\n  NEXUS_CLUSTER_CERT={}\n"
                            "  NEXUS_CLUSTER_KEY={}\n",
                            made->authority, made->certificate, made->key));
  return success;
}

auto rotate(certs_options const& options, command_line const& shared) -> int {
  auto const made = cluster::rotate_in(options.directory, options.name, std::chrono::days{options.days}, now());
  if (!made) return report(made.error());
  if (shared.json)
    print_files(*made, false);
  else
    tell(*made,
         "A node that reads them again uses them for new links; the present ones go on. The former certificate is "
         "valid until it expires.\n");
  return success;
}

auto show(certs_options const& options, command_line const& shared) -> int {
  auto const found = cluster::read_facts(options.file);
  if (!found) return report(found.error());
  if (shared.json) {
    auto all = ordered_json::array();
    for (auto const& facts : *found) all.push_back(facts_json(facts));
    print_json({{"file", options.file}, {"certificates", std::move(all)}});
    return success;
  }
  auto text = std::string{};
  for (auto const& facts : *found) {
    auto const left = std::chrono::duration<double>(facts.not_after - now()).count();
    auto const state = now() < facts.not_before ? std::string{"not in force yet"}
                       : left < 0               ? fmt::format("expired {} ago", short_duration(-left))
                                                : fmt::format("{} left", short_duration(left));
    text += fmt::format("{}name         {}{}\n", text.empty() ? "" : "\n", plain_line(facts.name),
                        facts.authority ? " (an authority)" : "");
    if (!facts.names.empty())
      text += fmt::format("names        {}\n", plain_line(fmt::format("{}", fmt::join(facts.names, ", "))));
    text +=
        fmt::format("issued by    {}\nin force     {} to {} ({})\nfingerprint  {}\n", plain_line(facts.issuer),
                    format_timestamp(facts.not_before), format_timestamp(facts.not_after), state, facts.fingerprint);
  }
  print(text);
  return success;
}

} // namespace

void add_certs(CLI::App& app, command_line& shared) {
  auto* group = add_command_group(
      app, "certs", "Make and renew the certificates by which the nodes of a cluster know one another.",
      {"nexus certs init                                # an authority of your own, in certs/",
       "nexus certs issue node-1 --host 10.0.0.7        # a certificate for one node",
       "nexus certs rotate node-1                       # a new one with the same names",
       "nexus certs show certs/node-1.pem               # name, expiry, fingerprint"});
  auto const add = [&](char const* name, char const* description, std::vector<std::string> const& examples, auto act) {
    auto options = std::make_shared<certs_options>();
    auto* command = add_command(*group, shared, name, description, examples);
    command->callback([=, &shared] { shared.run = [=, &shared] { return act(*options, shared); }; });
    return std::pair{command, options};
  };
  auto const directory = [](CLI::App* command, certs_options& options) {
    command->add_option("directory", options.directory, "The authority's directory")
        ->type_name("DIR")
        ->capture_default_str();
  };
  auto const days = [](CLI::App* command, certs_options& options, int standard) {
    options.days = standard;
    command->add_option("--days", options.days, "How long it is valid")->type_name("N")->capture_default_str();
  };
  auto const node = [](CLI::App* command, certs_options& options) {
    command->add_option("name", options.name, "The node's name")->type_name("NAME")->required();
  };

  auto [initialising, authority] =
      add("init", "Make an authority for development. In production, use your own.",
          {"nexus certs init", "nexus certs init /etc/nexus/certs --name \"Nexus at Example Ltd\" --days 1825"},
          initialise);
  directory(initialising, *authority);
  authority->name = "Nexus development authority";
  initialising->add_option("--name", authority->name, "What it is called")->type_name("TEXT")->capture_default_str();
  days(initialising, *authority, 3'650);
  initialising->add_flag("--force", authority->force, "Replace the authority that is there");

  auto [issuing, fresh] = add("issue", "Issue the certificate of a node, with a new key.",
                              {"nexus certs issue node-1 --host 10.0.0.7 --host node-1.example.com",
                               "nexus certs issue node-2 /etc/nexus/certs --days 90"},
                              issue);
  node(issuing, *fresh);
  directory(issuing, *fresh);
  issuing->add_option("--host", fresh->hosts, "A host name or IP address at which others join it; may be repeated")
      ->type_name("HOST")
      ->allow_extra_args(false);
  days(issuing, *fresh, 365);
  issuing->add_flag("--force", fresh->force, "Replace the certificate and key that are there");

  auto [rotating, renewed] =
      add("rotate", "Replace a node's certificate and key by new ones for the same names.",
          {"nexus certs rotate node-1", "nexus certs rotate node-1 /etc/nexus/certs --days 90"}, rotate);
  node(rotating, *renewed);
  directory(rotating, *renewed);
  days(rotating, *renewed, 365);

  auto [showing, shown] = add("show", "Show what a certificate says: name, expiry, fingerprint.",
                              {"nexus certs show certs/node-1.pem",
                               "nexus certs show certs/node-1.pem --json | jq -r '.certificates[0].not_after'"},
                              show);
  showing->add_option("file", shown->file, "The certificate, in PEM")->type_name("FILE")->required();
}

} // namespace nexus::apps
