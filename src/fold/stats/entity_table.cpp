#include "fold/stats/entity_table.hpp"

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

#include <trawl/base/digest.hpp>
#include <trawl/base/prefetch.hpp>

#include "fold/stats/entity_key.hpp"

namespace trawl::fold {
namespace {

// From so many records of one batch on, their moments are made before the lock is taken.
constexpr std::size_t many_of_batch = 64;
// From so many records on, an entity has sums: adding as many at once is fast, and they take as
// much memory as its sums.
constexpr std::size_t many_records = 16;
// At least so many rows wait in a part; and as many again for each that stayed.
constexpr std::size_t least_waiting = 8192;
// How far ahead of use what a hash points to is fetched: first its slot, then whom it names.
constexpr std::size_t slots_ahead = 16, entities_ahead = 8;

}  // namespace

void EntityBatch::clear() {
  keys.clear();
  hashes.clear();
  entities.clear();
  rows.clear();
}

template <class Sums>
EntityTable<Sums>::EntityTable(typename Sums::Configuration configuration)
    : nothing_(std::move(configuration)) {
  for (Part& part : parts_) {
    part.log = std::make_unique<RowLog>(nothing_.features());
    part.most_rows = least_waiting;
  }
}

template <class Sums>
std::uint32_t EntityTable<Sums>::at(Part& part, const std::string& key, std::uint64_t key_hash,
                                    std::uint64_t hash) {
  const auto fresh = static_cast<std::uint32_t>(part.entities.size());
  const std::uint32_t number = part.index.find_or_add(
      key_hash, fresh, [&](std::uint32_t other) { return part.entities[other].key == key; });
  if (number == fresh) part.entities.push_back({key, hash});
  return number;
}

// Of entities of a batch, all of this part.
template <class Sums>
std::vector<std::uint32_t> EntityTable<Sums>::numbers_of(Part& part, const EntityBatch& batch,
                                                         std::span<const std::uint32_t> entities) {
  std::vector<std::uint64_t> hashes(entities.size());
  for (std::size_t i = 0; i < hashes.size(); ++i)
    hashes[i] = xxh3(bytes_of(batch.keys[entities[i]]));
  std::vector<std::uint32_t> numbers(entities.size());
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    if (i + slots_ahead < hashes.size()) part.index.prefetch(hashes[i + slots_ahead]);
    if (i + entities_ahead < hashes.size()) {
      const auto likely = part.index.likely(hashes[i + entities_ahead]);
      if (likely) prefetch(&part.entities[*likely]);
    }
    numbers[i] = at(part, batch.keys[entities[i]], hashes[i], batch.hashes[entities[i]]);
  }
  return numbers;
}

template <class Sums>
void EntityTable<Sums>::add(const EntityBatch& batch) {
  const std::size_t width = nothing_.features();
  assert(batch.hashes.size() == batch.keys.size());
  assert(batch.rows.size() == batch.entities.size() * width);
  const Grouping rows(batch.entities, batch.keys.size());
  std::vector<std::uint32_t> part_numbers;
  for (const std::uint64_t hash : batch.hashes)
    part_numbers.push_back(static_cast<std::uint32_t>(part_of(hash)));
  const Grouping of_parts(part_numbers, parts);
  std::vector<double> many;
  for (std::size_t p = 0; p < parts; ++p) {
    const std::span<const std::uint32_t> entities = of_parts.of(p);
    if (entities.empty()) continue;
    std::vector<std::pair<std::size_t, Moments>> sums;  // of those that have many here
    for (std::size_t i = 0; i < entities.size(); ++i) {
      const auto of_entity = rows.of(entities[i]);
      if (of_entity.size() < many_of_batch) continue;
      many.clear();
      for (const std::uint32_t row : of_entity)
        many.insert(many.end(), &batch.rows[row * width], &batch.rows[row * width] + width);
      sums.emplace_back(i, nothing_).second.add(many);
    }
    Part& part = parts_[p];
    const std::lock_guard lock(part.mutex);
    const std::vector<std::uint32_t> numbers = numbers_of(part, batch, entities);
    auto next = sums.begin();
    for (std::size_t i = 0; i < entities.size(); ++i) {
      if (next != sums.end() && next->first == i) {
        sums_of(part.entities[numbers[i]]).merge(next++->second);
        continue;
      }
      for (const std::uint32_t row : rows.of(entities[i]))
        append(part, numbers[i], &batch.rows[row * width]);
    }
  }
}

template <class Sums>
void EntityTable<Sums>::merge(const std::string& key, std::uint64_t hash, const Moments& moments) {
  Part& part = parts_[part_of(hash)];
  const std::lock_guard lock(part.mutex);
  sums_of(part.entities[at(part, key, xxh3(bytes_of(key)), hash)]).merge(moments);
}

template <class Sums>
void EntityTable<Sums>::append(Part& part, std::uint32_t entity, const double* row) {
  part.log->append(entity, row);
  part.settled = false;
  if (part.log->size() < part.most_rows) return;
  bring_together(part, Settle::many);
  part.most_rows = least_waiting + 2 * part.log->size();
}

