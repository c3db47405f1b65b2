#include "apps/retention.hpp"

#include "runtime/http/idempotency.hpp"
#include "runtime/telemetry/logging.hpp"

namespace nexus::apps {
namespace {

constexpr auto interval = std::chrono::hours{1};
/// Between two steps of one round, so that other work comes between.
constexpr auto pause = std::chrono::milliseconds{50};
/// Bytes of answers that are kept for requests that come again.
constexpr std::uint64_t most_kept_answers = 256 << 20;

class retention_state {
public:
  retention_state(caf::event_based_actor* self, std::shared_ptr<store::store> data, live<retention_settings> limits)
      : self_(self), data_(std::move(data)), limits_(std::move(limits)) {}

  auto make_behavior() -> caf::behavior {
    step(0);
    return {[](continuation& next) { next.run(); }};
  }

private:
  void step(std::size_t index) {
    static constexpr auto collections = std::array{"runs", "decisions", "bundles", http::idempotency_collection};
    if (index >= collections.size()) return later(interval, 0);
    auto const limits = limits_.get();
    auto rule = store::retention{.collection = collections[index],
                                 .older_than = std::chrono::floor<std::chrono::seconds>(limits.max_age.value()),
                                 .max_bytes = limits.max_bytes.bytes(),
                                 .keep = {{"open", "yes"}}};
    if (rule.collection == http::idempotency_collection) {
      rule.older_than = http::idempotency_lifetime;
      rule.max_bytes = most_kept_answers;
    }
    data_->prune(
        std::move(rule), in_context_of(self_, [this, index](expected<store::prune_report> report) {
          if (!report) {
            log_event(log_level::warn, "retention", report.error().render());
            return later(interval, 0);
          }
          if (report->documents > 0)
            log_event(log_level::info, "retention", "removed what was too old or too much",
                      {{"collection", collections[index]}, {"documents", report->documents}, {"bytes", report->bytes}});
          later(report->more ? pause : std::chrono::milliseconds{0}, report->more ? index : index + 1);
        }));
  }

  void later(std::chrono::milliseconds delay, std::size_t index) {
    self_->delayed_send(self_, delay, continuation{[this, index] { step(index); }});
  }

  caf::event_based_actor* self_;
  std::shared_ptr<store::store> data_;
  live<retention_settings> limits_;
};

} // namespace

auto retention_worker(std::string name, std::shared_ptr<store::store> data, live<retention_settings> limits)
    -> supervision::child_spec {
  return supervision::worker<caf::actor, retention_state>(std::move(name), std::move(data), std::move(limits));
}

} // namespace nexus::apps
