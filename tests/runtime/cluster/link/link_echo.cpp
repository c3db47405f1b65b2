// A node in a process of its own that answers what it gets. Arguments: the authority's file, the certificate's and the
// key's, or none. Prints its port and its CAF node id, and ends with its standard input.
#include "runtime/cluster/link/links.hpp"

#include <unistd.h>

auto main(int count, char** arguments) -> int {
  using namespace nexus::cluster;
  auto config = caf::actor_system_config{};
  configure_links(config);
  config.set("scheduler.max-threads", 2u).set("scheduler.policy", caf::atom("sharing"));
  auto system = caf::actor_system{config};
  auto own = std::shared_ptr<identity>{};
  if (count == 4) {
    auto loaded = identity::load({arguments[1], arguments[2], arguments[3]}, [] {
      return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    });
    if (!loaded) return 1;
    own = *loaded;
  }
  auto net = links{system, own};
  auto const actor =
      system.spawn([]() -> caf::behavior { return {[](std::string& text) { return std::move(text); }}; });
  auto const port = net.listen("127.0.0.1", 0, actor);
  if (!port) return 1;
  auto const line = fmt::format("{} {}\n", *port, to_string(system.node()));
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) return 1;
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) > 0) {
  }
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
}
