// Sends every message back to its sender, from a process of its own. Prints its port and ends with its standard input.
#include "messages/type_ids.hpp"

#include <caf/io/all.hpp>

#include <unistd.h>

namespace {

struct echo_config : caf::actor_system_config {
  echo_config() {
    nexus::announce_messages(*this);
    load<caf::io::middleman>();
    set("scheduler.max-threads", 1u);
  }
};

auto echo(caf::event_based_actor* self) -> caf::behavior {
  self->set_default_handler([](caf::scheduled_actor*, caf::message_view& view) -> caf::result<caf::message> {
    return view.move_content_to_message();
  });
  return {[](caf::ok_atom) {}};
}

} // namespace

auto main() -> int {
  auto config = echo_config{};
  auto system = caf::actor_system{config};
  auto const actor = system.spawn(echo);
  auto const port = system.middleman().publish(actor, 0, "127.0.0.1");
  if (!port) return 1;
  auto const line = std::to_string(*port) + "\n";
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) return 1;
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) > 0) {
  }
  system.middleman().unpublish(actor, *port);
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
}
