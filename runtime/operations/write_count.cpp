#include "runtime/operations/write_count.hpp"

namespace nexus {

auto counting_writes(operation_table table, std::shared_ptr<write_count> count) -> operation_table {
  for (auto& operation : table.operations) {
    if (!operation.writes) continue;
    operation.invoke = [invoke = std::move(operation.invoke),
                        count](caf::event_based_actor* caller, call const& context, nlohmann::json const& arguments,
                               operation_callback done) {
      invoke(caller, context, arguments, [count, done = std::move(done)](expected<operation_result> outcome) {
        count->fetch_add(1);
        done(std::move(outcome));
      });
    };
  }
  return table;
}

} // namespace nexus
