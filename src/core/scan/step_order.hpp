// The order in which the steps of a conjunction cost least.
#pragma once

#include <vector>

#include "core/scan/step.hpp"

namespace trawl::core::scan {

// Sorts so that the expected cost of running one step after the other, each over the rows that the
// ones before left, is least: by dynamic programming over sets of steps up to 10 steps, O(2^n n),
// each step added where it costs least from then on above that. Steps of equal cost stay as they
// are.
void order_conjunction(std::vector<StepPtr>& steps);

}  // namespace trawl::core::scan
