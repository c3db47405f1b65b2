#include "messages/type_ids.hpp"

namespace nexus {

void announce_messages(caf::actor_system_config& config) {
  config.add_message_types<caf::id_block::nexus_core>();
  config.add_message_types<caf::id_block::nexus>();
}

} // namespace nexus
