#pragma once

#include "messages/core/caf.hpp"
#include "messages/core/raw_document.hpp"
#include "messages/core/supervision.hpp"

/// The runtime's own message types. CAF sends names, not numbers; a product's block starts at nexus_core's end.
CAF_BEGIN_TYPE_ID_BLOCK(nexus_core, caf::first_custom_type_id)
CAF_ADD_TYPE_ID(nexus_core, (nexus::call))
CAF_ADD_TYPE_ID(nexus_core, (nexus::raw_document))
CAF_ADD_TYPE_ID(nexus_core, (nexus::supervision_node))
CAF_END_TYPE_ID_BLOCK(nexus_core)
