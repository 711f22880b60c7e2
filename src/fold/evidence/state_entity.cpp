#include "fold/evidence/state_entity.hpp"

#include <algorithm>
#include <tuple>

#include <trawl/base/error.hpp>

#include "fold/stats/entity_key.hpp"
#include "fold/stats/state_root.hpp"

namespace trawl::fold {
namespace {

bool says_nothing(const SourceState& source) {
  return source.sums.is_zero() && source.duplicates == 0 && source.withheld == 0 &&
         source.equivocations == 0;
}

std::int64_t rows_of(const SourceState& source) {
  return source.sums.records() + source.duplicates + source.withheld;
}

bool are_priors(const EntityNotes& notes) {
  const EntityNotes none;
  if (notes.accepted == 0)
    return notes.least_prior == none.least_prior && notes.greatest_prior == none.greatest_prior;
  return notes.least_prior > 0 && notes.least_prior <= notes.greatest_prior &&
         notes.greatest_prior < 1;
}

void append_source(std::string& out, const evidence::Key& key, const SourceState& source) {
  put_key(out, key);
  put(out, source.duplicates);
  put(out, source.withheld);
  put(out, source.equivocations);
  const std::vector<std::byte> sums = source.sums.to_bytes();
  out.append(reinterpret_cast<const char*>(sums.data()), sums.size());
}

SourceState take_source(std::string_view& bytes) {
  SourceState source;
  source.duplicates = take<std::int64_t>(bytes);
  source.withheld = take<std::int64_t>(bytes);
  source.equivocations = take<std::int64_t>(bytes);
  Bytes rest = bytes_of(bytes);
  source.sums = evidence::SourceSums::read(rest);
  bytes.remove_prefix(bytes.size() - rest.size());
  if (source.duplicates < 0 || source.equivocations < 0 ||
      source.withheld < 2 * source.equivocations || says_nothing(source))
    throw DataError("counts that cannot be");
  return source;
}

}  // namespace

void EvidenceEntity::merge(const EvidenceEntity& other) {
  notes.merge(other.notes);
  for (const auto& [key, from] : other.sources) {
    SourceState& into = sources[key];
    into.sums.merge(from.sums);
    into.duplicates += from.duplicates;
    into.withheld += from.withheld;
    into.equivocations += from.equivocations;
  }
}

void EvidenceEntity::change(std::map<evidence::Key, SourceState>::iterator at,
                            const SourceState& added, const SourceState& removed) {
  SourceState& source = at->second;
  notes.accepted -= rows_of(source);
  source.sums.merge(added.sums);
  source.sums.subtract(removed.sums);
  source.duplicates += added.duplicates - removed.duplicates;
  source.withheld += added.withheld - removed.withheld;
  source.equivocations += added.equivocations - removed.equivocations;
  notes.accepted += rows_of(source);
  if (says_nothing(source)) sources.erase(at);
}

evidence::Total EvidenceEntity::total() const {
  evidence::Total total;
  total.refused = notes.refused;
  for (const auto& [key, source] : sources) {
    total.add(source.sums);
    total.duplicates += source.duplicates;
    total.withheld += source.withheld;
  }
  return total;
}

void EvidenceEntity::append_bytes(std::string& out, bool priors) const {
  put(out, notes.refused);
  if (priors) put(out, notes.least_prior);
  if (priors) put(out, notes.greatest_prior);
  put(out, static_cast<std::uint64_t>(sources.size()));
  for (const auto& [key, source] : sources) append_source(out, key, source);
}

EvidenceEntity EvidenceEntity::from_bytes(std::string_view bytes, bool priors) {
  EvidenceEntity out;
  out.notes.refused = take<std::int64_t>(bytes);
  if (priors) out.notes.least_prior = take<double>(bytes);
  if (priors) out.notes.greatest_prior = take<double>(bytes);
  for (auto left = take<std::uint64_t>(bytes); left > 0; --left) {
    evidence::Key key = take_key(bytes);
    if (!out.sources.empty() && !(out.sources.rbegin()->first < key))
      throw DataError("sources out of order");
    const SourceState source = take_source(bytes);
    out.notes.accepted += rows_of(source);
    out.sources.emplace_hint(out.sources.end(), std::move(key), source);
  }
  if (!bytes.empty() || out.notes.refused < 0 || out.empty()) throw DataError("no entity");
  if (priors && !are_priors(out.notes)) throw DataError("priors that cannot be");
  return out;
}

EvidenceEntity entity_of(const EntityState& state, const EvidenceTable& table, bool priors) {
  EvidenceEntity out;
  out.notes.accepted = state.notes.accepted;
  out.notes.refused = state.notes.refused;
  if (priors) out.notes = state.notes;
  for (const auto& [number, source] : state.sources)
    if (!says_nothing(source)) out.sources.emplace(table.source(number), source);
  return out;
}

void put_record(std::string& out, const evidence::Key& key, const EvidenceEntity& entity,
                bool priors) {
  std::string bytes;
  entity.append_bytes(bytes, priors);
  put_text(out, EntityKey{key, {}}.to_bytes());
  put_text(out, bytes);
}

std::string evidence_leaf_key(std::uint64_t hash, std::string_view sort_bytes,
                              std::string_view entity_bytes) {
  std::string key = leaf_key(hash, sort_bytes);
  const Sha256Digest digest = sha256(bytes_of(entity_bytes));
  return key.append(reinterpret_cast<const char*>(digest.data()), digest.size());
}

SortedEvidence::SortedEvidence(const EvidenceTable& table, bool priors)
    : table_(table), priors_(priors) {
  for (std::size_t part = 0; part < EvidenceTable::parts; ++part) {
    table.each_of(part, [&](const evidence::Key& key, const EntityState& state) {
      if (state.notes.accepted == 0 && state.notes.refused == 0) return;
      items_.push_back({stats::hash_of(key), EntityKey{key, {}}.sort_bytes(), &key, &state});
    });
  }
  std::ranges::sort(items_, {}, [](const Item& item) { return std::tie(item.hash, item.order); });
}

std::vector<char> SortedEvidence::next_piece(std::size_t bytes) {
  std::string piece;
  for (; next_ < items_.size() && piece.size() < bytes; ++next_) {
    const Item& item = items_[next_];
    put_record(piece, *item.key, entity_of(*item.state, table_, priors_), priors_);
  }
  return {piece.begin(), piece.end()};
}

void SortedEvidence::each_leaf(std::size_t begin, std::size_t end,
                               const std::function<void(Bytes, Bytes)>& function) const {
  for (std::size_t i = begin; i < end; ++i) {
    const Item& item = items_[i];
    const EvidenceEntity entity = entity_of(*item.state, table_, priors_);
    std::string bytes;
    entity.append_bytes(bytes, priors_);
    const std::string key = evidence_leaf_key(item.hash, item.order, bytes);
    function(bytes_of(key), entity.total().to_bytes());
  }
}

bool EvidenceEntityReader::next() {
  bytes_.skip(record_);
  record_ = 0;
  if (bytes_.done()) return false;
  const auto size_at = [&](std::size_t offset) {
    std::string_view bytes = bytes_.at(offset, sizeof(std::uint32_t));
    return std::size_t{take<std::uint32_t>(bytes)};
  };
  const std::size_t key_bytes = size_at(0);
  const std::size_t entity_bytes = size_at(4 + key_bytes);
  record_ = 8 + key_bytes + entity_bytes;
  const std::string_view record = bytes_.at(0, record_);
  entity_ = record.substr(8 + key_bytes);
  EntityKey key;
  try {
    key = EntityKey::from_bytes(record.substr(4, key_bytes));
  } catch (const Error& error) {
    bytes_.damaged(error.what());
  }
  if (!key.id || !key.path.empty()) bytes_.damaged("a key of no entity");
  const std::uint64_t hash = stats::hash_of(*key.id);
  std::string order = key.sort_bytes();
  if (!first_ && std::tie(hash, order) <= std::tie(hash_, order_))
    bytes_.damaged("its entities are not in order");
  first_ = false;
  key_ = std::move(*key.id);
  hash_ = hash;
  order_ = std::move(order);
  return true;
}

EvidenceEntity EvidenceEntityReader::entity() const {
  try {
    return EvidenceEntity::from_bytes(entity_, priors_);
  } catch (const Error& error) {
    bytes_.damaged(error.what());
  }
}

}  // namespace trawl::fold
