#include "runtime/cluster/certificates/certificates.hpp"

#include "messages/core/digest.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <ctime>
#include <span>

namespace nexus::cluster {
namespace {

constexpr auto most_certificates = std::size_t{64};

auto time_of(ASN1_TIME const* time) -> timestamp {
  auto parts = std::tm{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return std::chrono::sys_seconds{std::chrono::seconds{timegm(&parts)}};
}

auto common_name(X509_NAME const* name) -> std::string {
  auto const at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0) return {};
  auto const* text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
  unsigned char* utf8 = nullptr;
  auto const size = ASN1_STRING_to_UTF8(&utf8, text);
  if (size < 0) return {};
  auto result = std::string{reinterpret_cast<char const*>(utf8), static_cast<std::size_t>(size)};
  OPENSSL_free(utf8);
  return result;
}

auto address_text(ASN1_OCTET_STRING const* address) -> std::string {
  auto buffer = std::array<char, INET6_ADDRSTRLEN>{};
  auto const family = ASN1_STRING_length(address) == 4 ? AF_INET : AF_INET6;
  if (family == AF_INET6 && ASN1_STRING_length(address) != 16) return {};
  if (inet_ntop(family, ASN1_STRING_get0_data(address), buffer.data(), buffer.size()) == nullptr) return {};
  return buffer.data();
}

} // namespace

auto bio_of(std::string_view text) -> bio_ptr {
  return bio_ptr{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

auto openssl_complaint() -> std::string {
  auto const* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason == nullptr ? "unknown reason" : reason;
}

auto read_key(std::string_view pem) -> key_ptr {
  auto const source = bio_of(pem);
  // Without this, OpenSSL would ask for the password at the terminal.
  auto const no_password = [](char*, int, int, void*) { return 0; };
  return key_ptr{PEM_read_bio_PrivateKey(source.get(), nullptr, no_password, nullptr)};
}

auto facts_of(X509* certificate) -> certificate_facts {
  auto facts = certificate_facts{};
  auto digest = std::array<unsigned char, EVP_MAX_MD_SIZE>{};
  auto size = 0u;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) == 1)
    facts.fingerprint = hex(std::span{digest}.first(size));
  facts.not_before = time_of(X509_get0_notBefore(certificate));
  facts.not_after = time_of(X509_get0_notAfter(certificate));
  facts.issuer = common_name(X509_get_issuer_name(certificate));
  facts.authority = X509_check_ca(certificate) == 1;
  auto const names = general_names_ptr{
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))};
  for (auto at = 0; names && at < sk_GENERAL_NAME_num(names.get()); ++at) {
    auto type = 0;
    auto const* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), at), &type);
    auto text = std::string{};
    if (type == GEN_DNS) {
      auto const* name = static_cast<ASN1_IA5STRING const*>(value);
      text.assign(reinterpret_cast<char const*>(ASN1_STRING_get0_data(name)),
                  static_cast<std::size_t>(ASN1_STRING_length(name)));
      if (facts.name.empty()) facts.name = text;
    } else if (type == GEN_IPADD) {
      text = address_text(static_cast<ASN1_OCTET_STRING const*>(value));
    }
    if (!text.empty()) facts.names.push_back(std::move(text));
  }
  if (facts.name.empty()) facts.name = common_name(X509_get_subject_name(certificate));
  return facts;
}

auto read_certificates(std::string_view pem) -> expected<std::vector<x509_ptr>> {
  auto const source = bio_of(pem);
  auto found = std::vector<x509_ptr>{};
  ERR_clear_error();
  while (found.size() < most_certificates) {
    auto next = x509_ptr{PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr)};
    if (!next) break;
    found.push_back(std::move(next));
  }
  auto const at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  auto const complaint = openssl_complaint();
  if (found.empty()) return fail(errc::malformed, "holds no certificate in PEM ({})", complaint);
  if (!at_end && found.size() < most_certificates)
    return fail(errc::malformed, "holds a damaged certificate ({})", complaint);
  return found;
}

auto is_node_name(std::string_view name) -> bool {
  auto const plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= 63 && plain(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return plain(c) || c == '-' || c == '_' || c == '.'; });
}

} // namespace nexus::cluster
