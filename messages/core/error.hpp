#pragma once

#include <fmt/format.h>
#include <tl/expected.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace nexus {

/// What went wrong, as a class of errors that callers can act on. The numbers are pinned: they travel between nodes.
enum class errc : std::uint8_t {
  /// A member is missing, mistyped or out of its range (HTTP 422).
  invalid_argument = 1,
  /// The text is not what its format demands: JSON, YAML, XML that does not parse (HTTP 400).
  malformed = 2,
  /// No credentials, or credentials that are not accepted (HTTP 401).
  unauthenticated = 3,
  /// The principal is known and may not do this (HTTP 403).
  permission_denied = 4,
  /// The thing named does not exist (HTTP 404).
  not_found = 5,
  /// The thing is in a state that forbids the request (HTTP 409).
  conflict = 6,
  /// The input is larger than its limit (HTTP 413).
  too_large = 7,
  /// A queue or a limit is full; try again later (HTTP 429).
  overloaded = 8,
  /// A component is down or being restarted; try again later (HTTP 503).
  unavailable = 9,
  /// The deadline passed (HTTP 504).
  deadline_exceeded = 10,
  /// Somebody cancelled the work (HTTP 409).
  cancelled = 11,
  /// An outside service answered with an error, or not at all (HTTP 502).
  upstream = 12,
  /// A defect of ours (HTTP 500).
  internal = 13,
  /// Stored data is damaged (HTTP 500).
  corrupt = 14,
  /// The disk is full or not writable (HTTP 503).
  storage = 15,
  /// A budget of steps, tokens or time is used up.
  budget_exceeded = 16,
  /// The request is well formed and means something that cannot be done.
  refused = 17,
};

/// The code's name as it appears in JSON, logs and metrics ("invalid_argument").
auto to_string(errc code) noexcept -> std::string_view;

/// An error that says what happened, where, and what to do about it.
struct error {
  errc code = errc::internal;
  /// What happened, as a sentence without a full stop.
  std::string message;
  /// Where: a JSON path ("$.payload.query"), a file with line ("policy.yaml:12"), a URL without credentials. May be
  /// empty.
  std::string where;
  /// What to do about it. May be empty.
  std::string remedy;
  /// How long to wait before trying again; zero when the error does not say.
  std::chrono::milliseconds retry_after{0};

  /// All parts as one line: "policy.yaml:12: unknown member 'wieght' (did you mean 'weight'?)".
  auto render() const -> std::string;

  friend auto operator==(error const&, error const&) -> bool = default;
};

/// The error of a call that is recovering and cannot tell whether the earlier attempt was carried out: unavailable,
/// whatever it ended with itself.
auto unsettled(error problem) -> error;

/// A value or the error that explains why there is none.
template <class T>
using expected = tl::expected<T, error>;

/// Builds the error result of a function: `return fail(errc::not_found, "no job named '{}'", name);`
template <class... Args>
auto fail(errc code, fmt::format_string<Args...> text, Args&&... args) -> tl::unexpected<error> {
  return tl::unexpected<error>{error{code, fmt::format(text, std::forward<Args>(args)...), {}, {}, {}}};
}

/// The same with the place the error is about.
template <class... Args>
auto fail_at(std::string where, errc code, fmt::format_string<Args...> text, Args&&... args) -> tl::unexpected<error> {
  return tl::unexpected<error>{error{code, fmt::format(text, std::forward<Args>(args)...), std::move(where), {}, {}}};
}

} // namespace nexus
