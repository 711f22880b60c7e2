// The coverage ledger: every row group of every dataset ends in exactly one state. A summary: merge
// is disjoint union.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/core/scan_program.hpp>

namespace trawl::fold {

enum class GroupState : std::uint8_t { scanned, pruned, failed };

// Consecutive row groups [begin, end) of one dataset that ended in one state for one reason.
struct LedgerRun {
  std::uint64_t dataset = 0;  // position in the run's canonical list of datasets
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  GroupState state = GroupState::scanned;
  core::ScanCounts counts;  // all but `rows` are 0 unless scanned
  std::string reason;       // pruned: the rule that proves it; failed: why
  std::vector<std::string>
      bounds;  // pruned: per row group, canonical JSON of the bounds the rule rests on
};

class Ledger {
 public:
  // A pruned run is joined to the last one when it goes on where that ends, for the same reason;
  // scanned ones stay apart until canonicalise, as a limit may cut between them.
  void add(LedgerRun run);
  void merge(const Ledger& other);
  void merge(Ledger&& other);

  // Sorts by (dataset, begin) and joins neighbours of the same state and reason, so that equal
  // coverage has equal bytes however it was cut. CheckError when a row group occurs twice. O(n log
  // n).
  void canonicalise();

  const std::vector<LedgerRun>& runs() const { return runs_; }
  // The runs of one dataset. Requires canonicalise().
  std::span<const LedgerRun> of_dataset(std::uint64_t dataset) const;

  std::string to_bytes() const;
  static Ledger from_bytes(std::string_view bytes);

 private:
  std::vector<LedgerRun> runs_;
};

// Row counts of a dataset or a whole run. They close when
//   rows = scanned + pruned + failed + unvisited, scanned = rejected + candidates, candidates =
//   matches + false positives;
// `unvisited` is what a --limit left alone, 0 otherwise.
struct Coverage {
  std::uint64_t rows = 0;
  std::uint64_t scanned = 0;
  std::uint64_t pruned = 0;
  std::uint64_t failed = 0;
  std::uint64_t unvisited = 0;
  std::uint64_t candidates = 0;
  std::uint64_t false_positives = 0;
  std::uint64_t matches = 0;

  void add(const LedgerRun& run);
  void merge(const Coverage& other);
  bool closes() const;
  bool operator==(const Coverage&) const = default;
};

}  // namespace trawl::fold
