#include "messages/type_ids.hpp"
#include "tests/messages/edge_values.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/io/all.hpp>

#include <set>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace nexus;

namespace {

/// Calls `visit` with a tag of every type of a block.
template <caf::type_id_t First, class Visit, std::size_t... Is>
void for_each_id(Visit visit, std::index_sequence<Is...>) {
  (visit(tag<typename caf::type_by_id<First + Is>::type>{}), ...);
}
template <class Block, class Visit>
void for_each_type_of(Visit visit) {
  for_each_id<Block::begin>(visit, std::make_index_sequence<Block::end - Block::begin>{});
}
template <class Visit>
void for_each_announced_type(Visit visit) {
  for_each_type_of<caf::id_block::nexus_core>(visit);
  for_each_type_of<caf::id_block::nexus>(visit);
}

template <class T>
auto bytes_of(T const& object) -> std::string {
  std::string bytes;
  encode_wire(descriptor_of<T>(), &object, bytes);
  return bytes;
}

/// The types of an interface's requests and replies.
template <class T>
void collect(std::set<std::string_view>& names) {
  if constexpr (described_struct<T>) names.insert(descriptor_of<T>().name);
}
template <class... In, class... Out>
void collect_signature(tag<caf::typed_mpi<caf::detail::type_list<In...>, caf::output_tuple<Out...>>>,
                       std::set<std::string_view>& names) {
  (collect<In>(names), ...);
  (collect<Out>(names), ...);
}
template <class... Signatures>
void collect_interface(tag<caf::typed_actor<Signatures...>>, std::set<std::string_view>& names) {
  (collect_signature(tag<Signatures>{}, names), ...);
}

struct test_config : caf::actor_system_config {
  test_config() {
    announce_messages(*this);
    load<caf::io::middleman>();
    set("scheduler.max-threads", 1u);
  }
};

/// The program that sends every message back; ends when this object does.
class echo_process {
public:
  echo_process() {
    int to_child[2], from_child[2];
    BOOST_TEST_REQUIRE(::pipe(to_child) == 0);
    BOOST_TEST_REQUIRE(::pipe(from_child) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to_child[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, from_child[1], STDOUT_FILENO);
    for (auto end : {to_child[0], to_child[1], from_child[0], from_child[1]})
      posix_spawn_file_actions_addclose(&actions, end);
    char program[] = MESSAGE_ECHO;
    char* arguments[] = {program, nullptr};
    auto const started = ::posix_spawn(&process_, program, &actions, nullptr, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(to_child[0]);
    ::close(from_child[1]);
    input_ = to_child[1];
    BOOST_TEST_REQUIRE(started == 0);
    auto line = std::string{};
    for (char c = 0; ::read(from_child[0], &c, 1) == 1 && c != '\n';) line += c;
    ::close(from_child[0]);
    BOOST_TEST_REQUIRE(!line.empty());
    port = static_cast<std::uint16_t>(std::stoi(line));
  }
  ~echo_process() {
    ::close(input_);
    ::waitpid(process_, nullptr, 0);
  }
  echo_process(echo_process const&) = delete;
  auto operator=(echo_process const&) -> echo_process& = delete;

  std::uint16_t port = 0;

private:
  ::pid_t process_ = 0;
  int input_ = -1;
};

} // namespace

BOOST_AUTO_TEST_CASE(every_announced_type_travels_between_two_processes_at_its_edge_values) {
  auto other = echo_process{};
  auto config = test_config{};
  auto system = caf::actor_system{config};
  auto const echo = system.middleman().remote_actor("127.0.0.1", other.port);
  BOOST_TEST_REQUIRE(static_cast<bool>(echo));
  {
    auto self = caf::scoped_actor{system};
    for_each_announced_type([&]<class T>(tag<T>) {
      for (std::size_t variant = 0; variant < edge_variants; ++variant) {
        auto object = T{};
        fill_with_edges(descriptor_of<T>(), &object, variant);
        auto const sent = bytes_of(object);
        BOOST_TEST_INFO(descriptor_of<T>().name << ", variant " << variant);
        self->request(*echo, std::chrono::seconds{10}, object)
            .receive([&](T const& back) { BOOST_TEST((bytes_of(back) == sent)); },
                     [&](caf::error const& problem) { BOOST_TEST(false, system.render(problem)); });
      }
    });
  }
}

BOOST_AUTO_TEST_CASE(every_type_of_every_interface_is_announced_once) {
  auto announced = std::set<std::string_view>{};
  for_each_announced_type([&]<class T>(tag<T>) {
    BOOST_TEST(announced.insert(descriptor_of<T>().name).second, descriptor_of<T>().name);
    // Names travel in place of types and must not hold the character that separates them.
    BOOST_TEST(std::string_view{caf::type_name<T>::value}.find('+') == std::string_view::npos);
  });
  auto needed = std::set<std::string_view>{};
  collect_interface(tag<jira_agent_actor>{}, needed);
  collect_interface(tag<git_ci_agent_actor>{}, needed);
  collect_interface(tag<llm_agent_actor>{}, needed);
  collect_interface(tag<readiness_agent_actor>{}, needed);
  collect_interface(tag<orchestrator_actor>{}, needed);
  for (auto name : needed) BOOST_TEST(announced.contains(name), name << " is not announced in messages/type_ids.hpp");
  BOOST_TEST(needed.size() > 40u);
}

BOOST_AUTO_TEST_CASE(what_a_message_holds_does_not_show_in_its_text) {
  auto const text = caf::deep_to_string(get_ticket{"SECRET-1"});
  BOOST_TEST(text.find("SECRET") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(every_announced_type_has_json_schema_and_layout) {
  for_each_announced_type([&]<class T>(tag<T>) {
    auto const& type = descriptor_of<T>();
    BOOST_TEST_INFO(type.name);
    for (std::size_t variant = 0; variant < edge_variants; ++variant) {
      auto object = T{};
      fill_with_edges(type, &object, variant);
      BOOST_TEST(parse_json(encode_json(object), {.bytes = 64 * 1024 * 1024}).has_value());
    }
    BOOST_TEST(!layout_of(type).empty());
    BOOST_TEST(schema_document(type, "x.json", "X").contains("$defs"));
  });
}
