#include "fold/stats/discoveries.hpp"

#include <algorithm>

namespace trawl::fold {

double tested_value(double log_p, core::FdrMethod method) {
  return method == core::FdrMethod::e_values ? -core::log_e_value(log_p) : log_p;
}

Discoveries::Discoveries(std::span<const double> log_p, std::uint64_t tested,
                         const AnomalyRequest& request, const comm::Comm& comm)
    : method_(request.method) {
  std::vector<double> values;
  comm.agree("testing", [&] {
    for (const double value : log_p) values.push_back(tested_value(value, method_));
  });
  const core::RankSums sums{[&](std::uint64_t mine) { return comm.sum(mine); },
                            [&](std::span<std::uint64_t> mine) { comm.all_sum(mine); }};
  rejection_ = core::step_up_of_candidates(values, tested, request.fdr, method_, sums);
  std::erase_if(values, [&](double value) { return !(value <= rejection_.log_threshold); });
  // Nothing is rejected at a threshold of -infinity, not even p = 0.
  if (rejection_.rejected == 0) values.clear();
  adjust(std::move(values), comm);
}

void Discoveries::adjust(std::vector<double> rejected, const comm::Comm& comm) {
  rejected = comm.all_gather(std::span<const double>(rejected));
  std::ranges::sort(rejected);
  const std::vector<double> adjusted = core::log_adjusted(rejected, rejection_.tested, method_);
  for (std::size_t i = 0; i < rejected.size(); ++i) {
    // Equal values have equal adjustments.
    if (i == 0 || rejected[i] != rejected[i - 1]) adjusted_.emplace_back(rejected[i], adjusted[i]);
  }
}

bool Discoveries::contains(double log_p) const {
  return rejection_.rejected > 0 && tested_value(log_p, method_) <= rejection_.log_threshold;
}

double Discoveries::log_adjusted(double log_p) const {
  const auto found = std::ranges::lower_bound(adjusted_, tested_value(log_p, method_), {},
                                              [](const auto& entry) { return entry.first; });
  return found->second;
}

}  // namespace trawl::fold
