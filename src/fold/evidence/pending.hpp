// Records that wait until all that share their identity are together.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fold/evidence/piece.hpp"
#include "fold/evidence/spill_file.hpp"

namespace trawl::fold {

// Where records may wait: so many bytes of them in memory, more in a file in `folder`.
struct PendingMemory {
  std::uint64_t bytes = ~std::uint64_t{0};
  std::filesystem::path folder;  // empty: where this system has files that do not last
};

// In buckets by entity, so that few need be in memory at once: each of the table's parts has
// `shares` of them. Not thread-safe, but for take_share.
class PendingRecords {
 public:
  static constexpr std::size_t shares = 64;

  explicit PendingRecords(PendingMemory memory = {}) : memory_(std::move(memory)) {}

  // `entity`: stats::hash_of; `record`: append_candidate. DataError of the file.
  void add(std::uint64_t entity, std::string_view record);
  // Of the shares of all parts.
  std::vector<std::uint64_t> share_bytes() const;
  bool spilled() const { return file_.has_value(); }

  // What merge() takes.
  void append_part(std::string& out, std::size_t part) const;
  void merge(std::string_view bytes);

  // Takes the records of shares [first, last) of a part away: per rank those of entities that it
  // owns, for sorted_records. Several parts at once if wanted.
  std::vector<std::vector<char>> take_shares(std::size_t part, std::size_t first, std::size_t last,
                                             std::size_t ranks);

 private:
  struct Bucket {
    std::vector<std::string> chunks;
    std::vector<SpillFile::Extent> extents;
    std::uint64_t bytes = 0;
  };
  using Share = std::array<Bucket, EvidencePiece::parts>;

  Bucket& bucket_of(std::uint64_t entity) {
    return buckets_[entity / EvidencePiece::parts % shares][EvidencePiece::part_of(entity)];
  }
  void spill();
  // Calls function(bytes) for records of the bucket.
  template <class Function>
  void each(const Bucket& bucket, const Function& function) const;

  PendingMemory memory_;
  std::uint64_t in_memory_ = 0;  // bytes
  std::optional<SpillFile> file_;
  std::array<Share, shares> buckets_;
};

// The records in messages of take_shares, which must live as long. Records of one identity follow
// each other, in the order of their bytes; those of an entity are near each other.
std::vector<std::string_view> sorted_records(const std::vector<std::vector<char>>& messages);

}  // namespace trawl::fold
