// From a predicate to steps.
#pragma once

#include "core/scan/category_truths.hpp"
#include "core/scan/connective_steps.hpp"

namespace trawl::core::scan {

// What the surroundings of a condition want from its step.
struct Mode {
  bool negated = false;      // under a NOT: IN FILE is answered exactly
  bool ask_unknown = false;  // unknown must be told from no
};

StepPtr compile(const Condition& condition, const Context& context, Mode mode);

}  // namespace trawl::core::scan
