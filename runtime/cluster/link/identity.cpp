#include "runtime/cluster/link/identity.hpp"

#include "messages/core/codec.hpp"
#include "runtime/cluster/certificates/certificates.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace nexus::cluster {
namespace {

constexpr auto largest_file = std::size_t{1} << 20;
/// What a peer may send as its certificates.
constexpr auto largest_chain = 64 * 1024;

auto problem(errc code, std::string const& file, std::string message, std::string remedy) -> tl::unexpected<error> {
  return tl::unexpected{error{code, std::move(message), file, std::move(remedy), {}}};
}

auto text_of(std::string const& file, std::string_view setting) -> expected<std::string> {
  auto source = std::ifstream{file, std::ios::binary};
  auto text = std::string{};
  if (source) {
    text.resize(largest_file);
    source.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(source.gcount()));
  }
  if (text.empty())
    return problem(
        errc::not_found, file,
        errno == 0 || source.eof() ? "is empty" : fmt::format("cannot be read: {}", std::strerror(errno)),
        fmt::format("let {} name a file that this user may read; 'nexus certs' makes one for development", setting));
  return text;
}

/// Why OpenSSL does not accept a certificate, with what to do.
auto verification_problem(int code, identity_files const& files, certificate_facts const& facts, timestamp now)
    -> tl::unexpected<error> {
  switch (code) {
  case X509_V_ERR_CERT_HAS_EXPIRED:
  case X509_V_ERR_CERT_NOT_YET_VALID:
    if (now > facts.not_after || now < facts.not_before)
      return problem(
          errc::unauthenticated, files.certificate,
          now > facts.not_after
              ? fmt::format("the certificate of '{}' expired at {}", facts.name, format_timestamp(facts.not_after))
              : fmt::format("the certificate of '{}' is in force only from {}", facts.name,
                            format_timestamp(facts.not_before)),
          now > facts.not_after ? fmt::format("have it renewed ('nexus certs rotate {}' for development)", facts.name)
                                : "check the clock of this machine");
    return problem(errc::unauthenticated, files.authority, "the authority's certificate is not in force",
                   "make a new authority and have all certificates issued by it");
  case X509_V_ERR_INVALID_PURPOSE:
    return problem(errc::unauthenticated, files.certificate,
                   fmt::format("the certificate of '{}' is not for both servers and clients", facts.name),
                   "have one issued with the extended key usages serverAuth and clientAuth");
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
  case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
  case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
  case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
  case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    return problem(errc::unauthenticated, files.certificate,
                   fmt::format("the certificate of '{}', issued by '{}', is not signed by an authority in {}",
                               facts.name, facts.issuer, files.authority),
                   "name the authority that signed it, or have it issued by this one");
  default:
    return problem(
        errc::unauthenticated, files.certificate,
        fmt::format("the certificate of '{}' does not hold: {}", facts.name, X509_verify_cert_error_string(code)),
        "have a new one issued");
  }
}

auto verify(X509_STORE* authorities, std::vector<x509_ptr> const& chain, int purpose, timestamp now) -> int {
  auto const context = std::unique_ptr<X509_STORE_CTX, openssl_deleter<X509_STORE_CTX_free>>{X509_STORE_CTX_new()};
  auto const others = std::unique_ptr<STACK_OF(X509), decltype([](STACK_OF(X509) * stack) { sk_X509_free(stack); })>{
      sk_X509_new_null()};
  for (auto const& certificate : std::span{chain}.subspan(1)) sk_X509_push(others.get(), certificate.get());
  if (X509_STORE_CTX_init(context.get(), authorities, chain.front().get(), others.get()) != 1)
    return X509_V_ERR_OUT_OF_MEM;
  X509_STORE_CTX_set_purpose(context.get(), purpose);
  X509_STORE_CTX_set_time(context.get(), 0, std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
  auto const good = X509_verify_cert(context.get()) == 1;
  auto const code = X509_STORE_CTX_get_error(context.get());
  ERR_clear_error();
  return good ? X509_V_OK : code;
}

using context_ptr = std::shared_ptr<SSL_CTX>;

auto new_context() -> context_ptr {
  auto context = context_ptr{SSL_CTX_new(TLS_method()), SSL_CTX_free};
  auto* const raw = context.get();
  if (raw == nullptr || SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_max_proto_version(raw, TLS1_3_VERSION) != 1)
    return nullptr;
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  // A resumed session would carry a name that was checked long ago: every link proves itself anew.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(raw, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(raw, 0);
  SSL_CTX_set_max_cert_list(raw, largest_chain);
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // One system call for a record, not one for its header and one for its body.
  SSL_CTX_set_read_ahead(raw, 1);
  return context;
}

} // namespace

