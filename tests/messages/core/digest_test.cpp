#include "messages/core/digest.hpp"

#include <boost/test/unit_test.hpp>

namespace nexus {

BOOST_AUTO_TEST_SUITE(digests)

BOOST_AUTO_TEST_CASE(a_hash_is_the_standards) {
  BOOST_TEST(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  BOOST_TEST(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

BOOST_AUTO_TEST_CASE(a_keyed_hash_is_the_standards) { // RFC 4231, case 2
  BOOST_TEST(hmac_sha256_hex("Jefe", "what do ya want for nothing?") ==
             "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus
