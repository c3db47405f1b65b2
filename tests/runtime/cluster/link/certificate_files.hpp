#pragma once

#include "runtime/cluster/certificates/certificates.hpp"
#include "runtime/cluster/link/identity.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace nexus::cluster::testing {

using namespace std::chrono_literals;

inline auto now() -> timestamp {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

/// A directory with an authority and what it issues; gone with this object.
class certificate_files {
public:
  certificate_files() {
    auto pattern = (std::filesystem::temp_directory_path() / "nexus-link-XXXXXX").string();
    BOOST_TEST_REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    directory = pattern;
    auto made = make_authority("Test authority", now() - 1h, now() + 24h * 365);
    BOOST_TEST_REQUIRE(made.has_value());
    authority = *made;
    write("ca.pem", authority.certificate);
  }
  ~certificate_files() { std::filesystem::remove_all(directory); }
  certificate_files(certificate_files const&) = delete;
  auto operator=(certificate_files const&) -> certificate_files& = delete;

  auto write(std::string const& name, std::string_view text) const -> std::string {
    auto const path = (directory / name).string();
    std::ofstream{path, std::ios::binary | std::ios::trunc} << text;
    return path;
  }
  auto files_of(std::string const& name) const -> identity_files {
    return {(directory / "ca.pem").string(), (directory / (name + ".pem")).string(),
            (directory / (name + ".key")).string()};
  }
  /// Issues a certificate for the node and, by default, loopback's address.
  auto issue(std::string const& name, std::vector<std::string> const& hosts = {"127.0.0.1"},
             timestamp from = now() - 1h, timestamp until = now() + 24h) const -> identity_files {
    auto const issued = issue_certificate(authority, name, hosts, from, until);
    BOOST_TEST_REQUIRE(issued.has_value());
    write(name + ".pem", issued->certificate);
    write(name + ".key", issued->key);
    return files_of(name);
  }
  auto identity_of(std::string const& name) const -> std::shared_ptr<identity> {
    auto loaded = identity::load(issue(name), now);
    BOOST_TEST_REQUIRE(loaded.has_value(), (loaded ? "" : loaded.error().render()));
    return *loaded;
  }

  std::filesystem::path directory;
  credentials authority;
};

} // namespace nexus::cluster::testing
