#include <memory>
#include <utility>

#include <trawl/fold/stats.hpp>

#include "fold/stats/population.hpp"
#include "fold/stats/report.hpp"
#include "fold/stats/row_collector.hpp"

namespace trawl::fold {
namespace {

using comm::Comm;

// Collective. Adds the matching rows of a search to `population`.
template <class Sums>
SearchResult collect(const StatsRequest& request, const StatsColumns& columns, const Comm& comm,
                     SearchHooks hooks, PhaseTimer& timer, Population<Sums>& population) {
  hooks.make_summary = [&] { return std::make_unique<RowCollector>(columns, population); };
  return search(request.search, comm, hooks, timer);
}

template <class Sums>
StatsResult run(const StatsRequest& request, typename Sums::Configuration configuration,
                const Comm& comm, const SearchHooks& hooks, PhaseTimer& timer) {
  const StatsColumns columns(request);
  Population<Sums> population(std::move(configuration),
                              columns.features.size() + columns.keys.size());
  StatsResult result;
  result.search = collect(request, columns, comm, hooks, timer, population);
  if (result.search.status == Status::interrupted) return result;
  timer.begin("hierarchy");
  population.exchange(comm);
  report(request, population, comm, result);
  timer.end();
  return result;
}

}  // namespace

StatsResult stats(const StatsRequest& request, const Comm& comm, const SearchHooks& hooks,
                  PhaseTimer& timer) {
  if (request.unit_exponents.empty())
    return run<core::ExactSums>(request, request.features.size(), comm, hooks, timer);
  return run<core::FixedSums>(request, request.unit_exponents, comm, hooks, timer);
}

}  // namespace trawl::fold
