#include "messages/deployments.hpp"

namespace nexus {

NEXUS_DEFINE_CODECS(deployment_state, deployment, deployment_list, list_deployments)

} // namespace nexus
