#include "tests/apps/command_line/program.hpp"

#include <sys/stat.h>

using namespace nexus::apps;

namespace {

auto mode_of(std::string const& file) -> unsigned {
  struct stat facts{};
  BOOST_REQUIRE(::stat(file.c_str(), &facts) == 0);
  return facts.st_mode & 0777;
}

} // namespace

BOOST_AUTO_TEST_CASE(certificates_are_made_shown_and_renewed) {
  auto const directory = temporary_directory{};
  auto const certs = directory.path() + "/certs";
  auto const made = run({"certs", "init", certs});
  BOOST_TEST(made.code == 0, made.err);
  BOOST_TEST(contains(made.out, "Next: nexus certs issue node-1 " + certs));
  BOOST_TEST(mode_of(certs) == 0700u);
  BOOST_TEST(mode_of(certs + "/ca.key") == 0600u);
  BOOST_TEST(mode_of(certs + "/ca.pem") == 0644u);

  auto const issued =
      run({"certs", "issue", "node-1", "--host", "10.0.0.7", "--host", "node-1.example.com", certs, "--json"});
  BOOST_TEST(issued.code == 0, issued.err);
  auto const facts = issued.json();
  BOOST_TEST(facts["name"] == "node-1");
  BOOST_TEST(facts["names"] == nlohmann::json({"node-1", "10.0.0.7", "node-1.example.com"}));
  BOOST_TEST(facts["in_force"] == true);
  BOOST_TEST(facts["certificate_file"] == certs + "/node-1.pem");
  BOOST_TEST(mode_of(certs + "/node-1.key") == 0600u);

  auto const shown = run({"certs", "show", certs + "/node-1.pem"});
  BOOST_TEST(shown.code == 0);
  BOOST_TEST(contains(shown.out, "name         node-1\n"));
  BOOST_TEST(contains(shown.out, "issued by    Nexus development authority"));
  BOOST_TEST(contains(shown.out, facts["fingerprint"].get<std::string>()));
  BOOST_TEST(contains(run({"certs", "show", certs + "/ca.pem"}).out, "(an authority)"));

  auto const former_key = read_all(certs + "/node-1.key");
  auto const renewed = run({"certs", "rotate", "node-1", certs, "--json"});
  BOOST_TEST(renewed.code == 0, renewed.err);
  BOOST_TEST(renewed.json()["names"] == facts["names"]);
  BOOST_TEST(renewed.json()["fingerprint"] != facts["fingerprint"]);
  BOOST_TEST(read_all(certs + "/node-1.key") != former_key);
  BOOST_TEST(mode_of(certs + "/node-1.key") == 0600u);
}

BOOST_AUTO_TEST_CASE(nothing_is_overwritten_unless_forced) {
  auto const directory = temporary_directory{};
  auto const certs = directory.path();
  BOOST_TEST(run({"certs", "init", certs}).code == 0);
  BOOST_TEST(run({"certs", "issue", "node-1", certs}).code == 0);
  auto const authority = read_all(certs + "/ca.key");
  auto const key = read_all(certs + "/node-1.key");
  auto const again = run({"certs", "init", certs});
  BOOST_TEST(again.code == 1);
  BOOST_TEST(contains(again.err, "--force"));
  auto const twice = run({"certs", "issue", "node-1", certs});
  BOOST_TEST(twice.code == 1);
  BOOST_TEST(contains(twice.err, "nexus certs rotate node-1"));
  BOOST_TEST(read_all(certs + "/ca.key") == authority);
  BOOST_TEST(read_all(certs + "/node-1.key") == key);
  BOOST_TEST(run({"certs", "issue", "node-1", certs, "--force"}).code == 0);
  BOOST_TEST(read_all(certs + "/node-1.key") != key);
  BOOST_TEST(run({"certs", "init", certs, "--force"}).code == 0);
  BOOST_TEST(read_all(certs + "/ca.key") != authority);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_issued_says_why) {
  auto const directory = temporary_directory{};
  auto const certs = directory.path();
  auto const early = run({"certs", "issue", "node-1", certs});
  BOOST_TEST(early.code == 2);
  BOOST_TEST(contains(early.err, "nexus certs init"));
  BOOST_TEST(run({"certs", "init", certs}).code == 0);
  for (auto const* name : {"../node", "", "ca", "a b", "-x", ".x"}) {
    auto const refused = run({"certs", "issue", "--", name, certs});
    BOOST_TEST(refused.code == 2, name);
  }
  BOOST_TEST(run({"certs", "issue", "node-1", "--host", "a b", certs}).code == 2);
  BOOST_TEST(run({"certs", "issue", "node-1", "--host", "10.0.0.1,DNS:other", certs}).code == 2);
  BOOST_TEST(run({"certs", "issue", "node-1", "--days", "0", certs}).code == 2);
  BOOST_TEST(run({"certs", "rotate", "node-1", certs}).code == 2);
  BOOST_TEST(run({"certs", "show", certs + "/nothing.pem"}).code == 2);
  auto const text = directory.write("text.pem", "no certificate");
  auto const shown = run({"certs", "show", text});
  BOOST_TEST(shown.code != 0);
  BOOST_TEST(contains(shown.err, "holds no certificate in PEM"));
  BOOST_TEST(std::distance(std::filesystem::directory_iterator{certs}, {}) == 3);
}
