// Rows that pass everything but a key list: kept until enough are together, then the list streams
// past them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <trawl/core/filter/candidate_table.hpp>
#include <trawl/fold/engine.hpp>

namespace trawl::fold {

// The candidates of one piece of work.
struct ScreenedPiece {
  // Of one row group; its counts lack matches so far. Failed ones have no candidates.
  struct Group {
    LedgerRun run;
    std::size_t end = 0;  // its candidates end here, and begin where those before end
  };
  Work work;
  std::vector<Group> groups;
  std::vector<std::int64_t> keys;   // of the candidates, by group and row
  std::vector<std::uint32_t> rows;  // of the same, in the row group
};

// Local. Screens one row group and appends its candidates. All or nothing: DataError leaves `piece`
// as it was.
core::ScanCounts screen_group(const OpenDataset& open, std::uint64_t group, std::uint64_t rows,
                              GroupColumns& columns, core::ScanProgram::Scratch& scratch,
                              ScreenedPiece& piece);

// Which candidates are in the list.
class LateCheck {
 public:
  // Streams the list past the candidates of all pieces, on `threads` threads. Adds what each thread
  // took, in seconds. O(list + candidates).
  LateCheck(std::span<const ScreenedPiece> pieces, std::span<const std::int64_t> list, int threads,
            std::vector<double>& thread_seconds);

  // The mask of the matches in a row group of a piece (bit i % 64 of word i / 64), and their
  // number.
  std::uint64_t matches(std::size_t piece, std::size_t group, std::uint64_t rows,
                        std::vector<std::uint64_t>& mask) const;

 private:
  std::span<const ScreenedPiece> pieces_;
  std::vector<std::size_t> begins_;  // of the candidates of each piece among all
  core::CandidateTable table_;
};

}  // namespace trawl::fold
