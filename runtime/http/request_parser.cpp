#include "runtime/http/request_parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>

namespace nexus::http {
namespace beast = boost::beast;

request_parser::request_parser(std::size_t header, std::size_t body) : head_room_(header) {
  header_limit(static_cast<std::uint32_t>(header));
  body_limit(body);
  eager(true);
  message_.fields.reserve(8);
}

auto request_parser::feed(std::string_view bytes) -> std::size_t {
  // What is left of a chunked body has at least the five bytes of its last chunk, and Beast asserts that it sees them
  // together: a client that sends them one by one would end the process.
  constexpr std::size_t last_chunk = 5;
  if (is_header_done() && chunked() && bytes.size() < last_chunk) return 0;
  error_code ec;
  auto used = put(boost::asio::const_buffer{bytes.data(), bytes.size()}, ec);
  if (!ec || ec == beast::http::error::need_more || failed()) return used;
  if (ec == beast::http::error::header_limit) {
    refuse(431, "the request's header fields are larger than this server accepts", ec);
  } else if (ec == beast::http::error::body_limit) {
    refuse(413, "the request's body is larger than this server accepts", ec);
  } else if (ec == beast::http::error::bad_version) {
    refuse(400, "this server speaks HTTP/1.1 and HTTP/1.0", ec);
  } else if (is_header_done()) {
    refuse(400, "the request's body is not framed as HTTP demands", ec);
  } else {
    refuse(400, "the request's head is not HTTP", ec);
  }
  return used;
}

void request_parser::refuse(int status, std::string_view detail, error_code& ec) {
  status_ = status;
  detail_ = detail;
  ec = beast::http::error::bad_value; // any error stops the parser
}

void request_parser::on_request_impl(verb, text method, text target, int version, error_code& ec) {
  message_.method.assign(method.data(), method.size());
  message_.target.assign(target.data(), target.size());
  old_version_ = version < 11;
  auto used = method.size() + target.size() + 12;
  if (used > head_room_) return refuse(431, "the request's target is longer than this server accepts", ec);
  head_room_ -= used;
}

void request_parser::on_field_impl(field name, text name_string, text value, error_code& ec) {
  // Trailers come after the checks that fields have to pass, so that they are not let in.
  if (head_complete_) return;
  // Beast's limit starts anew with each part of the head that it consumes.
  auto used = name_string.size() + value.size() + 4;
  if (used > head_room_) return refuse(431, "the request's header fields are larger than this server accepts", ec);
  head_room_ -= used;
  if (name == field::host) ++hosts_;
  if (name == field::transfer_encoding && !beast::iequals(value, "chunked")) unknown_coding_ = true;
  if (name == field::expect) {
    expects_continue_ = beast::iequals(value, "100-continue") && !old_version_;
    unknown_expectation_ = !beast::iequals(value, "100-continue");
  }
  message_.fields.add({name_string.data(), name_string.size()}, std::string{value.data(), value.size()});
}

void request_parser::on_header_impl(error_code& ec) {
  head_complete_ = true;
  if (hosts_ != 1 && (hosts_ > 1 || !old_version_)) refuse(400, "the request needs exactly one Host field", ec);
  if (unknown_coding_) refuse(501, "the only transfer coding understood is chunked", ec);
  if (unknown_expectation_) refuse(417, "the only expectation understood is 100-continue", ec);
}

void request_parser::on_body_init_impl(boost::optional<std::uint64_t> const& length, error_code&) {
  // No more up front than a client can make us hold by sending it.
  if (length) message_.body.reserve(std::min<std::uint64_t>(*length, 64 * 1024));
}

auto request_parser::on_body_impl(text piece, error_code&) -> std::size_t {
  message_.body.append(piece.data(), piece.size());
  return piece.size();
}

auto request_parser::on_chunk_body_impl(std::uint64_t, text piece, error_code&) -> std::size_t {
  message_.body.append(piece.data(), piece.size());
  return piece.size();
}

} // namespace nexus::http
