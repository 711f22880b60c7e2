#include "core/scan/step_order.hpp"

#include <limits>
#include <numeric>

namespace trawl::core::scan {
namespace {

constexpr std::size_t most_by_sets = 10;

using Estimates = std::vector<Estimate>;
using Order = std::vector<std::size_t>;

// Cheapest order of all steps, found from the cheapest orders of all smaller sets.
Order best_order(const Estimates& steps) {
  const std::size_t sets = std::size_t{1} << steps.size();
  std::vector<double> cost(sets, std::numeric_limits<double>::infinity());
  std::vector<double> share(sets, 1.0);
  std::vector<std::size_t> last(sets, 0);
  cost[0] = 0;
  for (std::size_t set = 0; set < sets; ++set) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if ((set >> i & 1) != 0) continue;
      const std::size_t with = set | std::size_t{1} << i;
      const double total = cost[set] + steps[i].cost_at(share[set]);
      share[with] = share[set] * steps[i].pass;
      if (total < cost[with]) {
        cost[with] = total;
        last[with] = i;
      }
    }
  }
  Order order;
  for (std::size_t set = sets - 1; set != 0; set &= ~(std::size_t{1} << order.back()))
    order.push_back(last[set]);
  return {order.rbegin(), order.rend()};
}

// One after the other: the step whose own cost, and what it leaves to the others, is least.
Order greedy_order(const Estimates& steps) {
  Order left(steps.size());
  std::iota(left.begin(), left.end(), std::size_t{0});
  Order order;
  double share = 1.0;
  while (!left.empty()) {
    std::size_t best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < left.size(); ++i) {
      double total = steps[left[i]].cost_at(share);
      for (const std::size_t other : left) {
        if (other != left[i]) total += steps[other].cost_at(share * steps[left[i]].pass);
      }
      if (total < least) {
        least = total;
        best = i;
      }
    }
    share *= steps[left[best]].pass;
    order.push_back(left[best]);
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(best));
  }
  return order;
}

}  // namespace

void order_conjunction(std::vector<StepPtr>& steps) {
  Estimates estimates;
  for (const StepPtr& step : steps) estimates.push_back(step->estimate());
  const Order order =
      steps.size() <= most_by_sets ? best_order(estimates) : greedy_order(estimates);
  std::vector<StepPtr> sorted;
  for (const std::size_t i : order) sorted.push_back(std::move(steps[i]));
  steps = std::move(sorted);
}

}  // namespace trawl::core::scan
