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
  // What a table calls the names, as far as it was told of them.
  struct Numbers {
    std::vector<std::uint32_t> entities, sources, types;
  };

  Names entities, sources, types;
  Numbers in_table;
  std::array<std::vector<Row>, parts> rows;  // unique for certain
  std::string candidates;                    // append_candidate of each
  std::vector<std::uint64_t> candidate_ends;
  std::vector<std::uint32_t> candidate_entities;
  EvidenceRefusals refusals;
  std::vector<std::uint32_t> noted;  // entities of which there is something to note

  // The caller notes something; `accepted` counts candidates only.
  EntityNotes& note(std::uint32_t entity) {
    if (notes_.size() <= entity) notes_.resize(entities.size());
    if (notes_[entity] == EntityNotes()) noted.push_back(entity);
    return notes_[entity];
  }
  const EntityNotes& noted_of(std::uint32_t entity) const { return notes_[entity]; }
  std::string_view candidate(std::size_t i) const {
    const std::uint64_t begin = i == 0 ? 0 : candidate_ends[i - 1];
    return std::string_view(candidates).substr(begin, candidate_ends[i] - begin);
  }
  // For the rows of other work: its memory and, unless they are very many, its names stay.
  void clear();

 private:
  std::vector<EntityNotes> notes_;  // by entity
};

// As stats::append_bytes.
void put_key(std::string& out, const evidence::Key& key);
evidence::Key take_key(std::string_view& bytes);

}  // namespace trawl::fold
