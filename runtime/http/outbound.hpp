#pragma once

#include "messages/core/error.hpp"
#include "runtime/http/message.hpp"

#include <string>
#include <string_view>

namespace nexus::http {

/// An absolute URL as far as a transport cares.
struct outbound_url {
  /// "http" or "https".
  std::string scheme;
  /// Host, with the port when one is given; no credentials.
  std::string authority;
  /// Path and query: the target in origin form.
  std::string target;
  /// The URL for error texts: no credentials, no query.
  std::string shown;
};

/// Takes an absolute http or https URL apart; invalid_argument for anything else.
auto parse_url(std::string_view url) -> expected<outbound_url>;

/// Refuses what would not leave as the request it is: a method that is no token, line ends or NUL in the URL or the
/// fields.
auto check_outbound(request const& outbound) -> expected<outbound_url>;

/// The remedy of an error after which it is certain that nothing was done: of a request, when no byte of it left (no
/// connection, a name or certificate that leads nowhere, a limit of ours). Other errors of a request leave that open.
inline constexpr std::string_view nothing_was_changed = "nothing was changed: it is safe to try again";

/// The error of a request that got no answer: "GET http://host/path: no answer within 500 ms".
auto outbound_error(errc code, request const& outbound, std::string_view what) -> error;

} // namespace nexus::http
