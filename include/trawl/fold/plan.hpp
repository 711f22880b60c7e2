// Who scans what: pure arithmetic over weights, the same on all ranks.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace trawl::fold {

// Row groups [begin, end) of one dataset; `weight` is the cost of one of them (bytes to read, or a
// stand-in).
struct Work {
  std::uint64_t dataset = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t weight = 1;
  std::uint64_t groups() const { return end - begin; }
  bool operator==(const Work&) const = default;
};

// Local. Cuts `work`, in its order, into `ranks` consecutive shares of nearly equal weight. A cut
// that falls inside a dataset moves to the dataset's edge when that shifts no more than `slack` of
// a fair share, so that most datasets are opened by one rank only. Shares together are exactly
// `work`. O(work + ranks).
std::vector<std::vector<Work>> assign(std::span<const Work> work, int ranks, double slack = 0.02);

// Local. Cuts every piece so that none has more than `groups` row groups.
std::vector<Work> split(std::span<const Work> work, std::uint64_t groups);

// Local. The first `groups` row groups of `work`, and what is left.
struct Prefix {
  std::vector<Work> first, rest;
};
Prefix take(std::span<const Work> work, std::uint64_t groups);

// Local. `work` without the row groups of `finished`. Both in canonical order of (dataset, begin),
// or any for `finished`.
std::vector<Work> subtract(std::span<const Work> work, std::span<const Work> finished);

std::uint64_t count_groups(std::span<const Work> work);

}  // namespace trawl::fold