struct identity::state {
  context_ptr context;
  certificate_facts facts;

  static auto of(identity_files const& files, timestamp now) -> expected<std::shared_ptr<state const>>;
};

auto identity::state::of(identity_files const& files, timestamp now) -> expected<std::shared_ptr<state const>> {
  auto const authority_text = text_of(files.authority, "NEXUS_CLUSTER_CA");
  if (!authority_text) return tl::unexpected{authority_text.error()};
  auto const certificate_text = text_of(files.certificate, "NEXUS_CLUSTER_CERT");
  if (!certificate_text) return tl::unexpected{certificate_text.error()};
  auto const key_text = text_of(files.key, "NEXUS_CLUSTER_KEY");
  if (!key_text) return tl::unexpected{key_text.error()};

  auto const authorities = read_certificates(*authority_text);
  if (!authorities)
    return problem(errc::malformed, files.authority, authorities.error().message,
                   "name the authority's certificate in PEM");
  auto const chain = read_certificates(*certificate_text);
  if (!chain)
    return problem(errc::malformed, files.certificate, chain.error().message, "name the node's certificate in PEM");
  auto const key = read_key(*key_text);
  if (!key)
    return problem(
        errc::malformed, files.key,
        fmt::format("holds no private key in PEM that can be read without a password ({})", openssl_complaint()),
        "name the key that was issued with the certificate, decrypted");
  auto facts = facts_of(chain->front().get());
  if (X509_check_private_key(chain->front().get(), key.get()) != 1) {
    ERR_clear_error();
    return problem(errc::unauthenticated, files.key,
                   fmt::format("is not the key of the certificate in {}", files.certificate),
                   "name the two files that were issued together");
  }

  auto context = new_context();
  if (!context) return fail(errc::internal, "OpenSSL cannot speak TLS 1.3: {}", openssl_complaint());
  auto* const store = SSL_CTX_get_cert_store(context.get());
  for (auto const& authority : *authorities) X509_STORE_add_cert(store, authority.get());
  for (auto purpose : {X509_PURPOSE_SSL_SERVER, X509_PURPOSE_SSL_CLIENT})
    if (auto const code = verify(store, *chain, purpose, now); code != X509_V_OK)
      return verification_problem(code, files, facts, now);
  if (facts.names.empty())
    return problem(errc::unauthenticated, files.certificate, "the certificate has no name that peers could check",
                   "have one issued with the node's name as a DNS name among its alternative names");

  auto good = SSL_CTX_use_certificate(context.get(), chain->front().get()) == 1 &&
              SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1;
  for (auto const& certificate : std::span{*chain}.subspan(1))
    good = good && SSL_CTX_add1_chain_cert(context.get(), certificate.get()) == 1;
  if (!good)
    return problem(errc::unauthenticated, files.certificate,
                   fmt::format("OpenSSL does not accept it: {}", openssl_complaint()),
                   "have one issued with a key of at least EC P-256 or RSA 2048");
  return std::make_shared<state const>(state{std::move(context), std::move(facts)});
}

identity::identity(identity_files files, clock now) : files_(std::move(files)), now_(std::move(now)) {}
identity::~identity() = default;

auto identity::load(identity_files files, clock now) -> expected<std::shared_ptr<identity>> {
  auto result = std::shared_ptr<identity>{new identity{std::move(files), std::move(now)}};
  if (auto const read = result->reload(); !read) return tl::unexpected{read.error()};
  return result;
}

auto identity::reload() -> expected<void> {
  auto fresh = state::of(files_, now_());
  if (!fresh) return tl::unexpected{fresh.error()};
  auto const lock = std::scoped_lock{mutex_};
  state_ = std::move(*fresh);
  return {};
}

auto identity::name() const -> std::string {
  auto const lock = std::scoped_lock{mutex_};
  return state_->facts.name;
}

auto identity::expires() const -> timestamp {
  auto const lock = std::scoped_lock{mutex_};
  return state_->facts.not_after;
}

auto identity::fingerprint() const -> std::string {
  auto const lock = std::scoped_lock{mutex_};
  return state_->facts.fingerprint;
}

auto identity::context() const -> std::shared_ptr<ssl_ctx_st> {
  auto const lock = std::scoped_lock{mutex_};
  return state_->context;
}

} // namespace nexus::cluster
