#include "late_keys.hpp"

#include <algorithm>
#include <array>
#include <atomic>

#include <trawl/base/error.hpp>
#include <trawl/base/parallel.hpp>

#include "late_check.hpp"

namespace trawl::fold {
namespace {

constexpr std::uint64_t sampled_groups = 16;

std::uint64_t rows_of(const DatasetFacts& facts, const Work& work) {
  return std::min(facts.rows, work.end * facts.row_group_rows) - work.begin * facts.row_group_rows;
}

// Row groups at even distances.
std::vector<Work> sample(std::span<const Work> work) {
  const std::uint64_t groups = count_groups(work);
  const std::uint64_t wanted = std::min(groups, sampled_groups);
  std::vector<Work> chosen;
  std::uint64_t before = 0;
  for (const Work& run : work) {
    while (chosen.size() < wanted) {
      const std::uint64_t next = chosen.size() * groups / wanted;
      if (next >= before + run.groups()) break;
      const std::uint64_t group = run.begin + (next - before);
      chosen.push_back({run.dataset, group, group + 1, run.weight});
    }
    before += run.groups();
  }
  return chosen;
}

// Local. Rows and candidates of one row group; none of one that cannot be read.
core::ScanCounts screen_one(const Opened& opened, const Work& work) {
  try {
    const auto open = opened.pool->open_to_scan(work.dataset);
    if (!open->program->checks_late()) return {};
    GroupColumns columns;
    core::ScanProgram::Scratch scratch;
    ScreenedPiece piece;
    return screen_group(*open, work.begin, open->info().group_rows(work.begin), columns, scratch,
                        piece);
  } catch (const DataError&) {  // the scan will find that, and say so
    return {};
  }
}

}  // namespace

bool leaves_few(const Opened& opened, std::span<const Work> work, std::uint64_t keys, int threads,
                const comm::Comm& comm) {
  std::uint64_t rows = 0;
  for (const Work& run : work) rows += rows_of(opened.facts[run.dataset], run);
  if (rows <= keys / 4) return true;
  const std::vector<Work> chosen = sample(work);
  std::atomic<std::uint64_t> seen{0}, candidates{0};
  comm.agree("sampling row groups", [&] {
    parallel_for(chosen.size(), threads, [&](std::size_t i) {
      const auto ranks = static_cast<std::size_t>(comm.size());
      if (i % ranks != static_cast<std::size_t>(comm.rank())) return;
      const core::ScanCounts counts = screen_one(opened, chosen[i]);
      seen += counts.rows;
      candidates += counts.candidates;
    });
  });
  std::array<std::uint64_t, 2> sums{seen, candidates};
  comm.all_sum(sums);
  if (sums[0] == 0) return false;
  const double share = static_cast<double>(sums[1]) / static_cast<double>(sums[0]);
  return share * static_cast<double>(rows) <= static_cast<double>(keys / 4);
}

}  // namespace trawl::fold
