#include "messages/core/cluster.hpp"

namespace nexus {

NEXUS_DEFINE_CODECS(node_state, node_description, node_load, known_node, cluster_challenge, challenge_node,
                    node_welcome, join_node, heartbeat_answer, node_heartbeat, leave_cluster, cluster_node,
                    cluster_view)

} // namespace nexus
