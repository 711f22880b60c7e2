// Twelve inspectors report, piece by piece, whether a bridge is unsafe. Three of them are in one
// pay and say it is safe whatever they see. Two offices collect the reports, some of them twice,
// and put together what they have.
#include <cstdio>
#include <random>
#include <string>

#include <trawl/core/evidence/consensus.hpp>

namespace {

using trawl::evidence::Assessment;
using trawl::evidence::Consensus;
using trawl::evidence::Evidence;
using trawl::evidence::Key;

constexpr std::int64_t inspectors = 12, bribed = 3, reports = 5;
constexpr double prior = 0.01;
const Key bridge = "bridge 17";

void print(const char* when, const Assessment& a) {
  std::printf("%-22s unsafe: p = %.6f believing everybody, %.6f robust (log-odds %+.2f, %+.2f)\n",
              when, a.plain.p, a.median.p, a.plain.log_odds, a.median.log_odds);
}

Evidence report(std::int64_t inspector, std::int64_t number, std::mt19937_64& random) {
  std::normal_distribution<double> normal(0.3, 0.4);
  Evidence e{.entity = bridge, .source = inspector, .id = number};
  e.log_odds = inspector < bribed ? -9 : normal(random);
  return e;
}

}  // namespace

int main() {
  const trawl::evidence::Rules rules{.byzantine = 0.33, .registered_only = true};
  Consensus north(rules), south(rules);
  for (std::int64_t i = 0; i < inspectors; ++i) north.register_source(i);

  std::mt19937_64 random(7);
  for (std::int64_t number = 0; number < reports; ++number) {
    for (std::int64_t i = 0; i < inspectors; ++i) {
      const Evidence e = report(i, number, random);
      (i % 2 == 0 ? north : south).add(e);
      if (number == 0) north.add(e);  // sent to both, counts once
    }
  }
  north.merge(south);
  print("put together", north.posterior(bridge, prior));

  const Assessment all = north.posterior(bridge, prior);
  std::printf("%zu sources were cut by the trimmed mean:", all.combination.cut.size());
  for (const auto& cut : all.combination.cut) {
    std::printf(" %s (%+.1f)", trawl::stats::text_of(cut.source).c_str(), cut.distance);
  }
  std::printf("\nup to %llu liars among %llu cannot move the result out of what the others say\n",
              static_cast<unsigned long long>(all.combination.tolerated_votes),
              static_cast<unsigned long long>(all.combination.votes));

  // One of them is caught: its first report, told differently to someone else.
  Evidence other{.entity = bridge, .source = std::int64_t{1}, .id = std::int64_t{0}};
  other.log_odds = 2;
  north.add(other);
  print("inspector 1 is caught", north.posterior(bridge, prior));

  // A report that was a mistake is taken back, as if it had never been made.
  const auto before = north.to_bytes();
  Evidence mistake{.entity = bridge, .source = std::int64_t{5}, .id = "mistake"};
  mistake.log_odds = 40;
  north.add(mistake);
  print("a mistake", north.posterior(bridge, prior));
  north.retract(bridge, std::int64_t{5}, "mistake");
  print("taken back", north.posterior(bridge, prior));
  return north.to_bytes() == before ? 0 : 1;
}
