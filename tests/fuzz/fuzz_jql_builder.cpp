#include "actors/jira/jql.hpp"
#include "simulator/jql.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

/// Whatever text goes into a query: the query stays the one that was meant, with this very text in it. Lines are
/// values.
extern "C" auto LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) -> int {
  using namespace nexus;
  auto rest = std::string_view{reinterpret_cast<char const*>(data), size};
  auto values = std::vector<std::string>{};
  while (values.size() < 50) {
    auto const end = rest.find('\n');
    values.emplace_back(rest.substr(0, end));
    if (end == std::string_view::npos) break;
    rest = rest.substr(end + 1);
  }
  auto const text = jira::jql_any_of("parent", values) + " ORDER BY key ASC";
  if (text.size() > simulator::jql::max_length) return 0;
  auto const parsed = simulator::jql::parse(text);
  if (!parsed || !parsed->where || parsed->where->what != simulator::jql::node::kind::term) std::abort();
  auto const& term = parsed->where->term;
  if (term.field != "parent" || term.op != simulator::jql::comparison::in || parsed->order_by.size() != 1) std::abort();
  if (term.operands.size() != values.size()) std::abort();
  for (std::size_t i = 0; i < values.size(); ++i)
    if (term.operands[i].is_function || term.operands[i].is_empty || term.operands[i].text != values[i]) std::abort();
  return 0;
}
