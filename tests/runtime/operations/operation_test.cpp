#include "messages/core/type_ids.hpp"
#include "tests/runtime/operations/sample_operations.hpp"

#include <boost/test/unit_test.hpp>

#include <future>

using namespace nexus;
using namespace std::chrono_literals;

namespace {

auto sample_agent(sample_actor::pointer) -> sample_actor::behavior_type {
  return {
      [](call const& context, read_item& request) -> caf::result<sample_item> {
        if (request.number == 99) return to_caf({errc::not_found, "no item 99", {}, {}, {}});
        return sample_item{request.repo_name + " for " + context.principal, request.number, request.labels,
                           request.severity};
      },
      [](call const&, link_item& request) -> caf::result<sample_link> { return std::move(request.to); },
      [](call const&, tag_item& request) -> caf::result<sample_link> { return sample_link{request.key, {}}; },
      [](call const&, read_document& request) -> caf::result<raw_document> {
        return raw_document{"text/plain", "the document " + request.name};
      },
  };
}

struct bench {
  struct config : caf::actor_system_config {
    config() { set("scheduler.max-threads", 1u); }
  } settings;
  caf::actor_system system{settings};
  supervision::name_registry names{system};
  supervision::child_record_ptr record = names.record("sample");
  operation_table table = sample_table(supervision::address<sample_actor>{record});

  bench() { record->started(caf::actor_cast<caf::actor>(system.spawn(sample_agent))); }
  ~bench() {
    caf::anon_send_exit(caf::actor_cast<caf::actor>(record->live()), caf::exit_reason::user_shutdown);
    record->closed("the test is over");
  }
  bench(bench const&) = delete;
  auto operator=(bench const&) -> bench& = delete;

  /// Content type and body, or the error.
  auto invoke(std::string_view name, nlohmann::json arguments) -> std::string {
    auto promise = std::promise<std::string>{};
    system.spawn([&](caf::event_based_actor* self) {
      auto context = call{};
      context.principal = "ann";
      table.find(name)->invoke(self, context, arguments, [&](expected<operation_result> outcome) {
        promise.set_value(outcome ? outcome->content_type + "|" + outcome->body
                                  : fmt::format("{}: {}", to_string(outcome.error().code), outcome.error().render()));
      });
    });
    auto future = promise.get_future();
    BOOST_TEST_REQUIRE((future.wait_for(10s) == std::future_status::ready));
    return future.get();
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(an_invocation_decodes_asks_and_encodes) {
  auto b = bench{};
  BOOST_TEST(b.invoke("read_item", {{"repo_name", "backend"}, {"number", 7}, {"severity", "high"}}) ==
             R"(|{"repo_name":"backend for ann","number":7,"labels":[],"severity":"high"})");
}

BOOST_AUTO_TEST_CASE(a_raw_document_keeps_its_content_type) {
  auto b = bench{};
  BOOST_TEST(b.invoke("read_document", {{"name", "x"}}) == "text/plain|the document x");
}

BOOST_AUTO_TEST_CASE(arguments_that_do_not_fit_never_reach_the_agent) {
  auto b = bench{};
  BOOST_TEST(b.invoke("read_item", {{"repo_name", "backend"}}) ==
             "invalid_argument: $.number: required member 'number' is missing");
  BOOST_TEST(b.invoke("read_item", {{"repo_name", "backend"}, {"number", 101}}) ==
             "invalid_argument: $.number: value must be between 1 and 100");
  BOOST_TEST(b.invoke("read_item", {{"repo_name", "backend"}, {"number", 7}, {"lables", "x"}}) ==
             "invalid_argument: $.lables: unknown member 'lables' (did you mean 'labels'?)");
}

BOOST_AUTO_TEST_CASE(a_task_ignores_what_it_does_not_know) {
  auto b = bench{};
  BOOST_TEST(
      b.invoke("link_item", {{"key", "a"}, {"to", {{"key", "b"}, {"further", nlohmann::json::array()}}}, {"x", 1}}) ==
      R"(|{"key":"b","further":[]})");
}

BOOST_AUTO_TEST_CASE(an_error_of_the_agent_comes_back_whole) {
  auto b = bench{};
  BOOST_TEST(b.invoke("read_item", {{"repo_name", "backend"}, {"number", 99}}) == "not_found: no item 99");
}

BOOST_AUTO_TEST_CASE(a_table_says_what_its_operations_are) {
  auto const table = sample_table({});
  BOOST_TEST(table.find("nothing") == nullptr);
  auto const& read = *table.find("read_item");
  BOOST_TEST(read.method == "GET");
  BOOST_TEST(!read.writes);
  BOOST_TEST((read.mode == decode_mode::closed));
  BOOST_TEST(read.is_tool);
  auto const& link = *table.find("link_item");
  BOOST_TEST((link.writes == reconciliation::none));
  BOOST_TEST((table.find("tag_item")->writes == reconciliation::probe));
  BOOST_TEST((link.style == reply_style::task_response));
  BOOST_TEST((link.mode == decode_mode::open));
}
