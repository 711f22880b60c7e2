// What a piece of work brings: records that are certainly unique, ready to be summed, and those
// that may come twice.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/fold/evidence.hpp>

#include "fold/evidence/names.hpp"

namespace trawl::fold {

// Rows of an entity, and the priors that they say it has. A summary.
struct EntityNotes {
  std::int64_t accepted = 0, refused = 0;
  double least_prior = std::numeric_limits<double>::infinity();
  double greatest_prior = -std::numeric_limits<double>::infinity();

  void merge(const EntityNotes& other);
  bool operator==(const EntityNotes&) const = default;
};

struct EvidencePiece {
  // In parts by entity, as EvidenceTable has them.
  static constexpr std::size_t parts = 16;
  static std::size_t part_of(std::uint64_t entity_hash) { return entity_hash % parts; }

  struct Row {
    std::uint32_t entity = 0, source = 0, type = 0;
    std::uint32_t clamped = 0;
    double value = 0, weight = 0;  // as evidence::Contribution
  };

  Names entities, sources, types;
  // By entity, as far as there is something to note; `accepted` counts candidates only.
  std::vector<EntityNotes> notes;
  std::array<std::vector<Row>, parts> rows;  // unique for certain
  std::string candidates;                    // append_candidate of each
  std::vector<std::uint64_t> candidate_ends;
  std::vector<std::uint32_t> candidate_entities;
  EvidenceRefusals refusals;

  EntityNotes& note(std::uint32_t entity) {
    if (notes.size() <= entity) notes.resize(entities.size());
    return notes[entity];
  }
  std::string_view candidate(std::size_t i) const {
    const std::uint64_t begin = i == 0 ? 0 : candidate_ends[i - 1];
    return std::string_view(candidates).substr(begin, candidate_ends[i] - begin);
  }
};

// As stats::append_bytes.
void put_key(std::string& out, const evidence::Key& key);
evidence::Key take_key(std::string_view& bytes);

}  // namespace trawl::fold
