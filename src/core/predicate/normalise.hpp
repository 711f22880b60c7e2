// Connectives in canonical order, constants folded: what makes two spellings of one predicate the
// same.
#pragma once

#include <span>
#include <vector>

#include <trawl/core/predicate/predicate.hpp>

namespace trawl::core {

Condition constant_condition(Truth truth, SourceSpan span);

// NOT `operand`; double negations and constants are folded.
Condition negation_of(Condition operand, SourceSpan span);

// AND or OR of normalised operands: flattened, sorted by text, without duplicates and constants
// that change nothing. O(n log n) in the size of the text.
Condition connect(Condition::Kind kind, std::vector<Condition> operands, SourceSpan span,
                  const Schema& schema, std::span<const KeyListRef> key_lists);

// Renumbers the key lists in the order `root` names them; drops those that folding made needless.
std::vector<KeyListRef> keep_used_key_lists(Condition& root, std::span<const KeyListRef> key_lists);

// Positions of the columns it reads, ascending.
std::vector<std::size_t> columns_read(const Condition& root);

}  // namespace trawl::core
