#pragma once

#include "runtime/http/server.hpp"

namespace nexus::http {

/// A handler that lets a server serve an in-process service, late and broken answers included: what the service says
/// over curl is what it says through `in_process_transport`. The service runs on the server's thread.
auto serve(service what) -> handler;

} // namespace nexus::http
