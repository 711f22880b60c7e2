#include "late_check.hpp"

#include <bit>
#include <stdexcept>
#include <type_traits>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/parallel.hpp>
#include <trawl/base/partition.hpp>
#include <trawl/base/timer.hpp>

namespace trawl::fold {
namespace {

// Appends rows and keys of the candidates.
template <class T>
void append(const T* values, std::span<const std::uint64_t> mask, ScreenedPiece& piece) {
  for (std::size_t w = 0; w < mask.size(); ++w) {
    for (std::uint64_t bits = mask[w]; bits != 0; bits &= bits - 1) {
      const std::size_t row = w * 64 + static_cast<std::size_t>(std::countr_zero(bits));
      piece.rows.push_back(static_cast<std::uint32_t>(row));
      piece.keys.push_back(static_cast<std::int64_t>(values[row]));
    }
  }
}

std::vector<std::int64_t> keys_of(std::span<const ScreenedPiece> pieces,
                                  std::vector<std::size_t>& begins) {
  std::size_t total = 0;
  for (const ScreenedPiece& piece : pieces) total += piece.keys.size();
  std::vector<std::int64_t> keys;
  keys.reserve(total);
  for (const ScreenedPiece& piece : pieces) {
    begins.push_back(keys.size());
    keys.insert(keys.end(), piece.keys.begin(), piece.keys.end());
  }
  return keys;
}

}  // namespace

core::ScanCounts screen_group(const OpenDataset& open, std::uint64_t group, std::uint64_t rows,
                              GroupColumns& columns, core::ScanProgram::Scratch& scratch,
                              ScreenedPiece& piece) {
  const std::size_t before = piece.keys.size();
  std::vector<std::uint64_t> mask;
  columns.begin(*open.dataset, group, rows);
  try {
    const core::ScanCounts counts = open.program->screen(columns, scratch, mask);
    if (counts.candidates > 0) {
      const auto late = core::keys_to_check_late(open.predicate);
      const ColumnView& column = columns.column(late->column);
      with_lane(column.lane, [&]<class T>(T*) {
        if constexpr (std::is_integral_v<T>) append(column.lanes<T>(), mask, piece);
      });
      if (piece.keys.size() != before + counts.candidates)
        throw std::logic_error("a key list of integers is checked against another column");
    }
    open.dataset->check_intact();  // what was found counts only when it was there all the time
    return counts;
  } catch (const DataError& error) {
    piece.keys.resize(before);
    piece.rows.resize(before);
    throw DataError(fmt::format("{} (row group {}, rows {} to {})", error.what(), group,
                                open.info().group_begin(group),
                                open.info().group_begin(group) + rows));
  }
}

LateCheck::LateCheck(std::span<const ScreenedPiece> pieces, std::span<const std::int64_t> list,
                     int threads, std::vector<double>& thread_seconds)
    : pieces_(pieces), table_(keys_of(pieces, begins_)) {
  parallel_for(static_cast<std::size_t>(threads), threads, [&](std::size_t part) {
    const Stopwatch watch;
    const Slice mine = slice(list.size(), threads, static_cast<int>(part));
    table_.mark(list.subspan(mine.begin, mine.size()));
    thread_seconds[part] += watch.seconds();
  });
}

std::uint64_t LateCheck::matches(std::size_t piece, std::size_t group, std::uint64_t rows,
                                 std::vector<std::uint64_t>& mask) const {
  const ScreenedPiece& from = pieces_[piece];
  std::uint64_t count = 0;
  mask.assign((rows + 63) / 64, 0);
  for (std::size_t i = group == 0 ? 0 : from.groups[group - 1].end; i < from.groups[group].end;
       ++i) {
    if (!table_.found(begins_[piece] + i)) continue;
    mask[from.rows[i] / 64] |= std::uint64_t{1} << (from.rows[i] % 64);
    ++count;
  }
  return count;
}

}  // namespace trawl::fold
