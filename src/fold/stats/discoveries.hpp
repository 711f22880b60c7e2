// Which of the tests of all ranks are discoveries: a step-up procedure over the ranks, and what is
// said of those that it rejects.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <trawl/comm/comm.hpp>
#include <trawl/core/stats/fdr.hpp>
#include <trawl/fold/stats.hpp>

namespace trawl::fold {

class Discoveries {
 public:
  // Collective. `log_p`: of the `tested` tests on this rank, without those above
  // core::log_candidate_bound if wanted. All ranks keep the p-values of all discoveries, 16 bytes
  // each, from which adjusted ones are made.
  Discoveries(std::span<const double> log_p, std::uint64_t tested, const AnomalyRequest& request,
              const comm::Comm& comm);

  const core::Rejection& rejection() const { return rejection_; }
  bool contains(double log_p) const;
  // Of one that is contained: log of the smallest alpha at which it would be.
  double log_adjusted(double log_p) const;

 private:
  void adjust(std::vector<double> rejected, const comm::Comm& comm);

  core::FdrMethod method_;
  core::Rejection rejection_;
  std::vector<std::pair<double, double>> adjusted_;  // (tested value, its adjustment), distinct
};

// What procedures compare: log p, or -log e of an e-value made of p.
double tested_value(double log_p, core::FdrMethod method);

}  // namespace trawl::fold
