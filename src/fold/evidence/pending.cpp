#include "fold/evidence/pending.hpp"

#include <algorithm>
#include <utility>

#include <trawl/base/digest.hpp>

#include "fold/evidence/candidate.hpp"
#include "fold/evidence/table.hpp"
#include "fold/stats/entity_key.hpp"

namespace trawl::fold {
namespace {

// Few records take little memory, and of many little is lost at the end.
constexpr std::size_t least_chunk = std::size_t{1} << 12, most_chunk = std::size_t{1} << 18;

// u64 hash of the entity, u32 size, record.
struct Waiting {
  std::uint64_t entity = 0;
  std::string_view record, whole;
};

Waiting take_waiting(std::string_view& bytes) {
  const std::string_view from_here = bytes;
  Waiting waiting;
  waiting.entity = take<std::uint64_t>(bytes);
  waiting.record = take_text(bytes);
  waiting.whole = from_here.substr(0, from_here.size() - bytes.size());
  return waiting;
}

}  // namespace

void PendingRecords::add(std::uint64_t entity, std::string_view record) {
  Bucket& bucket = bucket_of(entity);
  const std::size_t size = sizeof entity + sizeof(std::uint32_t) + record.size();
  std::vector<std::string>& chunks = bucket.chunks;
  if (chunks.empty() || chunks.back().size() + size > chunks.back().capacity()) {
    const std::size_t next = chunks.empty() ? least_chunk : 2 * chunks.back().capacity();
    chunks.emplace_back().reserve(std::max(std::min(next, most_chunk), size));
  }
  put(chunks.back(), entity);
  put_text(chunks.back(), record);
  bucket.bytes += size;
  in_memory_ += size;
  if (in_memory_ > memory_.bytes) spill();
}

void PendingRecords::spill() {
  if (!file_) {
    file_.emplace(memory_.folder.empty() ? std::filesystem::temp_directory_path() : memory_.folder,
                  "records that wait to be compared (--compare-memory)");
  }
  for (Share& share : buckets_) {
    for (Bucket& bucket : share) {
      for (const std::string& chunk : bucket.chunks) bucket.extents.push_back(file_->append(chunk));
      bucket.chunks = {};
    }
  }
  in_memory_ = 0;
}

template <class Function>
void PendingRecords::each(const Bucket& bucket, const Function& function) const {
  std::string read;
  for (const SpillFile::Extent& extent : bucket.extents) {
    read.resize(extent.bytes);
    file_->read(extent, read.data());
    function(std::string_view(read));
  }
  for (const std::string& chunk : bucket.chunks) function(std::string_view(chunk));
}

std::vector<std::uint64_t> PendingRecords::share_bytes() const {
  std::vector<std::uint64_t> out(shares);
  for (std::size_t i = 0; i < shares; ++i)
    for (const Bucket& bucket : buckets_[i]) out[i] += bucket.bytes;
  return out;
}

void PendingRecords::append_part(std::string& out, std::size_t part) const {
  for (const Share& share : buckets_)
    each(share[part], [&](std::string_view records) { out += records; });
}

void PendingRecords::merge(std::string_view bytes) {
  while (!bytes.empty()) {
    const Waiting waiting = take_waiting(bytes);
    add(waiting.entity, waiting.record);
  }
}

std::vector<std::vector<char>> PendingRecords::take_shares(std::size_t part, std::size_t first,
                                                           std::size_t last, std::size_t ranks) {
  std::vector<std::vector<char>> out(ranks);
  std::size_t bytes = 0;
  for (std::size_t i = first; i < last; ++i) bytes += buckets_[i][part].bytes;
  for (std::vector<char>& of_rank : out) of_rank.reserve(bytes / ranks + bytes / 16);
  for (std::size_t i = first; i < last; ++i) {
    Bucket& bucket = buckets_[i][part];
    each(bucket, [&](std::string_view records) {
      while (!records.empty()) {
        const Waiting waiting = take_waiting(records);
        std::vector<char>& to = out[owner_of(waiting.entity, ranks)];
        to.insert(to.end(), waiting.whole.begin(), waiting.whole.end());
      }
    });
    bucket = {};
  }
  return out;
}

// By the entity's hash, then that of the identity, as one number: quicker than by their bytes,
// which decide where the number does not.
std::vector<std::string_view> sorted_records(const std::vector<std::vector<char>>& messages) {
  constexpr std::uint64_t of_entity = ~std::uint64_t{0} << 40;
  std::vector<std::pair<std::uint64_t, std::string_view>> records;
  for (const std::vector<char>& message : messages) {
    std::string_view rest(message.data(), message.size());
    while (!rest.empty()) {
      const Waiting waiting = take_waiting(rest);
      const std::uint64_t identity = xxh3(bytes_of(split_candidate(waiting.record).identity));
      records.emplace_back((waiting.entity & of_entity) | (identity & ~of_entity), waiting.record);
    }
  }
  std::ranges::sort(records);
  std::vector<std::string_view> out;
  out.reserve(records.size());
  for (const auto& [order, record] : records) out.push_back(record);
  return out;
}

}  // namespace trawl::fold
