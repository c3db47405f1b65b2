#include "runtime/cluster/certificates/certificates.hpp"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <tuple>

namespace nexus::cluster {
namespace {

auto failed(std::string_view step) -> tl::unexpected<error> {
  return fail(errc::internal, "OpenSSL cannot {}: {}", step, openssl_complaint());
}

template <class Write>
auto pem_of(Write write) -> std::string {
  auto const target = bio_ptr{BIO_new(BIO_s_mem())};
  if (!target || write(target.get()) != 1) return {};
  char* text = nullptr;
  auto const size = BIO_get_mem_data(target.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

auto set_time(ASN1_TIME* target, timestamp time) -> bool {
  return ASN1_TIME_set(target, std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count()) != nullptr;
}

auto set_serial(X509* certificate) -> bool {
  auto bytes = std::array<unsigned char, 16>{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
  bytes.front() = static_cast<unsigned char>((bytes.front() & 0x3f) | 0x40); // positive, and always of full length
  auto const number = std::unique_ptr<BIGNUM, openssl_deleter<BN_free>>{
      BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr)};
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

auto set_subject(X509* certificate, std::string_view name) -> bool {
  return X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName, MBSTRING_UTF8,
                                    reinterpret_cast<unsigned char const*>(name.data()), static_cast<int>(name.size()),
                                    -1, 0) == 1;
}

auto add_extension(X509* certificate, X509* issuer, int kind, char const* value) -> bool {
  auto context = X509V3_CTX{};
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  using extension_ptr = std::unique_ptr<X509_EXTENSION, openssl_deleter<X509_EXTENSION_free>>;
  auto const extension = extension_ptr{X509V3_EXT_conf_nid(nullptr, &context, kind, value)};
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

/// Not by OpenSSL's text form, in which a comma in a name would begin another.
auto add_names(X509* certificate, std::vector<std::string> const& names) -> bool {
  auto const list = general_names_ptr{GENERAL_NAMES_new()};
  for (auto const& name : names) {
    auto entry = std::unique_ptr<GENERAL_NAME, openssl_deleter<GENERAL_NAME_free>>{GENERAL_NAME_new()};
    if (auto* address = a2i_IPADDRESS(name.c_str())) {
      GENERAL_NAME_set0_value(entry.get(), GEN_IPADD, address);
    } else {
      auto* text = ASN1_IA5STRING_new();
      if (text == nullptr || ASN1_STRING_set(text, name.data(), static_cast<int>(name.size())) != 1) return false;
      GENERAL_NAME_set0_value(entry.get(), GEN_DNS, text);
    }
    if (sk_GENERAL_NAME_push(list.get(), entry.get()) == 0) return false;
    std::ignore = entry.release();
  }
  return X509_add1_ext_i2d(certificate, NID_subject_alt_name, list.get(), 0, 0) == 1;
}

auto begin(std::string_view name, EVP_PKEY* key, timestamp from, timestamp until) -> x509_ptr {
  auto certificate = x509_ptr{X509_new()};
  auto const good =
      certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1 && set_serial(certificate.get()) &&
      set_subject(certificate.get(), name) && set_time(X509_getm_notBefore(certificate.get()), from) &&
      set_time(X509_getm_notAfter(certificate.get()), until) && X509_set_pubkey(certificate.get(), key) == 1;
  return good ? std::move(certificate) : nullptr;
}

auto finish(x509_ptr certificate, key_ptr const& key, EVP_PKEY* signer) -> expected<credentials> {
  if (X509_sign(certificate.get(), signer, EVP_sha256()) == 0) return failed("sign a certificate");
  auto result =
      credentials{pem_of([&](BIO* to) { return PEM_write_bio_X509(to, certificate.get()); }), pem_of([&](BIO* to) {
                    return PEM_write_bio_PKCS8PrivateKey(to, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
                  })};
  if (result.certificate.empty() || result.key.empty()) return failed("write a certificate");
  return result;
}

} // namespace

auto make_authority(std::string_view name, timestamp from, timestamp until) -> expected<credentials> {
  auto const key = key_ptr{EVP_EC_gen("P-256")};
  if (!key) return failed("make a key");
  auto certificate = begin(name, key.get(), from, until);
  auto* const own = certificate.get();
  if (!certificate || X509_set_issuer_name(own, X509_get_subject_name(own)) != 1 ||
      !add_extension(own, own, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !add_extension(own, own, NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !add_extension(own, own, NID_subject_key_identifier, "hash"))
    return failed("make an authority");
  return finish(std::move(certificate), key, key.get());
}

auto issue_certificate(credentials const& authority, std::string_view name, std::vector<std::string> const& hosts,
                       timestamp from, timestamp until) -> expected<credentials> {
  if (!is_node_name(name))
    return fail(
        errc::invalid_argument,
        "'{}' is no name for a node: 1 to 63 letters, digits, '-', '_' and '.', beginning with a letter or digit",
        name);
  auto names = std::vector<std::string>{std::string{name}};
  for (auto const& host : hosts) {
    auto const address =
        std::unique_ptr<ASN1_OCTET_STRING, openssl_deleter<ASN1_OCTET_STRING_free>>{a2i_IPADDRESS(host.c_str())};
    if (!address && (host.size() > 253 || !std::ranges::all_of(host, [](unsigned char c) {
                       return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
                     })))
      return fail(errc::invalid_argument, "'{}' is neither a host name nor an IP address", host);
    if (std::ranges::find(names, host) == names.end() && !host.empty()) names.push_back(host);
  }
  auto const issuers = read_certificates(authority.certificate);
  if (!issuers) return tl::unexpected{issuers.error()};
  auto* const issuer = issuers->front().get();
  auto const signer = read_key(authority.key);
  if (!signer)
    return fail(errc::malformed, "the authority's key is no unencrypted private key in PEM ({})", openssl_complaint());
  if (X509_check_private_key(issuer, signer.get()) != 1) {
    (void)openssl_complaint();
    return fail(errc::malformed, "the authority's key is not that of its certificate");
  }
  auto const key = key_ptr{EVP_EC_gen("P-256")};
  if (!key) return failed("make a key");
  auto certificate = begin(name, key.get(), from, until);
  auto* const own = certificate.get();
  if (!certificate || X509_set_issuer_name(own, X509_get_subject_name(issuer)) != 1 ||
      !add_extension(own, issuer, NID_basic_constraints, "critical,CA:FALSE") ||
      !add_extension(own, issuer, NID_key_usage, "critical,digitalSignature") ||
      !add_extension(own, issuer, NID_ext_key_usage, "serverAuth,clientAuth") ||
      !add_extension(own, issuer, NID_subject_key_identifier, "hash") ||
      !add_extension(own, issuer, NID_authority_key_identifier, "keyid") || !add_names(own, names))
    return failed("make a certificate");
  return finish(std::move(certificate), key, signer.get());
}

} // namespace nexus::cluster
