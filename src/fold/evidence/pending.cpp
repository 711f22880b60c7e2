#include "fold/evidence/pending.hpp"

#include <algorithm>
#include <utility>

#include <trawl/base/digest.hpp>

#include "fold/evidence/candidate.hpp"
#include "fold/evidence/table.hpp"
#include "fold/stats/entity_key.hpp"

namespace trawl::fold {
namespace {

constexpr std::size_t chunk_bytes = std::size_t{1} << 20;

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
  std::vector<std::string>& chunks = chunks_[EvidencePiece::part_of(entity)];
  const std::size_t size = sizeof entity + sizeof(std::uint32_t) + record.size();
  if (chunks.empty() || chunks.back().size() + size > chunks.back().capacity())
    chunks.emplace_back().reserve(std::max(chunk_bytes, size));
  put(chunks.back(), entity);
  put_text(chunks.back(), record);
}

void PendingRecords::append_part(std::string& out, std::size_t part) const {
  for (const std::string& chunk : chunks_[part]) out += chunk;
}

void PendingRecords::merge(std::string_view bytes) {
  while (!bytes.empty()) {
    const Waiting waiting = take_waiting(bytes);
    add(waiting.entity, waiting.record);
  }
}

std::vector<std::vector<char>> PendingRecords::take_part(std::size_t part, std::size_t ranks) {
  std::vector<std::vector<char>> out(ranks);
  std::size_t bytes = 0;
  for (const std::string& chunk : chunks_[part]) bytes += chunk.size();
  for (std::vector<char>& of_rank : out) of_rank.reserve(bytes / ranks + bytes / 16);
  for (std::string& chunk : chunks_[part]) {
    std::string_view rest = chunk;
    while (!rest.empty()) {
      const Waiting waiting = take_waiting(rest);
      std::vector<char>& to = out[owner_of(waiting.entity, ranks)];
      to.insert(to.end(), waiting.whole.begin(), waiting.whole.end());
    }
    chunk = {};  // whose memory the next messages can have
  }
  chunks_[part] = {};
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
