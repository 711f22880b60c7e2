#include "audit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <trawl/base/digest.hpp>

namespace trawl::fold {
namespace {

constexpr std::uint64_t audit_seed = 0;

struct Candidate {
  std::uint64_t hash;
  Work work;
};

std::vector<Candidate> pruned_groups(const Opened& opened, const Ledger& pruned) {
  std::vector<Candidate> groups;
  for (const LedgerRun& run : pruned.runs()) {
    if (run.state != GroupState::pruned) continue;
    for (std::uint64_t group = run.begin; group < run.end; ++group) {
      const std::uint64_t hash = sample_hash(opened.refs()[run.dataset].name, group, audit_seed);
      groups.push_back({hash, {run.dataset, group, group + 1, 1}});
    }
  }
  return groups;
}

// Collective. The row groups to audit on this rank.
std::vector<Work> choose(const std::vector<Candidate>& groups, double share,
                         const comm::Comm& comm) {
  std::vector<Work> chosen;
  std::uint64_t smallest = std::numeric_limits<std::uint64_t>::max();
  for (const Candidate& group : groups) {
    if (in_sample(group.hash, share)) chosen.push_back(group.work);
    smallest = std::min(smallest, group.hash);
  }
  const std::uint64_t everywhere = ~comm.max(~smallest);  // the minimum over all ranks
  if (share > 0 && comm.sum(chosen.size()) == 0) {
    for (const Candidate& group : groups) {
      if (group.hash == everywhere) chosen.push_back(group.work);
    }
  }
  return chosen;
}

}  // namespace

std::uint64_t sample_hash(std::string_view dataset, std::uint64_t group, std::uint64_t seed) {
  return xxh3(bytes_of(fmt::format("{}\n{}\n{}", seed, group, dataset)));
}

bool in_sample(std::uint64_t hash, double share) {
  if (share >= 1) return true;
  return static_cast<double>(hash >> 11) <
         std::ldexp(share, 53);  // the upper 53 bits are exact in a double
}

AuditResult audit_pruned(const Opened& opened, const Ledger& pruned, double share,
                         std::optional<std::span<const std::int64_t>> late, int threads,
                         const comm::Comm& comm) {
  const std::vector<Candidate> groups = pruned_groups(opened, pruned);
  FoldJob job;
  job.pool = opened.pool.get();
  job.work = choose(groups, share, comm);
  job.threads = threads;
  job.late = late;
  job.make_summary = [] { return std::make_unique<CountOnly>(); };
  FoldResult folded;
  comm.agree("auditing pruned row groups", [&] { folded = fold(job); });

  AuditResult audit;
  std::string first_hit;
  for (const LedgerRun& run : folded.ledger.runs()) {
    audit.unreadable += run.state == GroupState::failed ? run.end - run.begin : 0;
    if (run.counts.matches == 0) continue;
    ++audit.hits;
    if (first_hit.empty()) {
      first_hit = fmt::format("{} matches among row groups {} to {} of '{}'", run.counts.matches,
                              run.begin, run.end, opened.refs()[run.dataset].name);
    }
  }
  audit.pruned = comm.sum(groups.size());
  audit.audited = comm.sum(count_groups(job.work));
  audit.unreadable = comm.sum(audit.unreadable);
  audit.hits = comm.sum(audit.hits);
  for (const std::string& hit : comm.all_gather_text(first_hit)) {
    if (audit.first_hit.empty()) audit.first_hit = hit;
  }
  return audit;
}

}  // namespace trawl::fold
