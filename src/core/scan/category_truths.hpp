// Conditions on one categorical column, evaluated once per category.
#pragma once

#include <optional>
#include <span>

#include "core/scan/text_steps.hpp"

namespace trawl::core::scan {

// What a compiled predicate refers to.
struct Context {
  const Schema& schema;
  std::span<const KeySet* const> keys;
  ScanOptions options;
};

// A test of one text value for a condition of a text column (or literal) with literals, a list, a
// pattern.
TextTestPtr text_test(const Condition& condition);

// The categorical column that is the only column of the condition, if there is one.
std::optional<std::size_t> only_category_column(const Condition& condition, const Schema& schema);

struct CategoryAnswer {
  CategoryTruths exact;
  CategoryTruths screened;  // un-negated IN FILE answered by membership filters
};

// Requires only_category_column(condition). O(categories x size of the condition).
CategoryAnswer category_truths(const Condition& condition, std::size_t column, bool negated,
                               const Context& context);

bool uses_filter(const KeySet& keys, const ScanOptions& options);

}  // namespace trawl::core::scan
