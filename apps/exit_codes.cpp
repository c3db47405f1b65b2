#include "apps/exit_codes.hpp"

namespace nexus::apps {

auto exit_code_of(release_decision verdict) -> int {
  switch (verdict) {
  case release_decision::go:
    return success;
  case release_decision::conditional:
    return conditional;
  case release_decision::no_go:
    return no_go;
  case release_decision::inconclusive:
  case release_decision::pending:
    break;
  }
  return inconclusive;
}

auto exit_code_of(errc code) -> int {
  switch (code) {
  case errc::invalid_argument:
  case errc::malformed:
  case errc::not_found:
  case errc::too_large:
    return usage;
  case errc::unauthenticated:
  case errc::permission_denied:
    return unauthorised;
  case errc::unavailable:
    return unreachable;
  default:
    return failure;
  }
}

auto exit_code_help() -> std::string {
  return "Exit codes of nexus:\n"
         "   0  success; of gate and replay: GO\n"
         "   1  it was tried and failed: the run, the operation or the server did not succeed; policy test: a case "
         "comes\n"
         "      out otherwise; policy diff: there is a difference; replay: another decision follows\n"
         "   2  usage: wrong arguments or settings, an unreadable file, a path, glob or name that matches nothing\n"
         "   3  the server cannot be reached, or is not ready\n"
         "   4  the server does not accept the credentials\n"
         "  10  gate, replay: CONDITIONAL, ready with reservations\n"
         "  20  gate, replay: INCONCLUSIVE, evidence is missing or too old\n"
         "  30  gate, replay: NO_GO\n";
}

} // namespace nexus::apps
