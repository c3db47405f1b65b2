#include "runtime/cluster/link/channel.hpp"

#include <climits>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <cstring>
#include <sys/socket.h>

namespace nexus::cluster {
namespace {

auto socket_of(BIO* bio) -> int { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

auto blocked() -> bool { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

/// OpenSSL's own socket BIO would raise SIGPIPE when the peer has gone.
auto quiet_socket() -> BIO_METHOD* {
  static auto* const method = [] {
    auto* const fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without signals");
    BIO_meth_set_write(fresh, [](BIO* bio, char const* bytes, int size) {
      BIO_clear_retry_flags(bio);
      auto const sent = ::send(socket_of(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
      if (sent < 0 && blocked()) BIO_set_retry_write(bio);
      return static_cast<int>(sent);
    });
    BIO_meth_set_read(fresh, [](BIO* bio, char* bytes, int size) {
      BIO_clear_retry_flags(bio);
      auto const got = ::recv(socket_of(bio), bytes, static_cast<std::size_t>(size), 0);
      if (got < 0 && blocked()) BIO_set_retry_read(bio);
      return static_cast<int>(got);
    });
    BIO_meth_set_ctrl(fresh, [](BIO*, int command, long, void*) -> long { return command == BIO_CTRL_FLUSH ? 1 : 0; });
    return fresh;
  }();
  return method;
}

auto closed_by_peer() -> error { return {errc::unavailable, "the peer closed the connection", {}, {}, {}}; }

/// Alerts of RFC 8446, section 6.2, that are about a certificate: bad_certificate to unknown_ca, and
/// certificate_required.
auto about_certificates(int alert) -> bool { return (alert >= 42 && alert <= 48) || alert == 116; }

auto tls_problem(SSL* ssl) -> error {
  auto const reason = ERR_GET_REASON(ERR_peek_error());
  auto const* const text = ERR_reason_error_string(ERR_peek_error());
  auto const described = std::string{text == nullptr ? "unknown reason" : text};
  ERR_clear_error();
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
    return {errc::unauthenticated,
            fmt::format("the peer's certificate does not hold: {}",
                        X509_verify_cert_error_string(SSL_get_verify_result(ssl))),
            {},
            "both nodes need certificates that are in force and issued by the same authority",
            {}};
  if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
    return {errc::unauthenticated, "the peer has no certificate", {}, {}, {}};
  if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) return closed_by_peer();
  if (reason >= SSL_AD_REASON_OFFSET && about_certificates(reason - SSL_AD_REASON_OFFSET))
    return {errc::permission_denied,
            fmt::format("the peer does not accept this node's certificate ({})", described),
            {},
            "both nodes need certificates that are in force and issued by the same authority",
            {}};
  if (reason >= SSL_AD_REASON_OFFSET)
    return {errc::unauthenticated, fmt::format("the peer ended TLS ({})", described), {}, {}, {}};
  return {
      errc::unauthenticated, fmt::format("the peer does not speak TLS 1.3 as nodes do ({})", described), {}, {}, {}};
}

} // namespace

void channel::ssl_deleter::operator()(ssl_st* ssl) const { SSL_free(ssl); }

auto channel::plain(int fd) -> channel { return channel{fd}; }

auto channel::secured(int fd, std::shared_ptr<ssl_ctx_st> const& context, side which, std::string const& server_name)
    -> expected<channel> {
  auto result = channel{fd};
  result.ssl_.reset(SSL_new(context.get()));
  auto* const ssl = result.ssl_.get();
  auto* const bio = ssl == nullptr ? nullptr : BIO_new(quiet_socket());
  if (bio == nullptr) return fail(errc::internal, "OpenSSL has no memory for a connection: {}", openssl_complaint());
  // NOLINTNEXTLINE(performance-no-int-to-ptr): OpenSSL keeps a pointer, and this is a number.
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
  if (which == side::accepting) {
    SSL_set_accept_state(ssl);
  } else {
    SSL_set_connect_state(ssl);
    using address_ptr = std::unique_ptr<ASN1_OCTET_STRING, openssl_deleter<ASN1_OCTET_STRING_free>>;
    if (!server_name.empty() && !address_ptr{a2i_IPADDRESS(server_name.c_str())})
      SSL_set_tlsext_host_name(ssl, server_name.c_str());
  }
  return result;
}

auto channel::judge(int outcome) -> state {
  switch (SSL_get_error(ssl_.get(), outcome)) {
  case SSL_ERROR_WANT_READ:
    return state::want_read;
  case SSL_ERROR_WANT_WRITE:
    return state::want_write;
  case SSL_ERROR_SYSCALL:
    problem_ =
        errno == 0
            ? closed_by_peer()
            : error{errc::unavailable, fmt::format("the connection broke: {}", std::strerror(errno)), {}, {}, {}};
    break;
  case SSL_ERROR_SSL:
    problem_ = tls_problem(ssl_.get());
    break;
  default:
    problem_ = closed_by_peer();
  }
  ERR_clear_error();
  return state::ended;
}

auto channel::judge_plain(ssize_t outcome) -> transfer {
  if (outcome > 0) return {state::done, static_cast<std::size_t>(outcome)};
  if (outcome < 0 && blocked()) return {state::want_read, 0};
  problem_ = outcome == 0
                 ? closed_by_peer()
                 : error{errc::unavailable, fmt::format("the connection broke: {}", std::strerror(errno)), {}, {}, {}};
  return {state::ended, 0};
}

auto channel::handshake() -> state {
  if (!ssl_) return state::done;
  ERR_clear_error();
  errno = 0;
  auto const outcome = SSL_do_handshake(ssl_.get());
  return outcome == 1 ? state::done : judge(outcome);
}

auto channel::read(std::span<char> target) -> transfer {
  if (!ssl_) return judge_plain(::recv(fd_, target.data(), target.size(), 0));
  ERR_clear_error();
  errno = 0;
  auto moved = std::size_t{0};
  auto const outcome = SSL_read_ex(ssl_.get(), target.data(), target.size(), &moved);
  return outcome == 1 ? transfer{state::done, moved} : transfer{judge(outcome), 0};
}

auto channel::write(std::span<char const> source) -> transfer {
  if (!ssl_) {
    auto result = judge_plain(::send(fd_, source.data(), source.size(), MSG_NOSIGNAL));
    if (result.what == state::want_read) result.what = state::want_write;
    return result;
  }
  ERR_clear_error();
  errno = 0;
  auto moved = std::size_t{0};
  auto const outcome = SSL_write_ex(ssl_.get(), source.data(), source.size(), &moved);
  return outcome == 1 ? transfer{state::done, moved} : transfer{judge(outcome), 0};
}

auto channel::peek() -> state {
  auto byte = char{};
  if (!ssl_) return judge_plain(::recv(fd_, &byte, 1, MSG_PEEK)).what;
  ERR_clear_error();
  errno = 0;
  auto moved = std::size_t{0};
  auto const outcome = SSL_peek_ex(ssl_.get(), &byte, 1, &moved);
  return outcome == 1 ? state::done : judge(outcome);
}

auto channel::pending() const -> bool { return ssl_ && SSL_has_pending(ssl_.get()) == 1; }

void channel::finish() {
  if (ssl_ && SSL_is_init_finished(ssl_.get()) == 1) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
  ::shutdown(fd_, SHUT_WR);
}

auto channel::peer() const -> certificate_facts {
  auto* const certificate = ssl_ ? SSL_get0_peer_certificate(ssl_.get()) : nullptr;
  return certificate == nullptr ? certificate_facts{} : facts_of(certificate);
}

} // namespace nexus::cluster
