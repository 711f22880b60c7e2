// What is known of the rows that matched: all that reports are made of, and that state files keep.
#pragma once

#include <utility>

#include "fold/stats/columns.hpp"
#include "fold/stats/entity_table.hpp"

namespace trawl::fold {

// A summary, spread over the ranks.
template <class Sums>
struct Population {
  Population(typename Sums::Configuration configuration, std::size_t columns)
      : entities(std::move(configuration)), refusals(columns) {}

  // Collective, once, after all rows were added: every entity is on one rank then, and the
  // refusals are those of all ranks.
  void exchange(const comm::Comm& comm) {
    entities.exchange(comm);
    refusals.share(comm);
  }

  EntityTable<Sums> entities;
  RefusalCounts refusals;  // features, then keys, as StatsColumns has them
};

}  // namespace trawl::fold
