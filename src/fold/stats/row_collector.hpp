// What a thread keeps of the matching rows of one piece of work, until the population has them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <trawl/fold/matches.hpp>

#include "fold/stats/hash_index.hpp"
#include "fold/stats/population.hpp"
#include "fold/stats/row_reader.hpp"

namespace trawl::fold {

class RowCollector : public RowSummary {
 public:
  // Both must live as long.
  RowCollector(const StatsColumns& columns, PieceSink& sink);
  ~RowCollector() override;

  void add(const GroupRef& group, std::span<const std::uint64_t> matches,
           core::ColumnSource& columns) override;
  void complete() override;
  // What an earlier run has journaled goes where pieces go; so did a piece that is complete.
  void merge(std::string_view bytes) override { sink_.merge(bytes); }
  void take(RowSummary&) override {}
  std::string to_bytes() const override { return sink_.to_bytes(piece_); }

 private:
  // Memory for a piece of work, kept by a thread from one to the next: the system takes longer to
  // give it than we to fill it.
  struct Memory {
    HashIndex numbers;
    EntityBatch batch;
    std::vector<NullCell> nulls;
  };
  static Memory& spare();
  std::uint32_t entity();

  const StatsColumns& columns_;
  PieceSink& sink_;
  Piece piece_;  // its batch grows with add(), the rest is made by complete()
  RowReader reader_;
  HashIndex numbers_;  // of the batch's keys
  std::vector<NullCell> nulls_;
};

}  // namespace trawl::fold
