#pragma once

#include "messages/core/error.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

/// OpenSSL's objects with owners.
namespace nexus::cluster {

template <auto Free>
struct openssl_deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using bio_ptr = std::unique_ptr<BIO, openssl_deleter<BIO_free_all>>;
using x509_ptr = std::unique_ptr<X509, openssl_deleter<X509_free>>;
using key_ptr = std::unique_ptr<EVP_PKEY, openssl_deleter<EVP_PKEY_free>>;
using general_names_ptr = std::unique_ptr<GENERAL_NAMES, openssl_deleter<GENERAL_NAMES_free>>;

/// Reads from the text, which must outlive the result.
auto bio_of(std::string_view text) -> bio_ptr;
/// A private key in PEM that is not encrypted; null when there is none.
auto read_key(std::string_view pem) -> key_ptr;
/// What OpenSSL complained of last in this thread ("no start line"), which is forgotten.
auto openssl_complaint() -> std::string;

} // namespace nexus::cluster
