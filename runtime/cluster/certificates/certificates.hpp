#pragma once

#include "messages/core/describe.hpp"
#include "messages/core/error.hpp"
#include "runtime/cluster/certificates/openssl.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Certificates of nodes (X.509 in PEM). A certificate is as powerful as a node: who has one may do all that a node
/// may.
namespace nexus::cluster {

/// A certificate and its private key, in PEM.
struct credentials {
  std::string certificate;
  std::string key;
};

/// What a certificate says.
struct certificate_facts {
  /// The node's name: the first DNS name among the alternative names; without one, the common name.
  std::string name;
  /// All DNS names and IP addresses among the alternative names, in order.
  std::vector<std::string> names;
  /// The issuer's common name.
  std::string issuer;
  timestamp not_before{};
  timestamp not_after{};
  /// SHA-256 of the certificate, in hex.
  std::string fingerprint;
  /// Whether it may sign others.
  bool authority = false;
};

/// The facts of a certificate that OpenSSL holds.
auto facts_of(X509* certificate) -> certificate_facts;
/// All certificates of a PEM text, at most 64. errc::malformed when there is none or one is damaged.
auto read_certificates(std::string_view pem) -> expected<std::vector<x509_ptr>>;

/// Whether a text can be a node's name: 1 to 63 letters, digits, '-', '_' and '.', beginning with a letter or a digit.
auto is_node_name(std::string_view name) -> bool;

/// Makes an authority that signs certificates of nodes (EC P-256, SHA-256), in force in the given time.
auto make_authority(std::string_view name, timestamp from, timestamp until) -> expected<credentials>;
/// Makes a node's certificate for servers and clients with a new key: the name comes first, then the hosts (DNS names
/// or IP addresses) at which others may reach it without knowing its name. errc::invalid_argument for a name or host
/// that cannot be one, errc::malformed when the authority's certificate or key does not parse.
auto issue_certificate(credentials const& authority, std::string_view name, std::vector<std::string> const& hosts,
                       timestamp from, timestamp until) -> expected<credentials>;

} // namespace nexus::cluster
