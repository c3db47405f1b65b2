#pragma once

#include "runtime/http/message.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <cstddef>
#include <string_view>

namespace nexus::http {

/// Builds one `request` from the bytes of an HTTP/1.x connection, straight from Beast's parser, without a message of
/// Beast's in between. One object reads one request.
class request_parser final : boost::beast::http::basic_parser<true> {
public:
  /// Limits in bytes: of the whole head, and of the body (decoded, when it comes in chunks).
  request_parser(std::size_t header_limit, std::size_t body_limit);

  /// Takes bytes in and says how many of them it used; the rest must be presented again together with what follows
  /// it. Call no more once done() or failed().
  auto feed(std::string_view bytes) -> std::size_t;

  /// Whether a byte of the request was seen.
  auto started() const -> bool { return got_some(); }
  /// Whether the head is complete.
  auto head_done() const -> bool { return is_header_done(); }
  /// Whether the request is complete.
  auto done() const -> bool { return is_done() && !failed(); }
  /// Whether the bytes are no acceptable request; status() and detail() say why.
  auto failed() const -> bool { return status_ != 0; }
  /// The status to refuse with: 400, 413, 417, 431 or 501.
  auto status() const -> int { return status_; }
  /// Why the request was refused.
  auto detail() const -> std::string_view { return detail_; }

  /// Whether the client waits for "100 Continue" before it sends the body.
  auto expects_continue() const -> bool { return expects_continue_ && !is_done(); }
  /// Whether the connection may be used for another request (RFC 9112, section 9.3).
  auto persistent() const -> bool { return keep_alive(); }
  /// Whether the client speaks HTTP/1.0.
  auto old_version() const -> bool { return old_version_; }

  /// The request read so far; whole once done().
  auto message() -> request& { return message_; }

private:
  using error_code = boost::beast::error_code;
  using text = boost::beast::string_view;
  using verb = boost::beast::http::verb;
  using field = boost::beast::http::field;

  void refuse(int status, std::string_view detail, error_code& ec);

  void on_request_impl(verb, text method, text target, int version, error_code&) override;
  void on_response_impl(int, text, int, error_code&) override {}
  void on_field_impl(field name, text name_string, text value, error_code& ec) override;
  void on_header_impl(error_code& ec) override;
  void on_body_init_impl(boost::optional<std::uint64_t> const& length, error_code&) override;
  auto on_body_impl(text piece, error_code&) -> std::size_t override;
  void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
  auto on_chunk_body_impl(std::uint64_t, text piece, error_code&) -> std::size_t override;
  void on_finish_impl(error_code&) override {}

  request message_;
  std::size_t head_room_;
  int hosts_ = 0;
  int status_ = 0;
  std::string_view detail_;
  bool old_version_ = false;
  bool head_complete_ = false;
  bool expects_continue_ = false;
  bool unknown_coding_ = false;
  bool unknown_expectation_ = false;
};

} // namespace nexus::http
