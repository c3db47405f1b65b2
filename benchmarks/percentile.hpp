#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

namespace nexus::benchmarks {

/// The smallest sample that at least `share` (0 to 1) of all samples do not exceed; 0 when there are none.
inline auto percentile(std::vector<double>& samples, double share) -> double {
  if (samples.empty()) return 0;
  auto const rank = std::ceil(share * static_cast<double>(samples.size()));
  auto const nth = samples.begin() + static_cast<std::ptrdiff_t>(std::max(rank, 1.0)) - 1;
  std::nth_element(samples.begin(), nth, samples.end());
  return *nth;
}

} // namespace nexus::benchmarks
