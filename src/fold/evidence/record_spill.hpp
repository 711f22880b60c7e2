// All records of a run on disk, in buckets by the hash of their identities, until each bucket is
// brought together: so that a state can keep more identities than memory holds.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "fold/evidence/collector.hpp"
#include "fold/evidence/spill_file.hpp"

namespace trawl::fold {

// One file for each rank. Adding is thread-safe.
class RecordSpill {
 public:
  static constexpr std::size_t buckets = 256;
  static constexpr std::size_t bucket_of(std::uint64_t hash) { return hash >> 56; }

  // Local. DataError: no file can be made in `folder`.
  explicit RecordSpill(const std::filesystem::path& folder);

  // Bytes that a bucket reads back.
  void add(std::size_t bucket, std::string_view bytes);
  std::uint64_t bytes(std::size_t bucket) const { return buckets_[bucket].bytes; }
  // Once, when all is added: all bytes of a bucket, in any order of the calls.
  std::string take(std::size_t bucket);

 private:
  struct Bucket {
    std::uint64_t bytes = 0;
    std::string unwritten;
    std::vector<SpillFile::Extent> extents;
  };

  SpillFile file_;
  std::mutex mutex_;
  std::array<Bucket, buckets> buckets_;
};

// Brings the records of rows, all of them, to a spill.
class RecordSpiller final : public EvidenceCollector {
 public:
  // `every`: a screen by which all identities may repeat.
  RecordSpiller(const EvidenceRequest& request, const EvidencePositions& columns,
                const IdentityScreen& every, EvidencePopulation& unused, RecordSpill& spill)
      : EvidenceCollector(request, columns, &every, unused), spill_(spill) {}

  void complete() override;
  void merge(std::string_view) override {}
  std::string to_bytes() const override { return {}; }

 private:
  RecordSpill& spill_;
};

}  // namespace trawl::fold
