#include "runtime/telemetry/http_metrics.hpp"

#include <boost/test/unit_test.hpp>

#include <regex>
#include <set>
#include <sstream>
#include <thread>

using namespace nexus;

namespace {

auto has(std::string const& text, std::string_view line) -> bool { return text.find(line) != std::string::npos; }

} // namespace

BOOST_AUTO_TEST_CASE(http_requests_are_measured_under_the_reference_s_names) {
  auto registry = metrics_registry{};
  auto http = http_metrics{registry};
  http.record("GET", "/issue/{ticket_key}", 200, "jira", 0.03, 0, 500);
  http.record("GET", "/issue/{ticket_key}", 404, "jira", 0.2, 0, 100);
  http.record("BREW", "/coffee", 405, "jira", 0.001, 10, 100);
  http.active("jira").Increment();
  auto const text = render_metrics(registry);
  for (auto const* line : {
           "# TYPE http_requests_total counter\n",
           "http_requests_total{agent_type=\"jira\",endpoint=\"/issue/{ticket_key}\",method=\"GET\",status=\"200\"} "
           "1\n",
           "http_requests_total{agent_type=\"jira\",endpoint=\"/coffee\",method=\"other\",status=\"405\"} 1\n",
           "http_request_duration_seconds_bucket{agent_type=\"jira\",endpoint=\"/issue/"
           "{ticket_key}\",method=\"GET\",le=\"0.05\"} 1\n",
           "http_request_duration_seconds_count{agent_type=\"jira\",endpoint=\"/issue/{ticket_key}\",method=\"GET\"} "
           "2\n",
           "http_request_size_bytes_bucket{endpoint=\"/coffee\",method=\"other\",le=\"64\"} 1\n",
           "http_response_size_bytes_sum{endpoint=\"/issue/{ticket_key}\",method=\"GET\"} 600\n",
           "http_errors_total{agent_type=\"jira\",endpoint=\"/issue/"
           "{ticket_key}\",error_type=\"http_404\",method=\"GET\"} 1\n",
           "http_active_requests{agent_type=\"jira\"} 1\n",
       })
    BOOST_TEST(has(text, line), line);
}

BOOST_AUTO_TEST_CASE(the_text_has_the_shape_that_prometheus_reads) {
  auto registry = metrics_registry{};
  auto http = http_metrics{registry};
  http.record("GET", "a\"b\\c\nd\xff", 200, "x", 0.1, 1, 1);
  auto lines = std::istringstream{render_metrics(registry)};
  auto const comment = std::regex{R"(# (HELP [a-z_]+ .+|TYPE [a-z_]+ (counter|gauge|histogram)))"};
  auto const sample = std::regex{
      R"re([a-z_]+(\{[a-z_]+="([^"\\]|\\[\\"n])*"(,[a-z_]+="([^"\\]|\\[\\"n])*")*\})? (-?[0-9.]+(e[+-]?[0-9]+)?|\+Inf|NaN))re"};
  auto count = 0;
  for (auto line = std::string{}; std::getline(lines, line); ++count)
    BOOST_TEST((std::regex_match(line, comment) || std::regex_match(line, sample)), line);
  BOOST_TEST(count > 50);
}

BOOST_AUTO_TEST_CASE(the_process_shows_its_resources) {
  auto names = std::set<std::string>{};
  for (auto const& family : collect_process_metrics()) {
    names.insert(family.name);
    auto const& metric = family.metric.at(0);
    auto const value = family.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value;
    BOOST_TEST(value >= 0, family.name);
    if (family.name == "process_resident_memory_bytes") BOOST_TEST(value > 100'000);
    if (family.name == "process_start_time_seconds") BOOST_TEST(value > 1.5e9);
  }
  for (auto const* name : {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_virtual_memory_bytes",
                           "process_threads", "process_open_fds", "process_max_fds", "process_start_time_seconds"})
    BOOST_TEST(names.contains(name), name);
}

BOOST_AUTO_TEST_CASE(label_values_are_bounded) {
  auto registry = metrics_registry{};
  auto& family = registry.counter("things_total", "Things.", {"kind", "colour"}, 3);
  for (int i = 0; i < 10; ++i) family.with({std::to_string(i), "red"}).Increment();
  family.with({"0", "red"}).Increment();
  auto const text = render_metrics(registry);
  BOOST_TEST(has(text, "things_total{colour=\"red\",kind=\"0\"} 2\n"));
  BOOST_TEST(has(text, "things_total{colour=\"other\",kind=\"other\"} 7\n"));
  BOOST_TEST(!has(text, "kind=\"3\""));
  BOOST_TEST(has(text, "nexus_metrics_label_overflow_total{family=\"things_total\"} 7\n"));
}

BOOST_AUTO_TEST_CASE(label_values_are_cut_and_their_number_may_be_wrong) {
  auto registry = metrics_registry{};
  auto& family = registry.gauge("level", "A level.", {"name", "place"});
  family.with({std::string(1000, 'x')}).Set(1);
  family.with({"a", "b", "surplus"}).Set(2);
  auto const text = render_metrics(registry);
  BOOST_TEST(has(text, "level{name=\"" + std::string(128, 'x') + "\",place=\"\"} 1\n"));
  BOOST_TEST(has(text, "level{name=\"a\",place=\"b\"} 2\n"));
}

BOOST_AUTO_TEST_CASE(a_counter_that_is_kept_elsewhere_is_read_when_it_is_asked_for) {
  auto registry = metrics_registry{};
  auto lost = 0.0;
  registry.counted_elsewhere("lost_total", "Lost.", [&] { return lost; });
  BOOST_TEST(has(render_metrics(registry), "# TYPE lost_total counter\nlost_total 0\n"));
  lost = 3;
  BOOST_TEST(has(render_metrics(registry), "\nlost_total 3\n"));
}

BOOST_AUTO_TEST_CASE(threads_count_together) {
  auto registry = metrics_registry{};
  auto http = http_metrics{registry};
  auto& family = registry.counter("hits_total", "Hits.", {"thread"}, 2);
  auto threads = std::vector<std::thread>{};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) {
        http.record("GET", i % 2 ? "/a" : "/b", i % 3 ? 200 : 500, "x", 0.01, 1, 1);
        family.with({std::to_string(t)}).Increment();
        if (i % 100 == 0) (void)render_metrics(registry);
      }
    });
  for (auto& thread : threads) thread.join();
  auto total = 0.0, hits = 0.0;
  for (auto const& collected : registry.collect())
    for (auto const& metric : collected.metric) {
      if (collected.name == "http_requests_total") total += metric.counter.value;
      if (collected.name == "hits_total") hits += metric.counter.value;
    }
  BOOST_TEST(total == 2000);
  BOOST_TEST(hits == 2000);
}
