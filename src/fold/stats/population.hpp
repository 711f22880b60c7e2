// What is known of the rows that matched: all that reports are made of, and that state files keep.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "fold/stats/columns.hpp"
#include "fold/stats/distributions.hpp"
#include "fold/stats/entity_table.hpp"

namespace trawl::fold {

// What a piece of work brings: the records of its rows, and those that are none.
struct Piece {
  EntityBatch batch;
  RefusalCounts refusals;
  PathDistributions distributions;  // where they are wanted
};

// Where pieces go. Thread-safe.
class PieceSink {
 public:
  virtual ~PieceSink() = default;
  virtual void add(const Piece& piece) = 0;
  // For the journal of a run, and back. DataError for bytes that this did not write.
  virtual std::string to_bytes(const Piece& piece) const = 0;
  virtual void merge(std::string_view bytes) = 0;
};

// A summary, spread over the ranks.
template <class Sums>
class Population final : public PieceSink {
 public:
  // `columns`: as many as StatsColumns has features and keys.
  Population(typename Sums::Configuration configuration, std::size_t columns);

  void add(const Piece& piece) override;
  // Per entity its rows or their moments, whichever is shorter: at most what was read, and little
  // where entities have many rows.
  std::string to_bytes(const Piece& piece) const override;
  void merge(std::string_view bytes) override;
  // All that was added, in parts that merge() takes. Not while others add.
  static constexpr std::size_t parts = EntityTable<Sums>::parts;
  std::string part_to_bytes(std::size_t part) const;

  // Collective, once, after all rows were added: every entity, and every path, is on one rank then,
  // and the refusals are those of all ranks.
  void exchange(const comm::Comm& comm);

  EntityTable<Sums> entities;
  DistributionTable distributions;  // of the paths that rows name
  RefusalCounts refusals;           // features, then keys, as StatsColumns has them

 private:
  void add(const RefusalCounts& more);

  std::mutex mutex_;  // guards refusals while pieces are added
};

extern template class Population<core::ExactSums>;
extern template class Population<core::FixedSums>;

}  // namespace trawl::fold
