#include "fold/evidence/piece.hpp"

#include <algorithm>

#include "fold/stats/entity_key.hpp"

namespace trawl::fold {
namespace {

void put_names(std::string& out, const Names& names) {
  put(out, static_cast<std::uint64_t>(names.size()));
  for (std::size_t i = 0; i < names.size(); ++i) put_key(out, names[i]);
}

Names take_names(std::string_view& bytes) {
  Names names;
  for (auto left = take<std::uint64_t>(bytes); left > 0; --left) names.number(take_key(bytes));
  return names;
}

template <class T>
void put_items(std::string& out, const std::vector<T>& items) {
  put(out, static_cast<std::uint64_t>(items.size()));
  out.append(reinterpret_cast<const char*>(items.data()), items.size() * sizeof(T));
}

template <class T>
std::vector<T> take_items(std::string_view& bytes) {
  const auto count = take<std::uint64_t>(bytes);
  if (count > bytes.size()) throw Error("evidence: the bytes of a piece of work are truncated");
  std::vector<T> items(count);
  const std::string_view raw = take_bytes(bytes, count * sizeof(T));
  if (count > 0) std::memcpy(items.data(), raw.data(), raw.size());
  return items;
}

}  // namespace

void put_key(std::string& out, const evidence::Key& key) {
  put(out, static_cast<std::uint8_t>(key.index()));
  if (const auto* number = std::get_if<std::int64_t>(&key)) {
    put(out, *number);
  } else {
    put_text(out, std::get<std::string>(key));
  }
}

evidence::Key take_key(std::string_view& bytes) {
  if (take<std::uint8_t>(bytes) == 0) return take<std::int64_t>(bytes);
  return std::string(take_text(bytes));
}

void EntityNotes::merge(const EntityNotes& other) {
  accepted += other.accepted;
  refused += other.refused;
  least_prior = std::min(least_prior, other.least_prior);
  greatest_prior = std::max(greatest_prior, other.greatest_prior);
}

std::string EvidencePiece::to_bytes() const {
  std::string out;
  put(out, refusals);
  put_names(out, entities);
  put_names(out, sources);
  put_names(out, types);
  put_items(out, notes);
  put_items(out, rows);
  put_items(out, candidate_ends);
  put_items(out, candidate_entities);
  out += candidates;
  return out;
}

EvidencePiece EvidencePiece::from_bytes(std::string_view bytes) {
  EvidencePiece piece;
  piece.refusals = take<EvidenceRefusals>(bytes);
  piece.entities = take_names(bytes);
  piece.sources = take_names(bytes);
  piece.types = take_names(bytes);
  piece.notes = take_items<EntityNotes>(bytes);
  piece.rows = take_items<Row>(bytes);
  piece.candidate_ends = take_items<std::uint64_t>(bytes);
  piece.candidate_entities = take_items<std::uint32_t>(bytes);
  piece.candidates = bytes;
  return piece;
}

}  // namespace trawl::fold
