#include <optional>

#include <trawl/base/error.hpp>
#include <trawl/base/parallel.hpp>
#include <trawl/fold/stats_state.hpp>

#include "fold/stats/population.hpp"
#include "fold/stats/report.hpp"
#include "fold/stats/state_entities.hpp"
#include "fold/stats/state_files.hpp"

namespace trawl::fold {
namespace {

using comm::Comm;

// Local. The entities of this rank in one state.
template <class Sums>
void add_entities(const StateFiles& files, std::size_t i, const Comm& comm,
                  EntityTable<Sums>& table) {
  EntityReader reader(files.readers[i], files.inputs[i].name, files.request);
  const auto ranks = static_cast<std::size_t>(comm.size());
  const auto mine = static_cast<std::size_t>(comm.rank());
  while (reader.next()) {
    const std::size_t owner = owner_of(reader.hash(), ranks);
    if (owner == mine)
      table.merge(std::string(reader.key()), reader.hash(), reader.moments<Sums>());
  }
}

// Local. The distributions of this rank's paths in one state.
void add_distributions(const StateFiles& files, std::size_t i, const Comm& comm,
                       DistributionTable& table) {
  EntityReader reader(files.readers[i], files.inputs[i].name, files.request, distributions_section);
  while (reader.next()) {
    if (table.owner_of(reader.key(), comm.size()) == comm.rank())
      table.merge(std::string(reader.key()), reader.distributions());
  }
}

template <class Sums>
void report_as(const StateFiles& files, const Comm& comm, StatsResult& result) {
  StateCounts counts(0);
  comm.agree("reading the states", [&] { counts = files.counts(); });
  Population<Sums> population(configuration_of<Sums>(files.request), counts.refusals.nulls.size());
  population.refusals = counts.refusals;  // those of all ranks, on all ranks
  comm.agree("reading the states", [&] {
    parallel_for(files.plan.order.size(), files.request.search.threads, [&](std::size_t i) {
      add_entities(files, files.plan.order[i], comm, population.entities);
      if (files.request.distributions)
        add_distributions(files, files.plan.order[i], comm, population.distributions);
    });
  });
  result.search.total.rows = counts.rows;
  result.search.total.matches = counts.matches;
  report(files.request, population, comm, result);
}

}  // namespace

StatesReport report_states(StatsRequest request, std::span<const std::filesystem::path> states,
                           const Comm& comm) {
  std::optional<StateFiles> files;
  comm.agree("opening the states", [&] {
    const bool wanted = request.distributions;
    files.emplace(std::move(request), states, store::Overlap::refuse);
    files->request.distributions = files->request.distributions && wanted;
    if (files->request.anomalies && files->request.group_by.empty())
      throw InputError(
          "--fdr judges entities, and the states have no entities: make them with --group-by");
    files->check(files->request.search.threads, comm.rank(), comm.size());
  });
  StatesReport out{files->inputs, files->plan, files->request, {}};
  if (files->request.unit_exponents.empty()) {
    report_as<core::ExactSums>(*files, comm, out.stats);
  } else {
    report_as<core::FixedSums>(*files, comm, out.stats);
  }
  return out;
}

}  // namespace trawl::fold
