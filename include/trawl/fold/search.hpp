// The main job: which rows of these datasets satisfy this predicate, and what was looked at to know
// it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <trawl/base/json.hpp>
#include <trawl/base/timer.hpp>
#include <trawl/comm/comm.hpp>
#include <trawl/fold/engine.hpp>
#include <trawl/fold/key_lists.hpp>
#include <trawl/fold/ledger.hpp>
#include <trawl/fold/matches.hpp>
#include <trawl/fold/open.hpp>

namespace trawl::fold {

struct SearchRequest {
  std::string where = "TRUE";
  std::vector<std::string> inputs;
  std::string table;                // path of the table inside foreign HDF5 files
  std::vector<std::string> select;  // empty: all columns
  std::uint64_t limit = 0;  // 0: no limit; else the first `limit` matches in canonical order
  bool count_only = false;
  double audit = 0.001;  // share of the pruned row groups that is scanned all the same, in [0, 1]
  double fpr = 0.001;
  int threads = 1;  // of this rank
  bool zone_maps = true;
  bool filters = true;
  bool index = true;  // stored membership filters and column sketches
  // Of a command that computes something else from the rows that match (SearchHooks::make_summary).
  std::string command = "search";
  std::vector<std::string> numbers;  // columns of `select` that must hold numbers or times
  std::vector<std::string> names;    // columns of `select` whose values must be names: no doubles
  Json parameters;                   // what its result depends on besides; for the certificate
};

// What a run looks at while it goes on, and what can stop it. All members may be empty.
struct SearchHooks {
  std::function<void(const Opened&, const std::vector<KeyListFacts>&, const std::vector<Work>&)>
      on_plan;  // all ranks, before the fold
  std::function<void(const FinishedWork&, const RowSummary&)>
      on_finished;                // worker threads, one at a time
  bool bytes_wanted = true;       // FinishedWork::summary
  std::function<void()> on_tick;  // main thread
  std::function<void()> on_pass;  // all ranks: who reads the data several times is about to do so
  const std::atomic<bool>* stop = nullptr;
  // What is computed of the rows that match; empty: the matches themselves, or their number.
  std::function<std::unique_ptr<RowSummary>()> make_summary;
  // Root: work that an earlier, interrupted run finished; on_plan may fill it. Null: none.
  const std::vector<FinishedWork>* resumed = nullptr;
  Checkpoint* checkpoint = nullptr;  // for who keeps sums; null: on_finished keeps the pieces
  // From the last row group to the first: for a second look at data larger than memory, which still
  // holds what the first look came to last. Results are the same.
  bool backwards = false;
};

// How the audit of pruned row groups went.
struct AuditResult {
  std::uint64_t pruned = 0;  // row groups
  std::uint64_t audited = 0;
  std::uint64_t unreadable = 0;
  std::uint64_t hits = 0;  // row groups that hold a match although they were pruned: a defect
  std::string first_hit;
};

enum class Status { complete, bounded, incomplete, interrupted };
std::string_view name_of(Status status);

struct SearchResult {
  Opened opened;
  std::vector<KeyListFacts> key_lists;
  Status status = Status::complete;  // all ranks
  AuditResult audit;                 // all ranks
  // Root only:
  Ledger ledger;
  std::vector<Coverage> coverage;  // per dataset
  Coverage total;
  MatchSet matches;
  // Every rank, of itself:
  std::uint64_t bytes_read = 0;
  std::uint64_t filters_paused = 0;  // row groups in which a key list's filter was left out
  std::uint64_t rows_scanned = 0;
  std::vector<double> thread_seconds;
};

// Collective. `timer` gets one phase per step.
SearchResult search(const SearchRequest& request, const comm::Comm& comm, const SearchHooks& hooks,
                    PhaseTimer& timer);

// Collective. --explain: what would be done, reading headers only. Text on root.
std::string explain(const SearchRequest& request, const comm::Comm& comm);

// Whether a row group takes part in a sample of share `share` in [0, 1]: a pure function of its
// name, so that the same row groups are sampled by any rank, in any run. The hash is uniform in [0,
// 2^64).
std::uint64_t sample_hash(std::string_view dataset, std::uint64_t group, std::uint64_t seed);
bool in_sample(std::uint64_t hash, double share);

}  // namespace trawl::fold
