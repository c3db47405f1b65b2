#include "runtime/telemetry/tracer.hpp"

namespace nexus {

auto sampling::parse(std::string_view name, double part) -> expected<sampling> {
  constexpr auto prefix = std::string_view{"parentbased_"};
  auto rule = sampling{.parent_based = name.starts_with(prefix)};
  auto const how = rule.parent_based ? name.substr(prefix.size()) : name;
  if (how == "always_on") return rule;
  if (how == "always_off") {
    rule.ratio = 0;
    return rule;
  }
  if (how != "traceidratio")
    return tl::unexpected{error{errc::invalid_argument,
                                fmt::format("there is no sampler '{}'", name.substr(0, 64)),
                                {},
                                "use always_on, always_off or traceidratio, or parentbased_ with one of them",
                                {}}};
  if (!(part >= 0 && part <= 1))
    return tl::unexpected{error{
        errc::invalid_argument, fmt::format("{} is no ratio", part), {}, "use a number from 0 to 1, such as 0.1", {}}};
  rule.ratio = part;
  return rule;
}

/// By the id's last 56 bits, which are random in every trace that follows W3C Trace Context, level 2; the same rule as
/// OpenTelemetry's consistent probability sampling.
auto sampling::records(trace_context const& own, expected<trace_context> const& caller) const -> bool {
  if (parent_based && caller) return (caller->flags & 1) != 0;
  if (ratio >= 1) return true;
  auto chance = std::uint64_t{0};
  for (std::size_t i = 9; i < 16; ++i) chance = chance << 8 | own.trace_id[i];
  return static_cast<double>(chance) < ratio * 0x1.0p56;
}

} // namespace nexus
