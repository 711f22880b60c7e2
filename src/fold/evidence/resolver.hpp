// Records that may come twice, each counted once.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "fold/evidence/candidate.hpp"
#include "fold/evidence/names.hpp"
#include "fold/evidence/table.hpp"

namespace trawl::fold {

// Two records of one identity. Of more than two contents, the two least, each at its least place.
struct EquivocationRecords {
  Candidate first, second;
};

// Of the entities of one part of the table. Local; one thread each.
class Resolver {
 public:
  // Both must live as long.
  Resolver(EvidenceTable& table, const evidence::Rules& rules) : table_(table), rules_(rules) {}

  // Records as by sorted_records(). O(records); quick when those of an entity follow each other.
  void add(std::span<const std::string_view> sorted);

  std::vector<EquivocationRecords> equivocations;
  std::uint64_t compared = 0;  // records whose identity others have too

 private:
  void add_identity(std::span<const std::string_view> records);
  SourceState& state_of(const Candidate& record);

  EvidenceTable& table_;
  const evidence::Rules& rules_;
  std::optional<evidence::Key> entity_;
  EntityState* state_ = nullptr;         // of that entity
  Names sources_;                        // those seen
  std::vector<std::uint32_t> in_table_;  // what the table calls them
  std::vector<std::string_view> contents_;
};

}  // namespace trawl::fold
