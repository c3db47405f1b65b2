#include "tests/runtime/cluster/link/certificate_files.hpp"

#include <openssl/pem.h>

using namespace nexus;
using namespace nexus::cluster;
using namespace nexus::cluster::testing;

namespace {

/// That loading fails, names the file, and says these things.
void require_refusal(identity_files const& files, std::string const& file, std::vector<std::string> const& words) {
  auto const loaded = identity::load(files, testing::now);
  BOOST_TEST_REQUIRE(!loaded);
  auto const text = loaded.error().render();
  BOOST_TEST(loaded.error().where == file, text);
  BOOST_TEST(!loaded.error().remedy.empty(), text);
  for (auto const& word : words) BOOST_TEST(text.find(word) != std::string::npos, text << " lacks " << word);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_sound_identity_says_who_it_is) {
  auto const files = certificate_files{};
  auto const loaded = identity::load(files.issue("left"), testing::now);
  BOOST_TEST_REQUIRE(loaded.has_value());
  BOOST_TEST((*loaded)->name() == "left");
  BOOST_TEST(((*loaded)->expires() > now() + 23h));
  BOOST_TEST((*loaded)->fingerprint().size() == 64u);
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_named_with_its_setting) {
  auto const files = certificate_files{};
  auto const good = files.issue("left");
  auto const nowhere = (files.directory / "nowhere.pem").string();
  require_refusal({nowhere, good.certificate, good.key}, nowhere, {"No such file", "NEXUS_CLUSTER_CA"});
  require_refusal({good.authority, nowhere, good.key}, nowhere, {"No such file", "NEXUS_CLUSTER_CERT"});
  require_refusal({good.authority, good.certificate, nowhere}, nowhere, {"No such file", "NEXUS_CLUSTER_KEY"});
  auto const empty = files.write("empty.pem", "");
  require_refusal({good.authority, good.certificate, empty}, empty, {"is empty"});
  auto const directory = files.directory.string();
  require_refusal({directory, good.certificate, good.key}, directory, {"cannot be read", "Is a directory"});
}

BOOST_AUTO_TEST_CASE(a_file_that_holds_something_else_is_named) {
  auto const files = certificate_files{};
  auto const good = files.issue("left");
  require_refusal({good.key, good.certificate, good.key}, good.key, {"no certificate in PEM"});
  require_refusal({good.authority, good.key, good.key}, good.key, {"no certificate in PEM"});
  require_refusal({good.authority, good.certificate, good.certificate}, good.certificate, {"no private key"});
}

BOOST_AUTO_TEST_CASE(a_key_of_another_certificate_is_refused) {
  auto const files = certificate_files{};
  auto const left = files.issue("left");
  auto const right = files.issue("right");
  require_refusal({left.authority, left.certificate, right.key}, right.key, {"not the key", left.certificate});
}

BOOST_AUTO_TEST_CASE(a_key_with_a_password_is_refused_without_asking_for_it) {
  auto const files = certificate_files{};
  auto const good = files.issue("left");
  auto source = std::ifstream{good.key};
  auto const plain = std::string{std::istreambuf_iterator<char>{source}, {}};
  auto const key = read_key(plain);
  auto const target = bio_ptr{BIO_new(BIO_s_mem())};
  PEM_write_bio_PKCS8PrivateKey(target.get(), key.get(), EVP_aes_256_cbc(), "secret", 6, nullptr, nullptr);
  char* text = nullptr;
  auto const size = BIO_get_mem_data(target.get(), &text);
  auto const locked = files.write("locked.key", {text, static_cast<std::size_t>(size)});
  require_refusal({good.authority, good.certificate, locked}, locked, {"without a password"});
}

BOOST_AUTO_TEST_CASE(a_certificate_out_of_its_time_is_refused_with_the_time) {
  auto const files = certificate_files{};
  auto const old = files.issue("old", {}, now() - 48h, now() - 24h);
  require_refusal(old, old.certificate, {"expired at 20", "nexus certs rotate old"});
  auto const early = files.issue("early", {}, now() + 24h, now() + 48h);
  require_refusal(early, early.certificate, {"in force only from", "clock"});
}

BOOST_AUTO_TEST_CASE(an_authority_out_of_its_time_is_refused) {
  auto files = certificate_files{};
  auto const made = make_authority("Old authority", now() - 48h, now() - 24h);
  files.authority = *made;
  files.write("ca.pem", made->certificate);
  auto const issued = files.issue("left");
  require_refusal(issued, issued.authority, {"authority", "not in force"});
}

BOOST_AUTO_TEST_CASE(a_certificate_of_another_authority_is_refused_with_both_names) {
  auto const files = certificate_files{};
  auto const others = certificate_files{};
  auto const foreign = others.issue("left");
  auto const own = files.issue("right");
  require_refusal({own.authority, foreign.certificate, foreign.key}, foreign.certificate,
                  {"not signed by an authority in", own.authority, "Test authority"});
  auto const lone = files.write("lone.pem", others.authority.certificate);
  auto const lone_key = files.write("lone.key", others.authority.key);
  BOOST_TEST(!identity::load({own.authority, lone, lone_key}, testing::now));
}
