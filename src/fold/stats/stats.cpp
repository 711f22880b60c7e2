#include <memory>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include <trawl/fold/stats.hpp>

#include "fold/stats/population.hpp"
#include "fold/stats/report.hpp"
#include "fold/stats/row_collector.hpp"

namespace trawl::fold {
namespace {

using comm::Comm;

Json to_json(const AnomalyRequest& request) {
  return {
      {"fdr", request.fdr}, {"fdr_method", name_of(request.method)}, {"robust", request.robust}};
}

Json parameters_of(const StatsRequest& request) {
  Json units = Json::array();
  for (const int exponent : request.unit_exponents) units.push_back(fmt::format("2^{}", exponent));
  Json parameters = {{"features", request.features},    {"group_by", request.group_by},
                     {"levels", request.levels},        {"fanout", request.fanout},
                     {"fixed_point", std::move(units)}, {"confidence", request.confidence},
                     {"correlate", request.correlate}};
  if (request.anomalies) parameters["anomalies"] = to_json(*request.anomalies);
  return parameters;
}

// Collective. Adds the matching rows of a search to `population`.
template <class Sums>
SearchResult collect(const StatsRequest& request, const StatsColumns& columns, const Comm& comm,
                     SearchHooks hooks, PhaseTimer& timer, Population<Sums>& population) {
  std::mutex mutex;  // guards the refusals
  const auto deliver = [&](const EntityBatch& batch, const RefusalCounts& refusals) {
    population.entities.add(batch);
    const std::lock_guard lock(mutex);
    population.refusals.merge(refusals);
  };
  hooks.make_summary = [&] { return std::make_unique<RowCollector>(columns, deliver); };
  hooks.bytes_wanted = false;
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

std::string_view name_of(core::FdrMethod method) {
  switch (method) {
    case core::FdrMethod::benjamini_hochberg:
      return "bh";
    case core::FdrMethod::benjamini_yekutieli:
      return "by";
    case core::FdrMethod::e_values:
      return "e-bh";
  }
  return "bh";
}

SearchRequest search_of(const StatsRequest& request) {
  SearchRequest search = request.search;
  search.command = "stats";
  search.select = StatsColumns(request).select;
  search.numbers = request.features;
  search.names = request.levels;
  if (!request.group_by.empty()) search.names.push_back(request.group_by);
  search.parameters = parameters_of(request);
  return search;
}

StatsResult stats(const StatsRequest& request, const Comm& comm, const SearchHooks& hooks,
                  PhaseTimer& timer) {
  if (request.unit_exponents.empty())
    return run<core::ExactSums>(request, request.features.size(), comm, hooks, timer);
  return run<core::FixedSums>(request, request.unit_exponents, comm, hooks, timer);
}

}  // namespace trawl::fold
