#include "fold/evidence/piece.hpp"

#include <algorithm>

#include "fold/stats/entity_key.hpp"

namespace trawl::fold {

void put_key(std::string& out, const evidence::Key& key) {
  put(out, static_cast<std::uint8_t>(key.index()));
  if (const auto* number = std::get_if<std::int64_t>(&key)) {
    put(out, *number);
  } else {
    put_text(out, std::get<std::string>(key));
  }
}

evidence::Key take_key(std::string_view& bytes) {
  const auto kind = take<std::uint8_t>(bytes);
  if (kind == 0) return take<std::int64_t>(bytes);
  if (kind != 1) throw Error("evidence: a name that is neither a number nor a text");
  return std::string(take_text(bytes));
}

void EntityNotes::merge(const EntityNotes& other) {
  accepted += other.accepted;
  refused += other.refused;
  least_prior = std::min(least_prior, other.least_prior);
  greatest_prior = std::max(greatest_prior, other.greatest_prior);
}

void EvidencePiece::clear() {
  constexpr std::size_t many = std::size_t{1} << 17;
  if (entities.size() + sources.size() + types.size() > many) {
    entities = sources = types = {};
    in_table = {};
    notes_.clear();
  }
  for (const std::uint32_t entity : noted)
    if (entity < notes_.size()) notes_[entity] = {};
  noted.clear();
  for (std::vector<Row>& of_part : rows) of_part.clear();
  candidates.clear();
  candidate_ends.clear();
  candidate_entities.clear();
  refusals = {};
}

}  // namespace trawl::fold
