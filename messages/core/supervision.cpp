#include "messages/core/supervision.hpp"

namespace nexus {

NEXUS_DEFINE_CODECS(supervision_strategy, restart_type, child_state, supervision_node)

} // namespace nexus
