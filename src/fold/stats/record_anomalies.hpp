// Which records are unusual: each beside all records below its parent, itself included.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <trawl/comm/comm.hpp>
#include <trawl/core/exact/moments.hpp>
#include <trawl/fold/stats.hpp>

#include "fold/stats/columns.hpp"
#include "fold/stats/report.hpp"

namespace trawl::fold {

// Collective. Reads the matching rows a second time, when all baselines are known, and judges each;
// appends the lines of the flagged ones to result.lines, by dataset and row. Kept are only rows
// that may be flagged (core::log_candidate_bound), about a share of fdr where nothing is unusual:
// 8 d bytes and the key, each on the rank that read it. Every rank holds all baselines.
// `nothing`: moments of no records, as they were counted. CheckError when the second pass does not
// see the records of the first: the data was changed in between.
template <class Sums>
void judge_records(const StatsRequest& request, const StatsColumns& columns, RecordJudges judges,
                   const core::Moments<Sums>& nothing, const comm::Comm& comm,
                   const SearchHooks& hooks, StatsResult& result);

// A row that was matched, and its key.
struct KeptRecord {
  std::uint64_t dataset = 0, row = 0;
  std::string key;  // EntityKey::to_bytes
  std::vector<double> values;
};

// Collective. The same from rows that are in memory, each on one rank, every one of them tested:
// the slow twin. `name_of`: of a dataset of a row that is here.
template <class Sums>
void judge_kept_records(const StatsRequest& request, const std::vector<KeptRecord>& records,
                        RecordJudges judges, const core::Moments<Sums>& nothing,
                        const std::function<std::string(std::uint64_t)>& name_of,
                        const comm::Comm& comm, StatsResult& result);

}  // namespace trawl::fold
