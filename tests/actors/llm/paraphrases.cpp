#include "tests/actors/llm/paraphrases.hpp"

#include "tests/actors/llm/fake_world.hpp"

#include <boost/test/unit_test.hpp>

namespace nexus::llm::tests {

BOOST_AUTO_TEST_SUITE(offline_planner_paraphrases)

BOOST_AUTO_TEST_CASE(every_paraphrase_is_understood) {
  for (auto const& p : paraphrases) {
    auto const wrong = complaint(p, fake_world{first_world()});
    BOOST_CHECK_MESSAGE(wrong.empty(), wrong);
  }
}

BOOST_AUTO_TEST_CASE(every_paraphrase_is_understood_when_all_names_are_others) {
  for (auto const& p : paraphrases) {
    auto const wrong = complaint(p, fake_world{second_world()});
    BOOST_CHECK_MESSAGE(wrong.empty(), wrong);
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::llm::tests
