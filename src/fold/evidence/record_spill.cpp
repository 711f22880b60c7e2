#include "fold/evidence/record_spill.hpp"

#include <trawl/base/digest.hpp>

#include "fold/evidence/state_record.hpp"
#include "fold/stats/entity_key.hpp"

namespace trawl::fold {
namespace {

// Of one bucket in memory: writes of this size are quick on every disk.
constexpr std::size_t extent_bytes = std::size_t{64} << 10;

}  // namespace

RecordSpill::RecordSpill(const std::filesystem::path& folder)
    : file_(folder, "the records of the state, which is written into a folder of that disk,") {}

void RecordSpill::add(std::size_t number, std::string_view bytes) {
  if (bytes.empty()) return;
  const std::lock_guard lock(mutex_);
  Bucket& bucket = buckets_[number];
  bucket.bytes += bytes.size();
  bucket.unwritten += bytes;
  if (bucket.unwritten.size() < extent_bytes) return;
  bucket.extents.push_back(file_.append(bucket.unwritten));
  bucket.unwritten.clear();
}

std::string RecordSpill::take(std::size_t number) {
  Bucket& bucket = buckets_[number];
  std::string out(bucket.bytes - bucket.unwritten.size(), '\0');
  std::size_t at = 0;
  for (const SpillFile::Extent& extent : bucket.extents) {
    file_.read(extent, out.data() + at);
    at += extent.bytes;
  }
  out += bucket.unwritten;
  bucket = {};
  return out;
}

// A record: u32 size of the identity, identity, u32 size of the content, content.
void RecordSpiller::complete() {
  std::array<std::string, RecordSpill::buckets> texts;
  for (std::size_t i = 0; i < piece_.candidate_ends.size(); ++i) {
    const CandidateBytes record = split_candidate(piece_.candidate(i));
    std::string& text = texts[RecordSpill::bucket_of(xxh3(bytes_of(record.identity)))];
    put_text(text, record.identity);
    put_text(text, record.content);
  }
  for (std::size_t bucket = 0; bucket < texts.size(); ++bucket) spill_.add(bucket, texts[bucket]);
  piece_ = {};
}

}  // namespace trawl::fold
