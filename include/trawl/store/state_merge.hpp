// Which states to merge, and in which order: decided before anything is read but what they cover.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <trawl/store/coverage.hpp>

namespace trawl::store {

struct MergeInput {
  std::string name;  // of the file, for people
  std::string kind;
  std::string configuration;
  std::string digest;  // StateReader::digest
  Coverage coverage;
};

enum class Overlap {
  refuse,  // nothing may be covered twice
  ignore,  // an input that others cover wholly is left out
};

struct MergePlan {
  struct Skipped {
    std::size_t input;
    std::vector<std::size_t> covered_by;
  };
  std::vector<std::size_t> order;  // of the inputs to merge
  std::vector<Skipped> skipped;    // Overlap::ignore
  Coverage coverage;               // of the result
};

// Pure. Inputs go from the largest coverage (row groups) to the smallest, then by its bytes and
// by digest; one that shares nothing with those before is merged. So the plan depends on the states
// alone, not on the order in which they are named.
//
// InputError, with every conflict (files, dataset, row groups):
// - no inputs; kinds or configurations differ;
// - an input shares row groups with others: any (refuse), or some but not all (ignore), since what
//   was added cannot be told apart again;
// - two cover the same but hold different sums: one of them is wrong.
// O(n log n) for n ranges of all inputs; more only for conflicts.
MergePlan plan_merge(std::span<const MergeInput> inputs, Overlap overlap = Overlap::refuse);

}  // namespace trawl::store
