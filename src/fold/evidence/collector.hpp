// The second look at every row: taking what it says.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include <trawl/fold/matches.hpp>

#include "fold/evidence/identity.hpp"
#include "fold/evidence/population.hpp"

namespace trawl::fold {

// Pass 2. What a thread keeps of the rows of one piece of work, until the population has them.
class EvidenceCollector : public RowSummary {
 public:
  // All must live as long. `screen`: null when there are no ids.
  EvidenceCollector(const EvidenceRequest& request, const EvidencePositions& columns,
                    const IdentityScreen* screen, EvidencePopulation& population)
      : request_(request),
        columns_(columns),
        screen_(screen),
        population_(population),
        with_types_(std::isfinite(request.rules.max_group_weight)),
        piece_(population.take_piece()) {}

  void add(const GroupRef& group, std::span<const std::uint64_t> matches,
           core::ColumnSource& columns) override;
  void complete() override {
    population_.add(piece_);
    population_.give_back(std::move(piece_));
  }
  // Of a checkpoint.
  void merge(std::string_view bytes) override {
    if (!bytes.empty()) population_.merge(bytes);
  }
  void take(RowSummary&) override {}
  std::string to_bytes() const override { return {}; }

 private:
  struct Rows;
  struct Block;
  // Those of which nothing is NULL but the time and the type, in `kept`; the others are refused.
  RowSpan without_nulls(Rows& rows, RowSpan block, PerRow<std::uint32_t>& kept);
  void add_block(Rows& rows, RowSpan block);
  void normalise(const Rows& rows, Block& block) const;
  void keep(Rows& rows, const Block& block);
  void refuse(RowRefusal refusal, std::uint32_t entity);
  void keep_candidate(Rows& rows, std::size_t row, const RowNumbers& numbers, std::uint32_t entity);

  const EvidenceRequest& request_;
  const EvidencePositions& columns_;
  const IdentityScreen* screen_;
  EvidencePopulation& population_;
  const bool with_types_;

 protected:
  EvidencePiece piece_;
};

}  // namespace trawl::fold
