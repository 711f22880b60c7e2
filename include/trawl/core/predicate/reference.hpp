// The slow, obvious evaluator: one row, one node at a time. Verification and tests trust this one;
// it shares no code with the fast path, only the Predicate structure (and RE2 for REGEXP).
#pragma once

#include <functional>
#include <span>

#include <trawl/core/filter/key_set.hpp>
#include <trawl/core/predicate/predicate.hpp>

namespace trawl::core {

// `cell(column)` is the row's value: int64 for integers, dates and timestamps, double, bool, text
// for categories, or null. `keys[i]` answers for predicate.key_lists[i]. Pure.
Truth evaluate_reference(const Predicate& predicate,
                         const std::function<Value(std::size_t column)>& cell,
                         std::span<const KeySet* const> keys);

}  // namespace trawl::core
