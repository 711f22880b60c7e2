// Re-derives what a run claims, trusting nothing it wrote: arithmetic, digests of the data, every
// match by the reference evaluator, every proof of pruning, and on request a rescan.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <trawl/base/file.hpp>
#include <trawl/base/json.hpp>
#include <trawl/comm/comm.hpp>
#include <trawl/fold/certificate.hpp>

namespace trawl::fold {

// The files of a finished run.
struct RunFiles {
  fs::path path;
  Json record;
  Certificate certificate;
  std::string result;   // bytes of result_file(command)
  std::string summary;  // bytes of execution_summary.md
};

// Local. InputError: not a run directory. DataError: its files are damaged beyond reading.
RunFiles read_run(const fs::path& path);

struct VerifyRequest {
  // Share of row groups that the reference evaluator scans again, in [0, 1]. With 1, statistics are
  // made again of the rows that it finds, and compared.
  double rescan = 0;
  double fpr = 0.001;
  std::vector<std::string> inputs;  // where the data is now; empty: where the run found it
};

struct VerifyReport {
  std::vector<std::string> problems;  // root: everything that does not hold, in the order found
  std::uint64_t problem_count = 0;  // all ranks: also of those beyond the first thousand of a rank
  std::uint64_t datasets = 0;       // digests re-derived
  std::uint64_t bytes = 0;          // hashed
  std::uint64_t matches = 0;        // re-read and re-evaluated
  std::uint64_t proofs = 0;         // row groups whose pruning was proved again
  std::uint64_t rescanned_groups = 0;
  std::uint64_t rescanned_rows = 0;
  bool recounted = false;  // what a command made of the matching rows was made again, see rescan
};

// Collective. `run` is the same on all ranks.
VerifyReport verify(const RunFiles& run, const VerifyRequest& request, const comm::Comm& comm);

// Local. The part that needs no data: digests of the files, counts that close, order, Merkle root.
std::vector<std::string> verify_arithmetic(const RunFiles& run);

}  // namespace trawl::fold
