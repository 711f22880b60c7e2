// What a run tells about itself: for machines, for people, and for trace viewers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <trawl/base/json.hpp>
#include <trawl/base/timer.hpp>
#include <trawl/comm/comm.hpp>
#include <trawl/fold/certificate.hpp>
#include <trawl/fold/search.hpp>

namespace trawl::fold {

// How one rank spent its time.
struct RankReport {
  int rank = 0;
  bool leads_node = false;
  std::string host;
  std::vector<Phase> phases;
  std::uint64_t bytes_read = 0;
  std::uint64_t rows_scanned = 0;
  std::uint64_t filters_paused = 0;
  std::vector<double> thread_seconds;
};

// Collective. The reports of all ranks, on all ranks.
std::vector<RankReport> gather_reports(const SearchResult& result, const PhaseTimer& timer,
                                       const comm::Comm& comm);

// Phases (min, mean, max over ranks), rates, balance, serial fraction and the speed-up it allows
// (Amdahl, AFIPS 1967), node-hours and, for a price above 0, their cost.
Json performance(const std::vector<RankReport>& reports, const Coverage& total,
                 double price_per_node_hour);

// run_record.json. `options`: canonical `key = value` text of all options; `digests`: names and
// SHA-256 of the other files.
Json make_run_record(const SearchRequest& request, const SearchResult& result,
                     const MadeCertificate& certificate, const std::vector<RankReport>& reports,
                     const std::string& options, double price_per_node_hour);

// execution_summary.md, from the run record.
std::string execution_summary(const Json& record);
// dag_execution.json: Trace Event Format, opens in Perfetto and chrome://tracing; one process per
// rank.
std::string trace_events(const std::vector<RankReport>& reports);

}  // namespace trawl::fold
