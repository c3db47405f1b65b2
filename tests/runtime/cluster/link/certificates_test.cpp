#include "runtime/cluster/certificates/certificate_directory.hpp"
#include "tests/runtime/cluster/link/certificate_files.hpp"

#include <sys/stat.h>

using namespace nexus;
using namespace nexus::cluster;
using namespace nexus::cluster::testing;

namespace {

constexpr auto noon = timestamp{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2} + 12h};
constexpr auto year = std::chrono::days{365};

auto facts(credentials const& of) -> certificate_facts {
  return facts_of(read_certificates(of.certificate).value().front().get());
}

} // namespace

BOOST_AUTO_TEST_CASE(a_certificate_says_who_its_node_is_and_for_how_long) {
  auto const authority = make_authority("Test", noon, noon + year);
  BOOST_TEST_REQUIRE(authority.has_value());
  BOOST_TEST(facts(*authority).authority);
  BOOST_TEST(facts(*authority).name == "Test");
  auto const issued =
      issue_certificate(*authority, "node-1", {"10.0.0.7", "::1", "node-1.example.com", "node-1"}, noon, noon + 24h);
  BOOST_TEST_REQUIRE(issued.has_value());
  auto const found = facts(*issued);
  BOOST_TEST(found.name == "node-1");
  BOOST_TEST((found.names == std::vector<std::string>{"node-1", "10.0.0.7", "::1", "node-1.example.com"}));
  BOOST_TEST(found.issuer == "Test");
  BOOST_TEST((found.not_before == noon));
  BOOST_TEST((found.not_after == noon + 24h));
  BOOST_TEST(!found.authority);
  BOOST_TEST(found.fingerprint.size() == 64u);
}

BOOST_AUTO_TEST_CASE(names_that_are_none_are_not_certified) {
  auto const authority = make_authority("Test", noon, noon + year).value();
  for (auto const* name : {"", "a b", "../x", "-x", ".x", "a,DNS:b", "x\n"})
    BOOST_TEST(!issue_certificate(authority, name, {}, noon, noon + year), name);
  BOOST_TEST(!issue_certificate(authority, std::string(64, 'x'), {}, noon, noon + year));
  BOOST_TEST(issue_certificate(authority, std::string(63, 'x'), {}, noon, noon + year).has_value());
  for (auto const* host : {"a b", "a,DNS:b", "*.example.com", "b\n"})
    BOOST_TEST(!issue_certificate(authority, "x", {host}, noon, noon + year), host);
}

BOOST_AUTO_TEST_CASE(damaged_certificates_and_keys_are_errors) {
  auto const authority = make_authority("Test", noon, noon + year).value();
  auto const other = make_authority("Other", noon, noon + year).value();
  BOOST_TEST(!read_certificates(""));
  BOOST_TEST(!read_certificates(authority.key));
  BOOST_TEST(!read_certificates(authority.certificate.substr(0, 200)));
  BOOST_TEST(!read_certificates(authority.certificate + other.certificate.substr(0, 200)));
  BOOST_TEST(read_certificates(authority.certificate + "\n" + other.certificate).value().size() == 2u);
  BOOST_TEST(!issue_certificate({"nothing", authority.key}, "x", {}, noon, noon + year));
  BOOST_TEST(!issue_certificate({authority.certificate, "nothing"}, "x", {}, noon, noon + year));
  BOOST_TEST(!issue_certificate({authority.certificate, other.key}, "x", {}, noon, noon + year));
}

BOOST_AUTO_TEST_CASE(a_directory_keeps_an_authority_and_what_it_issued) {
  auto const place = certificate_files{};
  auto const directory = place.directory / "own";
  auto const made = make_authority_in(directory, "Test", year, noon, overwriting::never);
  BOOST_TEST_REQUIRE(made.has_value());
  auto const first = issue_in(directory, "node-1", {"10.0.0.7"}, year * 3, noon, overwriting::never);
  BOOST_TEST_REQUIRE(first.has_value(), (first ? "" : first.error().render()));
  BOOST_TEST((first->facts.not_after == made->facts.not_after)); // no longer than its authority
  struct stat key{};
  BOOST_TEST_REQUIRE(::stat(first->key.c_str(), &key) == 0);
  BOOST_TEST((key.st_mode & 0777) == 0600u);

  auto const second = rotate_in(directory, "node-1", std::chrono::days{30}, noon + 24h);
  BOOST_TEST_REQUIRE(second.has_value());
  BOOST_TEST((second->facts.names == first->facts.names));
  BOOST_TEST(second->facts.fingerprint != first->facts.fingerprint);
  BOOST_TEST((second->facts.not_after == noon + 24h + std::chrono::days{30}));
  auto const read = read_facts(second->certificate);
  BOOST_TEST_REQUIRE(read.has_value());
  BOOST_TEST(read->front().fingerprint == second->facts.fingerprint);
  BOOST_TEST(
      identity::load({made->certificate, second->certificate, second->key}, [] { return noon + 48h; }).has_value());
}

BOOST_AUTO_TEST_CASE(an_authority_that_has_expired_issues_nothing) {
  auto const place = certificate_files{};
  auto const directory = place.directory / "own";
  BOOST_TEST(make_authority_in(directory, "Test", year, noon, overwriting::never).has_value());
  auto const late = issue_in(directory, "node-1", {}, year, noon + year + 1h, overwriting::never);
  BOOST_TEST_REQUIRE(!late);
  BOOST_TEST(late.error().render().find("has expired") != std::string::npos);
  BOOST_TEST(!std::filesystem::exists(directory / "node-1.key"));
}

BOOST_AUTO_TEST_CASE(a_key_is_not_written_where_somebody_put_a_link) {
  auto const place = certificate_files{};
  auto const directory = place.directory / "own";
  BOOST_TEST(make_authority_in(directory, "Test", year, noon, overwriting::never).has_value());
  auto const target = place.write("target", "untouched");
  std::filesystem::create_symlink(target, directory / "node-1.key");
  BOOST_TEST(!issue_in(directory, "node-1", {}, year, noon, overwriting::never));
  BOOST_TEST(issue_in(directory, "node-1", {}, year, noon, overwriting::allowed).has_value());
  BOOST_TEST(!std::filesystem::is_symlink(directory / "node-1.key"));
  BOOST_TEST(std::filesystem::file_size(target) == 9u);
}
