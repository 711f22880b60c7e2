#include "fold/evidence/table.hpp"

#include <algorithm>
#include <optional>

#include <trawl/base/digest.hpp>
#include <trawl/base/parallel.hpp>

#include "fold/stats/entity_key.hpp"

namespace trawl::fold {
namespace {

const evidence::Key no_type = std::int64_t{0};

// Records that are handed on at once.
constexpr std::size_t block = 512;

}  // namespace

// Of sources and types.
void EvidenceTable::number_names(EvidencePiece& piece) {
  EvidencePiece::Numbers& numbers = piece.in_table;
  const std::lock_guard lock(names_mutex_);
  for (std::size_t i = numbers.sources.size(); i < piece.sources.size(); ++i)
    numbers.sources.push_back(sources_.number(piece.sources[i]));
  for (std::size_t i = numbers.types.size(); i < piece.types.size(); ++i)
    numbers.types.push_back(with_types_ ? types_.number(piece.types[i]) : 0);
}

void EvidenceTable::add(EvidencePiece& piece) {
  number_names(piece);
  struct OfPart {
    std::vector<std::uint32_t> unknown, noted;
  };
  std::array<OfPart, parts> entities;
  for (auto e = static_cast<std::uint32_t>(piece.in_table.entities.size());
       e < piece.entities.size(); ++e)
    entities[part_of(piece.entities.hash(e))].unknown.push_back(e);
  for (const std::uint32_t e : piece.noted)
    entities[part_of(piece.entities.hash(e))].noted.push_back(e);
  piece.in_table.entities.resize(piece.entities.size());
  const std::size_t first = turn_++;  // threads begin at different parts
  for (std::size_t i = 0; i < parts; ++i) {
    const std::size_t p = (first + i) % parts;
    const std::lock_guard lock(parts_[p].mutex);
    for (const std::uint32_t e : entities[p].unknown)
      piece.in_table.entities[e] = parts_[p].named.number(piece.entities[e]);
    for (const std::uint32_t e : entities[p].noted) {
      EntityState& entity = parts_[p].entities[piece.entities[e]];
      entity.hash = piece.entities.hash(e);
      entity.notes.merge(piece.noted_of(e));
    }
    add_part(piece, p);
  }
}

// Under the lock of the part.
void EvidenceTable::add_part(const EvidencePiece& piece, std::size_t part) {
  const EvidencePiece::Numbers& numbers = piece.in_table;
  const std::vector<EvidencePiece::Row>& rows = piece.rows[part];
  std::array<Stated, block> stated;
  for (std::size_t begin = 0; begin < rows.size(); begin += block) {
    const std::size_t count = std::min(block, rows.size() - begin);
    for (std::size_t i = 0; i < count; ++i) {
      const EvidencePiece::Row& row = rows[begin + i];
      stated[i] = {
          {numbers.entities[row.entity], numbers.sources[row.source], numbers.types[row.type]},
          {row.value, row.weight, row.clamped != 0, evidence::Refusal::none}};
    }
    parts_[part].statements.add(std::span(stated).first(count));
  }
}

void EvidenceTable::each_stated(
    const Part& part,
    const std::function<void(const evidence::Key&, EntityState&&)>& function) const {
  std::optional<std::uint32_t> current;
  EntityState state;
  const auto finish = [&] {
    if (current) function(part.named[*current], std::move(state));
  };
  part.statements.each([&](const StatementName& name, evidence::GroupSums&& sums) {
    if (name.entity != current) {
      finish();
      current = name.entity;
      state = {part.named.hash(name.entity), {}, {}};
    }
    state.notes.accepted += sums.records();
    // Each group once.
    state.sources[name.source].sums.group(with_types_ ? types_[name.type] : no_type) =
        std::move(sums);
  });
  finish();
}

void EvidenceTable::settle(Part& part) {
  each_stated(part, [&](const evidence::Key& key, EntityState&& stated) {
    EntityState& entity = part.entities[key];
    entity.hash = stated.hash;
    entity.notes.merge(stated.notes);
    if (entity.sources.empty()) entity.sources.swap(stated.sources);
    for (const auto& [number, source] : stated.sources) entity.sources[number].merge(source);
  });
  part.statements.clear();
  part.named = {};
}

EntityState& EvidenceTable::at(const evidence::Key& entity) {
  const std::uint64_t hash = stats::hash_of(entity);
  EntityState& state = parts_[part_of(hash)].entities[entity];
  state.hash = hash;
  return state;
}

SourceState& EvidenceTable::at(const evidence::Key& entity, const evidence::Key& source) {
  return at(entity).sources[source_number(source)];
}

std::uint32_t EvidenceTable::source_number(const evidence::Key& source) {
  const std::lock_guard lock(names_mutex_);
  return sources_.number(source);
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
  each_stated(parts_[part], [&](const evidence::Key& key, const EntityState& entity) {
    append_entity(out, key, entity);
  });
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

void EvidenceTable::exchange(const comm::Comm& comm, int threads) {
  comm.agree("bringing sums together", [&] {
    parallel_for(parts, threads, [&](std::size_t part) { settle(parts_[part]); });
  });
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

void EvidenceTable::each_of(std::size_t part, const Each& function) const {
  for (const auto& [key, entity] : parts_[part].entities) function(key, entity);
}

}  // namespace trawl::fold
