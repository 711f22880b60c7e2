// Which of very many tests to believe: step-up procedures that control the false discovery rate
// (FDR: the expected share of wrong ones among the rejected hypotheses) at alpha.
//
//   benjamini_hochberg   independent or positively dependent p-values (Benjamini and Hochberg,
//                        JRSS B 57, 1995; Benjamini and Yekutieli, Ann. Statist. 29, 2001: PRDS)
//   benjamini_yekutieli  any dependence; alpha is divided by 1 + 1/2 + ... + 1/m (the same paper)
//   e_values             e-BH: e-values under any dependence, without penalty (Wang and Ramdas,
//                        JRSS B 84, 2022). Pass -log e in place of log p.
//
// All work on logarithms, so that p-values far below the smallest double keep their order. Of m
// hypotheses, let k be the largest with
//   #{ log p <= t_k } >= k,   t_k = log(alpha) + log(k) - log(m) - log(penalty), rounded once;
// those with log p <= t_k are rejected (exactly k of them), none if there is no such k. This is
// p_(k) <= alpha k / m of sorted p-values, with one rounding; t_k is the same bits on every host.
//
// Inputs: log p from -infinity (p = 0) to 0 (p = 1); alpha in (0, 1]. Others: InputError.
// Hypotheses that could not be tested are not passed: they do not count.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace trawl::core {

enum class FdrMethod { benjamini_hochberg, benjamini_yekutieli, e_values };

struct Rejection {
  std::uint64_t tested = 0;    // m
  std::uint64_t rejected = 0;  // k
  // Reject when log p <= this; -infinity when nothing is rejected.
  double log_threshold = 0;
  // What it took: calls of sum and of sum_all.
  int sums = 0, bulk_sums = 0;
};

// Sums over all ranks, the same result on each.
struct RankSums {
  std::function<std::uint64_t(std::uint64_t)> sum;        // of one number
  std::function<void(std::span<std::uint64_t>)> sum_all;  // of each element, in place
  static RankSums solo();                                 // one rank: nothing to add
};

// Collective, with the same alpha and method on all ranks; each passes its own hypotheses. The
// result, on every rank, is that of step_up_by_sorting over all of them, for any partition.
//
// Counts below the threshold of k = m, then of the count that was found, and so on, until the count
// is k: that is the largest fixed point. 8 bytes a round; 1 to 14 rounds in practice. p-values just
// above alpha k / m for all k would take m rounds: after `counting_rounds`, blocks of 65,536
// thresholds are counted at once from above, 512 KiB a round, at most m / 65,536 rounds.
//
// O(local hypotheses) a round; a copy of those still in question. InputError on all ranks alike
// when any has a value that is no logarithm of a probability.
Rejection step_up(std::span<const double> log_p, double alpha, FdrMethod method,
                  const RankSums& ranks);
inline constexpr int counting_rounds = 32;
inline constexpr std::uint64_t thresholds_per_block = 65'536;

// Collective. The same when only few of the hypotheses are at hand: `tested` on this rank, of which
// `candidates` are those with log p <= log_candidate_bound(alpha), and any others. All that step_up
// does is to count log p <= t_k for some k <= m. t_k grows with k, and t_m is log(alpha) less a
// penalty of at least 0, to rounding: below the bound. So whoever is counted is a candidate, and
// every count, and the result, is that of step_up over all. Requires tested >= candidates.size().
Rejection step_up_of_candidates(std::span<const double> candidates, std::uint64_t tested,
                                double alpha, FdrMethod method, const RankSums& ranks);
// log(alpha) and a little: nothing above it is rejected. For e-values compare -log e; since e <=
// 1/p (log_e_value) those with log p above it cannot be rejected either.
double log_candidate_bound(double alpha);

// Local. The same by sorting all hypotheses: the slow twin. O(m log m).
Rejection step_up_by_sorting(std::span<const double> log_p, double alpha, FdrMethod method);

// Local. Logarithms of adjusted p-values, in the order given: the smallest alpha at which each
// would be rejected, as p.adjust of R has them. log_p are all m hypotheses, or only those that were
// rejected (others change nothing about these). Equal to log(alpha) to rounding at the
// threshold itself, where step_up decides. O(r log r) for r values; InputError if m < r.
std::vector<double> log_adjusted(std::span<const double> log_p, std::uint64_t m, FdrMethod method);

// Local. log e of an e-value made of a p-value: the average of all k p^(k-1), 0 < k < 1, which is
// (1 - p + p log p) / (p log(p)^2) (Vovk and Wang, Ann. Statist. 49, 2021). From log(1/2) at
// p = 1 upwards; infinity for p = 0. Relative error of e near 1e-14.
double log_e_value(double log_p);

}  // namespace trawl::core
