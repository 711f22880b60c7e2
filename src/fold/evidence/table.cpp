#include "fold/evidence/table.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include <trawl/base/digest.hpp>

#include "fold/stats/entity_key.hpp"

namespace trawl::fold {
namespace {

// From so many rows of an entity on, those of one source and type are brought together and summed
// at once.
constexpr std::size_t many_rows = 256;
// And from so many of these on, that is faster than one by one.
constexpr std::size_t many_of_one = 16;

const evidence::Key no_type = std::int64_t{0};

// Row numbers by entity: those of entity e are in [begin[e], begin[e + 1]).
struct Grouped {
  std::vector<std::uint32_t> begin, rows;

  explicit Grouped(const EvidencePiece& piece)
      : begin(piece.entities.size() + 1), rows(piece.rows.size()) {
    for (const EvidencePiece::Row& row : piece.rows) ++begin[row.entity + 1];
    std::partial_sum(begin.begin(), begin.end(), begin.begin());
    std::vector<std::uint32_t> next(begin.begin(), begin.end() - 1);
    for (std::uint32_t row = 0; row < rows.size(); ++row)
      rows[next[piece.rows[row].entity]++] = row;
  }
  std::span<const std::uint32_t> of(std::size_t entity) const {
    return std::span(rows).subspan(begin[entity], begin[entity + 1] - begin[entity]);
  }
};

evidence::Contribution contribution_of(const EvidencePiece::Row& row) {
  return {row.value, row.weight, row.clamped != 0, evidence::Refusal::none};
}

// Rows of one source and type.
void add_group(evidence::GroupSums& sums, const EvidencePiece& piece,
               std::span<const std::uint32_t> rows) {
  if (rows.size() < many_of_one) {
    for (const std::uint32_t row : rows) sums.add(contribution_of(piece.rows[row]));
    return;
  }
  std::vector<double> values, weights;
  std::int64_t clamped = 0;
  for (const std::uint32_t row : rows) {
    values.push_back(piece.rows[row].value);
    weights.push_back(piece.rows[row].weight);
    clamped += piece.rows[row].clamped;
  }
  sums.add(values, weights, clamped);
}

}  // namespace

std::vector<std::uint32_t> EvidenceTable::numbers_of(const Names& sources) {
  std::vector<std::uint32_t> numbers;
  const std::lock_guard lock(sources_mutex_);
  for (std::size_t i = 0; i < sources.size(); ++i) numbers.push_back(sources_.number(sources[i]));
  return numbers;
}

void EvidenceTable::add(const EvidencePiece& piece) {
  const std::vector<std::uint32_t> sources = numbers_of(piece.sources);
  const Grouped grouped(piece);
  std::array<std::vector<std::uint32_t>, parts> entities;
  for (std::uint32_t e = 0; e < piece.entities.size(); ++e)
    entities[part_of(piece.entities.hash(e))].push_back(e);
  for (std::size_t p = 0; p < parts; ++p) {
    const std::lock_guard lock(parts_[p].mutex);
    for (const std::uint32_t e : entities[p]) {
      EntityState& entity = parts_[p].entities[piece.entities[e]];
      entity.hash = piece.entities.hash(e);
      entity.notes.merge(piece.notes[e]);
      add_rows(entity, piece, grouped.of(e), sources);
    }
  }
}

void EvidenceTable::add_rows(EntityState& entity, const EvidencePiece& piece,
                             std::span<const std::uint32_t> rows,
                             const std::vector<std::uint32_t>& sources) const {
  const auto sums_of = [&](const EvidencePiece::Row& row) -> evidence::GroupSums& {
    return entity.sources[sources[row.source]].sums.group(with_types_ ? piece.types[row.type]
                                                                      : no_type);
  };
  if (rows.size() < many_rows) {
    for (const std::uint32_t row : rows)
      sums_of(piece.rows[row]).add(contribution_of(piece.rows[row]));
    return;
  }
  const auto group_of = [&](std::uint32_t row) {
    return std::pair(piece.rows[row].source, piece.rows[row].type);
  };
  std::vector<std::uint32_t> sorted(rows.begin(), rows.end());
  std::ranges::sort(sorted, {}, group_of);
  for (auto begin = sorted.begin(); begin != sorted.end();) {
    const auto end = std::find_if(
        begin, sorted.end(), [&](std::uint32_t row) { return group_of(row) != group_of(*begin); });
    add_group(sums_of(piece.rows[*begin]), piece, {begin, end});
    begin = end;
  }
}

SourceState& EvidenceTable::at(const evidence::Key& entity, const evidence::Key& source) {
  const std::uint64_t hash = stats::hash_of(entity);
  EntityState& state = parts_[part_of(hash)].entities[entity];
  state.hash = hash;
  return state.sources[sources_.number(source)];
}

void EvidenceTable::add(SourceState& state, const std::optional<evidence::Key>& type,
                        const evidence::Contribution& contribution) const {
  state.sums.add(with_types_ && type ? *type : no_type, contribution);
}

void SourceState::merge(const SourceState& other) {
  sums.merge(other.sums);
  duplicates += other.duplicates;
  withheld += other.withheld;
  equivocations += other.equivocations;
}

void EvidenceTable::append_entity(std::string& out, const evidence::Key& key,
                                  const EntityState& entity) const {
  put_key(out, key);
  put(out, entity.hash);
  put(out, entity.notes);
  put(out, static_cast<std::uint64_t>(entity.sources.size()));
  std::vector<std::byte> bytes;
  for (const auto& [number, state] : entity.sources) {
    put_key(out, sources_[number]);
    put(out, state.duplicates);
    put(out, state.withheld);
    put(out, state.equivocations);
    bytes.clear();
    state.sums.append_bytes(bytes);
    put_text(out, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
}

void EvidenceTable::append_part(std::string& out, std::size_t part) const {
  for (const auto& [key, entity] : parts_[part].entities) append_entity(out, key, entity);
}

void EvidenceTable::merge_bytes(std::string_view bytes) {
  while (!bytes.empty()) {
    const evidence::Key key = take_key(bytes);
    const auto hash = take<std::uint64_t>(bytes);
    EntityState& entity = parts_[part_of(hash)].entities[key];
    entity.hash = hash;
    entity.notes.merge(take<EntityNotes>(bytes));
    for (auto left = take<std::uint64_t>(bytes); left > 0; --left) {
      SourceState& source = entity.sources[sources_.number(take_key(bytes))];
      SourceState more;
      more.duplicates = take<std::int64_t>(bytes);
      more.withheld = take<std::int64_t>(bytes);
      more.equivocations = take<std::int64_t>(bytes);
      Bytes sums = bytes_of(take_text(bytes));
      more.sums = evidence::SourceSums::read(sums);
      source.merge(more);
    }
  }
}

std::vector<std::vector<char>> EvidenceTable::messages(const Part& part, int ranks) const {
  std::vector<std::string> texts(static_cast<std::size_t>(ranks));
  for (const auto& [key, entity] : part.entities)
    append_entity(texts[owner_of(entity.hash, texts.size())], key, entity);
  std::vector<std::vector<char>> out;
  for (std::string& text : texts) {
    out.emplace_back(text.begin(), text.end());
    text = {};
  }
  return out;
}

void EvidenceTable::exchange(const comm::Comm& comm) {
  if (comm.size() == 1) return;
  for (Part& part : parts_) {
    std::vector<std::vector<char>> mine;
    comm.agree("sharing entities", [&] {
      mine = messages(part, comm.size());
      part.entities.clear();
    });
    const auto received = comm.exchange(mine);
    comm.agree("sharing entities", [&] {
      for (const std::vector<char>& message : received)
        merge_bytes({message.data(), message.size()});
    });
  }
}

void EvidenceTable::each_of(
    std::size_t part,
    const std::function<void(const evidence::Key&, const EntityState&)>& function) const {
  for (const auto& [key, entity] : parts_[part].entities) function(key, entity);
}

}  // namespace trawl::fold
