#include "messages/core/type_ids.hpp"
#include "runtime/cluster/membership/layouts.hpp"

#include <boost/test/unit_test.hpp>

using namespace nexus;

BOOST_AUTO_TEST_SUITE(layouts)

BOOST_AUTO_TEST_CASE(a_layout_tells_names_kinds_and_order_of_members_all_the_way_down) {
  auto text = cluster::layout_text{};
  text.add(descriptor_of<node_welcome>());
  BOOST_TEST(text.text() ==
             "struct node_welcome node:node_description actors:list of string known:list of known_node\n"
             "struct node_description name:string incarnation:integer[0..18446744073709551615] address:string "
             "roles:list of string capacity:integer[0..4294967295] version:string "
             "protocol:integer[0..4294967295] layouts:string store:string urls:map of string "
             "started_at:timestamp\n"
             "struct known_node name:string address:string\n");
  text.add(descriptor_of<node_welcome>()); // once
  text.add(descriptor_of<node_state>());
  BOOST_TEST(text.text().ends_with("enum node_state unreached=0 live=1 suspect=2 lost=3 dead=4 left=5 refused=6\n"));
}

BOOST_AUTO_TEST_CASE(the_digest_of_a_block_is_of_all_its_types) {
  auto const digest = cluster::layouts_of<caf::id_block::nexus_core>();
  BOOST_TEST(digest.size() == 64U);
  BOOST_TEST(digest == cluster::layouts_of<caf::id_block::nexus_core>());
  auto text = cluster::layout_text{};
  text.add(descriptor_of<call>());
  BOOST_TEST(text.digest() != digest);
}

BOOST_AUTO_TEST_SUITE_END()
