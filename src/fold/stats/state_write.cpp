#include "fold/stats/state_write.hpp"

#include <memory>
#include <optional>

#include "fold/stats/state.hpp"
#include "fold/stats/state_entities.hpp"

namespace trawl::fold {
namespace {

using comm::Comm;

constexpr std::string_view phase = "writing the state";

// Collective. Calls `on_piece` on root with the records of all ranks, in order.
template <class Sorted, class Table>
void collect(const Table& table, const Comm& comm,
             const std::function<void(std::string_view)>& on_piece) {
  std::optional<Sorted> mine;
  comm.agree(phase, [&] { mine.emplace(table); });
  const Pieces pieces{[&] { return mine->next_piece(Pieces::bytes); },
                      [&] { return mine->done(); }};
  collect_pieces(phase, pieces, comm, on_piece);
}

}  // namespace

template <class Sums>
store::WrittenState write_state(const StatsRequest& request, const std::string& configuration,
                                const Population<Sums>& population, const SearchResult& search,
                                const std::optional<StateRoot>& root, const Comm& comm) {
  std::unique_ptr<store::StateWriter> writer;  // root only
  std::unique_ptr<EntitySection<Sums>> section;
  comm.agree(phase, [&] {
    if (!comm.is_root()) return;
    writer = std::make_unique<store::StateWriter>(request.state, std::string(stats_kind),
                                                  configuration, request.overwrite_state);
    writer->set_coverage(state_coverage(search));
    StateCounts counts(population.refusals.nulls.size());
    counts.rows = search.total.scanned + search.total.pruned;
    counts.matches = search.total.matches;
    counts.refusals = population.refusals;
    writer->add_section(counts_section);
    writer->append(bytes_of(counts.to_bytes()));
    if (request.distributions) writer->add_section(distributions_section);
  });
  if (request.distributions) {
    collect<SortedDistributions>(population.distributions, comm, [&](std::string_view records) {
      writer->append(bytes_of(records));
    });
  }
  comm.agree(phase, [&] {
    if (!comm.is_root()) return;
    section = std::make_unique<EntitySection<Sums>>(*writer, request);
  });
  collect<SortedEntities<Sums>>(population.entities, comm,
                                [&](std::string_view records) { section->append(records); });
  store::WrittenState written;
  comm.agree(phase, [&] {
    if (!comm.is_root()) return;
    section->finish();
    root.value().write(*writer);
    written = writer->finish();
  });
  return written;
}

template store::WrittenState write_state(const StatsRequest&, const std::string&,
                                         const Population<core::ExactSums>&, const SearchResult&,
                                         const std::optional<StateRoot>&, const Comm&);
template store::WrittenState write_state(const StatsRequest&, const std::string&,
                                         const Population<core::FixedSums>&, const SearchResult&,
                                         const std::optional<StateRoot>&, const Comm&);

}  // namespace trawl::fold
