#pragma once

#include "apps/node_settings.hpp"
#include "runtime/http/message.hpp"

namespace nexus::apps {

/// How a check went.
enum class finding_state : std::uint8_t { pass, warn, fail, skipped };
BOOST_DESCRIBE_ENUM(finding_state, pass, warn, fail, skipped)

/// What a check found. Holds no secret.
struct finding {
  /// "settings", "jira", "port 8080".
  std::string check;
  finding_state state = finding_state::pass;
  /// What was seen.
  std::string detail;
  /// What to do about it; empty when nothing has to be done.
  std::string remedy;
};
BOOST_DESCRIBE_STRUCT(finding, (), (check, state, detail, remedy))

using findings = std::vector<finding>;

/// Files with secrets that others could read: the settings file where it holds some, the tokens file, the files that
/// NAME_FILE variables name.
auto check_secret_files(loaded<node_settings> const& settings, std::string const& settings_file,
                        std::map<std::string, std::string> const& environment) -> findings;

/// The data directory: who may enter it, whether a server uses it, whether its store is sound, and how much space is
/// left.
auto check_store(node_settings const& settings) -> findings;

/// A role of the node and the port that its settings give it.
struct role_port {
  std::string role;
  std::uint16_t port = 0;
};
auto role_ports_of(node_settings const& settings) -> std::vector<role_port>;

/// Where the role is to be found from this machine: "http://127.0.0.1:8080".
auto role_url(node_settings const& settings, role_port const& role) -> std::string;
/// What a node of ours that listens at the role's port says at /readyz?verbose, asked without credentials; nothing when
/// nobody listens there, or a program that is none.
auto node_at(node_settings const& settings, role_port const& role, http::transport& network)
    -> std::optional<nlohmann::json>;

/// Whether the ports are free, or what answers there; of a node of ours how it is doing.
auto check_ports(node_settings const& settings, http::transport& network) -> findings;

/// The services of live mode: whether they answer, know the credentials and allow what the agents ask, by cheap reads;
/// and how far our clock is from theirs.
auto check_services(node_settings const& settings, http::transport& network, std::function<timestamp()> const& now)
    -> findings;

/// Where traces go, if anywhere: whether the module that exports them can be loaded, and whether the receiver takes a
/// span, which is called "nexus doctor" there. `random` gives its ids.
auto check_tracing(node_settings const& settings, timestamp now, std::function<std::uint64_t()> const& random)
    -> finding;

/// One request whose answer is waited for.
auto fetch(http::transport& network, http::request outbound) -> expected<http::response>;

} // namespace nexus::apps

namespace nexus {
NEXUS_CODECS(apps::finding_state, apps::finding)
} // namespace nexus
