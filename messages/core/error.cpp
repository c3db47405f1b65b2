#include "messages/core/error.hpp"

namespace nexus {

auto to_string(errc code) noexcept -> std::string_view {
  switch (code) {
  case errc::invalid_argument:
    return "invalid_argument";
  case errc::malformed:
    return "malformed";
  case errc::unauthenticated:
    return "unauthenticated";
  case errc::permission_denied:
    return "permission_denied";
  case errc::not_found:
    return "not_found";
  case errc::conflict:
    return "conflict";
  case errc::too_large:
    return "too_large";
  case errc::overloaded:
    return "overloaded";
  case errc::unavailable:
    return "unavailable";
  case errc::deadline_exceeded:
    return "deadline_exceeded";
  case errc::cancelled:
    return "cancelled";
  case errc::upstream:
    return "upstream";
  case errc::internal:
    return "internal";
  case errc::corrupt:
    return "corrupt";
  case errc::storage:
    return "storage";
  case errc::budget_exceeded:
    return "budget_exceeded";
  case errc::refused:
    return "refused";
  }
  return "internal";
}

auto error::render() const -> std::string {
  auto text = where.empty() ? message : where + ": " + message;
  if (!remedy.empty()) text += " (" + remedy + ")";
  return text;
}

auto unsettled(error problem) -> error {
  constexpr std::string_view unknown = "whether an earlier attempt was carried out cannot be told: ";
  problem.code = errc::unavailable;
  if (!problem.message.starts_with(unknown)) problem.message.insert(0, unknown);
  return problem;
}

} // namespace nexus