template <class Sums>
auto EntityTable<Sums>::sums_of(Entity& entity) const -> Moments& {
  if (!entity.sums) entity.sums = std::make_unique<Moments>(nothing_);
  return *entity.sums;
}

// Brings the rows of each entity together. Those of entities with many, or of all that have sums,
// are summed; the log has the others, entity after entity.
template <class Sums>
void EntityTable<Sums>::bring_together(Part& part, Settle how) const {
  const std::size_t width = nothing_.features();
  const Grouping rows(part.log->entities(), part.entities.size());
  auto kept = std::make_unique<RowLog>(width);
  std::vector<double> together;
  for (std::uint32_t e = 0; e < part.entities.size(); ++e) {
    Entity& entity = part.entities[e];
    const auto mine = rows.of(e);
    entity.first_row = static_cast<std::uint32_t>(kept->size());
    entity.rows = 0;
    if (mine.size() < many_records && (how == Settle::many || !entity.sums)) {
      for (const std::uint32_t row : mine) kept->append(e, (*part.log)[row]);
      entity.rows = static_cast<std::uint32_t>(mine.size());
    } else if (!mine.empty()) {
      together.clear();
      for (const std::uint32_t row : mine)
        together.insert(together.end(), (*part.log)[row], (*part.log)[row] + width);
      sums_of(entity).add(together);
    }
  }
  part.log = std::move(kept);
  part.settled = how == Settle::all;
}

// Takes all out of the part.
template <class Sums>
std::vector<std::vector<char>> EntityTable<Sums>::messages(Part& part, int ranks) const {
  bring_together(part, Settle::all);
  std::vector<std::string> texts(static_cast<std::size_t>(ranks));
  std::vector<std::byte> bytes;
  std::vector<double> rows;
  for (Entity& entity : part.entities) {
    std::string& text = texts[owner_of(entity.hash, texts.size())];
    bytes.clear();
    if (entity.sums) entity.sums->append_bytes(bytes);
    entity.sums.reset();
    rows.resize(entity.rows * nothing_.features());
    part.log->copy(entity.first_row, entity.rows, rows.data());
    put(text, entity.hash);
    put_text(text, entity.key);
    put_text(text, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    put_text(text, {reinterpret_cast<const char*>(rows.data()), rows.size() * sizeof(double)});
  }
  part.entities.clear();
  part.index = {};
  part.log = std::make_unique<RowLog>(nothing_.features());
  std::vector<std::vector<char>> out;
  for (std::string& text : texts) {
    out.emplace_back(text.begin(), text.end());
    text = {};
  }
  return out;
}

template <class Sums>
void EntityTable<Sums>::merge_message(Part& part, std::string_view bytes) {
  std::vector<double> row(nothing_.features());
  while (!bytes.empty()) {
    const auto hash = take<std::uint64_t>(bytes);
    const std::string key(take_text(bytes));
    const std::uint32_t number = at(part, key, xxh3(bytes_of(key)), hash);
    const std::string_view sums = take_text(bytes);
    if (!sums.empty()) sums_of(part.entities[number]).merge(Moments::from_bytes(bytes_of(sums)));
    for (std::string_view rows = take_text(bytes); !rows.empty();) {
      for (double& value : row) value = take<double>(rows);
      append(part, number, row.data());
    }
  }
}

template <class Sums>
void EntityTable<Sums>::exchange(const comm::Comm& comm) {
  if (comm.size() == 1) return;
  for (Part& part : parts_) {
    std::vector<std::vector<char>> mine;
    comm.agree("sharing entities", [&] { mine = messages(part, comm.size()); });
    const auto received = comm.exchange(mine);
    comm.agree("sharing entities", [&] {
      for (const std::vector<char>& message : received)
        merge_message(part, {message.data(), message.size()});
    });
  }
}

template <class Sums>
std::size_t EntityTable<Sums>::size() const {
  std::size_t entities = 0;
  for (const Part& part : parts_) entities += part.entities.size();
  return entities;
}

template <class Sums>
void EntityTable<Sums>::settle(std::size_t part) const {
  if (!parts_[part].settled) bring_together(parts_[part], Settle::all);
}

template <class Sums>
auto EntityTable<Sums>::moments(std::size_t part, std::size_t number, Moments& space) const
    -> const Moments& {
  const Entity& entity = parts_[part].entities[number];
  if (entity.sums) return *entity.sums;
  thread_local std::vector<double> rows;
  rows.resize(entity.rows * nothing_.features());
  parts_[part].log->copy(entity.first_row, entity.rows, rows.data());
  space = nothing_;
  space.add(rows);
  return space;
}

template <class Sums>
void EntityTable<Sums>::each_of(
    std::size_t part,
    const std::function<void(const std::string&, const Moments&)>& function) const {
  settle(part);
  Moments space = nothing_;
  for (std::size_t number = 0; number < size(part); ++number)
    function(key(part, number), moments(part, number, space));
}

template <class Sums>
void EntityTable<Sums>::each(
    const std::function<void(const std::string&, const Moments&)>& function) const {
  for (std::size_t part = 0; part < parts; ++part) each_of(part, function);
}

template class EntityTable<core::ExactSums>;
template class EntityTable<core::FixedSums>;

}  // namespace trawl::fold
