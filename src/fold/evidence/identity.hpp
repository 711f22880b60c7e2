// What makes a record the same piece of evidence as another: entity, source and id; and the first
// look at every row, which marks that in the screen.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/fold/matches.hpp>

#include "fold/evidence/names.hpp"
#include "fold/evidence/row_block.hpp"
#include "fold/evidence/screen.hpp"

namespace trawl::fold {

// Hashes of identities, the same for equal ones. A column that there is not counts as the same name
// everywhere.
class IdentityReader {
 public:
  // Views by position in the selection; only those of the identity are read.
  IdentityReader(const EvidencePositions& columns, const ViewReader::Views& views);

  bool has_nulls() const { return entity_.has_nulls() || source_.has_nulls() || id_.has_nulls(); }
  bool is_whole(std::size_t row) const {
    return entity_.is_valid(row) && source_.is_valid(row) && id_.is_valid(row);
  }
  // Of rows that are whole, with the words of their entities and sources. Equal sizes.
  void hashes(RowSpan rows, std::span<const std::uint64_t> entities,
              std::span<const std::uint64_t> sources, std::span<std::uint64_t> out);

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

}  // namespace trawl::fold
