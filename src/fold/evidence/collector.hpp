// The two looks at every row: marking identities, and taking what the row says.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <trawl/fold/matches.hpp>

#include "fold/evidence/population.hpp"
#include "fold/evidence/screen.hpp"

namespace trawl::fold {

// Hashes of identities, the same for equal ones. A column that there is not counts as the same name
// everywhere.
class IdentityReader {
 public:
  // Views by position in the selection; only those of the identity are read.
  IdentityReader(const EvidencePositions& columns, const std::vector<const ColumnView*>& views);
  bool is_whole(std::size_t row) const {
    return entity_.is_valid(row) && source_.is_valid(row) && id_.is_valid(row);
  }
  // Of rows that are whole. Equal sizes.
  void hashes(std::span<const std::uint32_t> rows, std::span<std::uint64_t> out);
  NameReader& entity() { return entity_; }
  NameReader& source() { return source_; }
  NameReader& id() { return id_; }

 private:
  NameReader entity_, source_, id_;
};

// Pass 1. Rows go straight into the screen: nothing to merge.
class IdentityMarker final : public RowSummary {
 public:
  enum class Task : std::uint8_t { mark, test };
  IdentityMarker(const EvidencePositions& columns, Task task, IdentityScreen& screen)
      : columns_(columns), task_(task), screen_(screen) {}

  void add(const GroupRef& group, std::span<const std::uint64_t> matches,
           core::ColumnSource& columns) override;
  void merge(std::string_view) override {}
  void take(RowSummary&) override {}
  std::string to_bytes() const override { return {}; }

 private:
  const EvidencePositions& columns_;
  const Task task_;
  IdentityScreen& screen_;
};

// Pass 2. What a thread keeps of the rows of one piece of work, until the population has them.
class EvidenceCollector : public RowSummary {
 public:
  // All must live as long. `screen`: null when there are no ids.
  EvidenceCollector(const EvidenceRequest& request, const EvidencePositions& columns,
                    const IdentityScreen* screen, EvidencePopulation& population)
      : request_(request), columns_(columns), screen_(screen), population_(population) {
    piece_.rows = population_.take_rows();
  }

  void add(const GroupRef& group, std::span<const std::uint64_t> matches,
           core::ColumnSource& columns) override;
  void complete() override {
    population_.add(piece_);
    population_.give_back(std::exchange(piece_.rows, {}));
  }
  // Of a checkpoint.
  void merge(std::string_view bytes) override {
    if (!bytes.empty()) population_.merge(bytes);
  }
  void take(RowSummary&) override {}
  std::string to_bytes() const override { return {}; }

 private:
  struct Rows;
  std::vector<std::uint64_t> candidates_of(std::span<const std::uint64_t> matches,
                                           IdentityReader identity) const;
  void add_block(Rows& rows, std::span<const std::uint32_t> block,
                 std::span<const std::uint64_t> candidates);
  void add_whole(Rows& rows, std::span<const std::uint32_t> block,
                 std::span<const std::uint32_t> entities,
                 std::span<const std::uint64_t> candidates);
  void refuse(RowRefusal refusal, std::uint32_t entity);
  void keep_candidate(Rows& rows, std::size_t row, const RowNumbers& numbers, std::uint32_t entity);

  const EvidenceRequest& request_;
  const EvidencePositions& columns_;
  const IdentityScreen* screen_;
  EvidencePopulation& population_;

 protected:
  EvidencePiece piece_;
};

}  // namespace trawl::fold
