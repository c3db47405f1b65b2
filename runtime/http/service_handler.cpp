#include "runtime/http/service_handler.hpp"

namespace nexus::http {

auto serve(service what) -> handler {
  return [what = std::move(what)](incoming request, responder back) { back.play(what(request.message)); };
}

} // namespace nexus::http
