#pragma once

#include "messages/core/caf.hpp"
#include "messages/core/cluster.hpp"
#include "messages/core/raw_document.hpp"
#include "messages/core/supervision.hpp"

/// The runtime's own message types. CAF sends names, not numbers; a product's block starts at nexus_core's end.
CAF_BEGIN_TYPE_ID_BLOCK(nexus_core, caf::first_custom_type_id)
CAF_ADD_TYPE_ID(nexus_core, (nexus::call))
CAF_ADD_TYPE_ID(nexus_core, (nexus::raw_document))
CAF_ADD_TYPE_ID(nexus_core, (nexus::supervision_node))
CAF_ADD_TYPE_ID(nexus_core, (nexus::challenge_node))
CAF_ADD_TYPE_ID(nexus_core, (nexus::cluster_challenge))
CAF_ADD_TYPE_ID(nexus_core, (nexus::join_node))
CAF_ADD_TYPE_ID(nexus_core, (nexus::node_welcome))
CAF_ADD_TYPE_ID(nexus_core, (nexus::node_heartbeat))
CAF_ADD_TYPE_ID(nexus_core, (nexus::heartbeat_answer))
CAF_ADD_TYPE_ID(nexus_core, (nexus::leave_cluster))
CAF_END_TYPE_ID_BLOCK(nexus_core)
