#include <memory>
#include <utility>

#include <trawl/fold/stats.hpp>

#include "fold/state_plan.hpp"
#include "fold/stats/population.hpp"
#include "fold/stats/record_anomalies.hpp"
#include "fold/stats/report.hpp"
#include "fold/stats/row_collector.hpp"
#include "fold/stats/state.hpp"
#include "fold/stats/state_entities.hpp"
#include "fold/stats/state_root.hpp"
#include "fold/stats/state_write.hpp"

namespace trawl::fold {
namespace {

using comm::Comm;

// Collective. Adds the matching rows of a search to `population`.
template <class Sums>
SearchResult collect(const StatsRequest& request, const StatsColumns& columns, const Comm& comm,
                     SearchHooks hooks, PhaseTimer& timer, Population<Sums>& population) {
  hooks.make_summary = [&] { return std::make_unique<RowCollector>(columns, population); };
  hooks.bytes_wanted = hooks.checkpoint == nullptr;
  if (hooks.checkpoint == nullptr) return search(request.search, comm, hooks, timer);
  hooks.checkpoint->keep(Population<Sums>::parts,
                         [&](std::size_t part) { return population.part_to_bytes(part); });
  SearchResult result = search(request.search, comm, hooks, timer);
  comm.agree("writing the checkpoint", [&] {
    if (result.status == Status::interrupted) hooks.checkpoint->write();
  });
  hooks.checkpoint->stop();
  return result;
}

// What a run keeps a state for, checked before the first row is read.
class StateJob {
 public:
  StateJob(const StatsRequest& request, const Comm& comm) : request_(request), comm_(comm) {}

  bool wanted() const { return !request_.state.empty() || request_.entities_root; }

  SearchHooks hooked(SearchHooks hooks) {
    if (!wanted()) return hooks;
    return planning_state(std::move(hooks), comm_, [this](const Opened& opened, const auto& lists) {
      if (!request_.state.empty()) check_distinct(opened);
      configuration_ = state_configuration(request_, opened, lists);
    });
  }

  // Collective.
  template <class Sums>
  void write(const Population<Sums>& population, StatsResult& result) {
    // Rows that were taken for pruned with a wrong proof are missing in the sums.
    if (!wanted() || result.search.audit.hits > 0) return;
    const auto root = root_of(population.entities, request_, configuration_, comm_);
    if (root) result.entities_root = root->root;
    if (request_.state.empty()) return;
    result.state = write_state(request_, configuration_, population, result.search, root, comm_);
  }

 private:
  const StatsRequest& request_;
  const Comm& comm_;
  std::string configuration_;
};

// Covariances cost most of the memory, and are looked at by few.
core::ProductSums products_of(const StatsRequest& request) {
  const bool all = request.correlate || request.anomalies || request.pairs ||
                   !request.state.empty() || request.entities_root;
  return all ? core::ProductSums::all : core::ProductSums::own;
}

template <class Sums>
StatsResult run(const StatsRequest& request, const Comm& comm, const SearchHooks& hooks,
                PhaseTimer& timer) {
  const StatsColumns columns(request);
  Population<Sums> population(configuration_of<Sums>(request, products_of(request)),
                              columns.features.size() + columns.keys.size());
  StatsResult result;
  StateJob state(request, comm);
  result.search = collect(request, columns, comm, state.hooked(hooks), timer, population);
  if (result.search.status == Status::interrupted) return result;
  timer.begin("hierarchy");
  population.exchange(comm);
  RecordJudges judges = report(request, population, comm, result);
  if (request.anomalies && request.anomalies->records) {
    timer.begin("records");
    judge_records<Sums>(request, columns, std::move(judges), population.entities.nothing(), comm,
                        hooks, result);
    if (result.search.status == Status::interrupted) return result;
  }
  if (state.wanted()) timer.begin("state");
  state.write(population, result);
  timer.end();
  return result;
}

}  // namespace

StatsResult stats(const StatsRequest& request, const Comm& comm, const SearchHooks& hooks,
                  PhaseTimer& timer) {
  if (request.unit_exponents.empty()) return run<core::ExactSums>(request, comm, hooks, timer);
  return run<core::FixedSums>(request, comm, hooks, timer);
}

}  // namespace trawl::fold
