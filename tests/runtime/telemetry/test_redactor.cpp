#include "runtime/telemetry/redactor.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

using namespace nexus;

namespace {

auto text_of(std::string_view alphabet, std::size_t length) {
  return rc::gen::container<std::string>(length, rc::gen::elementOf(std::string{alphabet}));
}

constexpr auto alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

} // namespace

BOOST_AUTO_TEST_CASE(credentials_are_taken_out_and_the_rest_stays) {
  auto const hidden = redactor{{"hunter22", "p@ss word", "abc"}};
  struct example {
    std::string_view text, wanted;
  };
  for (auto const& [text, wanted] : {
           example{"login with hunter22 failed", "login with [redacted] failed"},
           example{"hunter22hunter22", "[redacted][redacted]"},
           example{"?key=p%40ss%20word&x=1", "?key=[redacted]&x=1"},
           example{"abc stays: too short to be a secret", "abc stays: too short to be a secret"},
           example{"ghp_0123456789abcdefABCDEF in a text", "[redacted] in a text"},
           example{"github_pat_11ABCDEFG0123456789_abcdef", "[redacted]"},
           example{"xoxb-123456789012-abcdef, AKIAIOSFODNN7EXAMPLE", "[redacted], [redacted]"},
           example{"curl -H 'Authorization: Bearer s3cret'", "curl -H 'Authorization: [redacted]'"},
           example{"bearer 5f2aX9kkQ0 expired", "bearer [redacted] expired"},
           example{"Basic dXNlcjpwYXNz", "Basic [redacted]"},
           example{"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl.", "[redacted]."},
           example{"password=letmein&user=x", "password=[redacted]&user=x"},
           example{"DB_PASSWORD: letmein", "DB_PASSWORD: [redacted]"},
           example{"{\"api_token\": \"a b\\\"c\", \"n\": 1}", "{\"api_token\": \"[redacted]\", \"n\": 1}"},
           example{R"({\"password\": \"a b\", \"n\": 1})", R"({\"password\": \"[redacted]\", \"n\": 1})"},
           example{"client_secret='x y' rest", "client_secret='[redacted]' rest"},
           example{"redis://:pw@host:6379 and https://me:p,w@host/x",
                   "redis://:[redacted]@host:6379 and https://me:[redacted]@host/x"},
           example{"a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nb", "a\n[redacted]\nb"},
           example{"-----BEGIN PRIVATE KEY-----\ncut off", "[redacted]"},
       }) {
    BOOST_TEST(hidden.redact(text) == wanted);
    BOOST_TEST(hidden.is_clean(text) == (text == wanted), text);
    BOOST_TEST(hidden.redact(wanted) == wanted);
  }
}

BOOST_AUTO_TEST_CASE(ordinary_text_stays) {
  auto const hidden = redactor{};
  for (auto const* text :
       {"", "the bearer token is missing", "basic authentication is off", "jira.api_token: live mode needs it",
        "expected secret, got integer", "ssh://git@github.com/nexus/backend", "tokens=12 steps=3",
        "risk-assessment-of-something-very-long", "commit 5f2a9c0d1e is green", "-----BEGIN CERTIFICATE-----",
        "max_tokens: 100000", "eyJ is how it starts", "token=", "PROJ-123: fix the password dialog"})
    BOOST_TEST(hidden.redact(text) == text);
}

BOOST_AUTO_TEST_CASE(what_is_hidden_later_is_hidden_by_every_copy) {
  auto first = redactor{{"planted-first"}};
  auto const copy = first;
  BOOST_TEST(copy.redact("planted-first, planted/second") == "[redacted], planted/second");
  first.hide({"planted/second", "planted-first", "abc"});
  BOOST_TEST(copy.redact("planted-first, planted/second, planted%2Fsecond, abc") ==
             "[redacted], [redacted], [redacted], abc");
}

BOOST_AUTO_TEST_CASE(hostile_text_takes_no_quadratic_time) {
  auto const hidden = redactor{{"planted-secret"}};
  for (auto const* piece : {"eyJ", "eyJaaaaaa.", "password=", "password=\"", "bearer ", "://", "https://a:", "ghp_",
                            "-----BEGIN ", "authorization:", "=", "= ", "planted-secre", "\"\\\""}) {
    auto text = std::string{};
    while (text.size() < 64 * 1024) text += piece;
    (void)hidden.redact(text);
  }
}

RC_BOOST_PROP(a_registered_secret_never_survives, (std::string const& before, std::string const& after)) {
  auto const secret = *text_of("abcXYZ09+/=%&\"' :@", *rc::gen::inRange<std::size_t>(redactor::shortest_secret, 40));
  auto const hidden = redactor{{"other-secret", secret}};
  auto const shown = hidden.redact(before + secret + after + secret);
  RC_ASSERT(shown.find(secret) == std::string::npos);
}

RC_BOOST_PROP(a_token_of_a_known_shape_never_survives, (std::string const& before, std::string const& after)) {
  auto const core = *text_of(alphanumeric, 24) + "0aB";
  auto const upper = *text_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16);
  auto const planted = *rc::gen::element("ghp_" + core, "github_pat_" + core, "xoxb-" + core, "AKIA" + upper,
                                         " Bearer " + core, " Basic " + core + "==", " password=" + core,
                                         "\"secret\": \"" + core + "\"", "eyJ" + core + "." + core + "." + core,
                                         "-----BEGIN EC PRIVATE KEY-----\n" + core + "\n-----END EC PRIVATE KEY-----",
                                         " https://user:" + core + "@host/");
  auto const shown = redactor{}.redact(before + planted + after);
  RC_ASSERT(shown.find(planted) == std::string::npos);
  RC_ASSERT(shown.find(core) == std::string::npos);
}
