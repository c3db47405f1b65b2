#pragma once

#include "runtime/cluster/certificates/certificates.hpp"

#include <filesystem>

/// A directory with an authority (ca.pem, ca.key) and the certificates that it issued (NAME.pem, NAME.key). Keys can be
/// read by their owner only. Files appear whole or not at all.
namespace nexus::cluster {

/// A certificate in a directory.
struct issued_files {
  std::string certificate;
  std::string key;
  /// The authority's certificate.
  std::string authority;
  certificate_facts facts;
};

/// What may be there already.
enum class overwriting : std::uint8_t { never, allowed };

/// Makes an authority, and the directory if need be. errc::conflict when there is one already: without its key, the
/// certificates that it issued cannot be renewed.
auto make_authority_in(std::filesystem::path const& directory, std::string_view name, std::chrono::days valid,
                       timestamp now, overwriting existing) -> expected<issued_files>;
/// Issues a certificate. errc::conflict when there is one with that name, errc::not_found when there is no authority.
auto issue_in(std::filesystem::path const& directory, std::string_view name, std::vector<std::string> const& hosts,
              std::chrono::days valid, timestamp now, overwriting existing) -> expected<issued_files>;
/// Replaces a certificate and its key by new ones for the same names. errc::not_found when there is none with that
/// name.
auto rotate_in(std::filesystem::path const& directory, std::string_view name, std::chrono::days valid, timestamp now)
    -> expected<issued_files>;
/// What the certificates in a file say.
auto read_facts(std::filesystem::path const& file) -> expected<std::vector<certificate_facts>>;

} // namespace nexus::cluster
