// Records that wait until all that share their identity are together.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fold/evidence/piece.hpp"

namespace trawl::fold {

// In parts by entity, in chunks that are never copied to grow. Not thread-safe.
class PendingRecords {
 public:
  // `entity`: stats::hash_of; `record`: append_candidate.
  void add(std::uint64_t entity, std::string_view record);

  // What merge() takes.
  void append_part(std::string& out, std::size_t part) const;
  void merge(std::string_view bytes);

  // Takes the records of a part away: per rank those of entities that it owns, for sorted_records.
  std::vector<std::vector<char>> take_part(std::size_t part, std::size_t ranks);

 private:
  std::array<std::vector<std::string>, EvidencePiece::parts> chunks_;
};

// The records in messages of take_part, which must live as long. Records of one identity follow
// each other, in the order of their bytes; those of an entity are near each other.
std::vector<std::string_view> sorted_records(const std::vector<std::vector<char>>& messages);

}  // namespace trawl::fold
