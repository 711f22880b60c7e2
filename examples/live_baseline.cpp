// Watches 1000 services at 20 sites while their measurements come in, and says which are unusual
// for their site. One service breaks halfway: its delay grows although its load does not.
#include <cmath>
#include <cstdio>
#include <random>
#include <string>

#include <trawl/core/stats/mahalanobis_measure.hpp>
#include <trawl/core/stats/tails.hpp>
#include <trawl/core/stats/tree.hpp>

namespace {

using trawl::stats::FixedTree;
using trawl::stats::Path;

constexpr int services = 1000, records = 200'000, broken = 123;
const double flag_below = std::log(1e-9);  // 200,000 records are judged

Path site_of(int service) {
  return {service % 2 == 0 ? "north" : "south", "site " + std::to_string(service % 20)};
}

// load, delay in ms (more with more load), errors per minute
struct Source {
  std::mt19937_64 random{1};
  std::normal_distribution<double> normal;

  std::vector<double> record(bool is_broken) {
    const double load = 50 + 10 * normal(random);
    const double delay = 2 * load + 8 * normal(random) + (is_broken ? 60 : 0);
    return {load, delay, 3 + normal(random)};
  }
};

void print_site(const Path& path, const trawl::stats::Node<trawl::core::FixedSums>& node) {
  if (path.size() > 1) return;
  const auto summary = node.summary();
  const double t =
      trawl::core::upper_t_quantile(0.025, static_cast<double>(summary.degrees_of_freedom));
  const auto delay = summary.mean_interval(1, t);
  std::printf("%-6s %4lld services %7lld records  mean delay %.3f ms, 95 %% in [%.3f, %.3f]\n",
              path.empty() ? "all" : path.back().c_str(), static_cast<long long>(summary.entities),
              static_cast<long long>(summary.records), summary.features[1].mean, delay.low,
              delay.high);
}

}  // namespace

int main() {
  // Units of 2^-20: six digits after the point, values up to 2^23.
  FixedTree tree({-20, -20, -20}, {.levels = {"region", "site"}});
  tree.set_measure(trawl::stats::mahalanobis_measure<trawl::core::FixedSums>(1e-6));
  for (int service = 0; service < services; ++service) tree.join(service, site_of(service));

  Source source;
  int flagged = 0, of_broken = 0;
  for (int i = 0; i < records; ++i) {
    const int service = static_cast<int>(source.random() % services);
    const bool is_broken = service == broken && i > records / 2;
    const auto verdict = tree.update(service, source.record(is_broken));
    if (!verdict.judged || !(verdict.distance.log_p < flag_below)) continue;
    ++flagged;
    if (service == broken) ++of_broken;
    if (flagged <= 3) {
      std::printf("record %d, service %d: distance %.1f, log p %.1f, beside %lld records\n", i,
                  service, std::sqrt(verdict.distance.squared), verdict.distance.log_p,
                  static_cast<long long>(verdict.baseline_records));
    }
  }
  std::printf("%d records flagged, %d of them of the service that broke\n\n", flagged, of_broken);
  tree.visit(print_site);

  // It moves to another site with all it has done; the root does not notice.
  const auto before = tree.root().to_bytes();
  tree.move(broken, {"north", "repair"});
  const bool same = tree.root().to_bytes() == before;
  std::printf("\nservice %d moved: the root is %s\n", broken, same ? "the same bytes" : "changed");
  return same && of_broken > 0 ? 0 : 1;
}
