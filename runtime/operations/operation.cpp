#include "runtime/operations/operation.hpp"

#include <algorithm>

namespace nexus {

auto to_string(reconciliation kind) -> std::string_view {
  switch (kind) {
  case reconciliation::idempotent:
    return "idempotent";
  case reconciliation::probe:
    return "probe";
  case reconciliation::none:
    return "none";
  }
  return "unknown";
}

auto operation_table::find(std::string_view name) const -> operation_info const* {
  auto const found =
      std::find_if(operations.begin(), operations.end(), [&](auto const& entry) { return entry.name == name; });
  return found == operations.end() ? nullptr : &*found;
}

auto resolve_action(operation_table const& table, std::string_view action, nlohmann::json& payload)
    -> expected<operation_info const*> {
  if (auto const* found = table.find(action)) return found;
  auto names = std::vector<std::string_view>{};
  for (auto const& entry : table.operations) {
    for (auto const& alias : entry.actions) {
      if (alias.name == action) {
        for (auto const& [theirs, ours] : alias.renamed)
          if (payload.is_object() && payload.contains(theirs) && !payload.contains(ours)) {
            payload[ours] = std::move(payload[theirs]);
            payload.erase(theirs);
          }
        return &entry;
      }
      names.push_back(alias.name);
    }
    names.push_back(entry.name);
  }
  auto problem = fail_at("$.action", errc::refused, "Unknown action: {}", action.substr(0, 100));
  problem.value().remedy = fmt::format("known actions: {}", fmt::join(names, ", "));
  return problem;
}

} // namespace nexus
