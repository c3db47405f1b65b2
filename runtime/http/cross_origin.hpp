#pragma once

#include "runtime/http/message.hpp"

namespace nexus::http {

/// Which pages of other sites may read answers (CORS, https://fetch.spec.whatwg.org/#http-cors-protocol).
struct cross_origin_rules {
  /// Origins as browsers send them ("https://dashboard.example.com"), or "*" alone for all. Empty: none, and no answer
  /// carries any of the protocol's fields.
  std::vector<std::string> origins;
  /// Whether browsers may send what they keep for us. Not together with "*".
  bool credentials = false;
  friend auto operator==(cross_origin_rules const&, cross_origin_rules const&) -> bool = default;
};

/// Whether a text can stand in `origins`: "*", or scheme, host and optional port in lower case, without a path.
/// errc::invalid_argument says what is wrong.
auto check_origin(std::string_view text) -> expected<void>;

/// The fields that an answer to this request carries: Vary wherever the answer could depend on the origin, and the
/// permission when the origin is listed, as it is listed.
auto cross_origin_fields(cross_origin_rules const& rules, headers const& fields) -> headers;

/// The answer to a preflight request: 204, or 403 for an origin that is not listed. Nothing when the request is no
/// preflight or nobody is listed.
auto answer_preflight(cross_origin_rules const& rules, request const& received) -> std::optional<response>;

} // namespace nexus::http
