#include "fold/stats/entity_table.hpp"

#include <algorithm>
#include <utility>

#include <trawl/base/digest.hpp>

#include "fold/stats/entity_key.hpp"

namespace trawl::fold {
namespace {

// From so many records on, an entity's moments are made before the lock is taken, and merged.
constexpr std::uint64_t many_records = 64;
// So many records wait with an entity: 2.6 KB for 10 features, less than its exact moments.
constexpr std::uint32_t waiting_records = 32;

}  // namespace

template <class Sums>
EntityTable<Sums>::EntityTable(typename Sums::Configuration configuration)
    : nothing_(std::move(configuration)) {}

template <class Sums>
auto EntityTable<Sums>::at(Part& part, const std::string& key, std::uint64_t hash) -> Entity& {
  const auto fresh = static_cast<std::uint32_t>(part.entities.size());
  const std::uint32_t position =
      part.index.find_or_add(xxh3(bytes_of(key)), fresh,
                             [&](std::uint32_t other) { return part.entities[other]->key == key; });
  if (position == fresh)
    part.entities.push_back(std::make_unique<Entity>(Entity{key, hash, nothing_}));
  return *part.entities[position];
}

template <class Sums>
void EntityTable<Sums>::add(const EntityBatch& batch) {
  std::array<std::vector<std::size_t>, parts> entities;
  for (std::size_t e = 0; e < batch.keys.size(); ++e)
    entities[part_of(batch.hashes[e])].push_back(e);
  for (std::size_t p = 0; p < parts; ++p) {
    if (!entities[p].empty()) add_part(batch, entities[p], parts_[p]);
  }
}

template <class Sums>
void EntityTable<Sums>::merge(const std::string& key, std::uint64_t hash, const Moments& moments) {
  Part& part = parts_[part_of(hash)];
  const std::lock_guard lock(part.mutex);
  at(part, key, hash).moments.merge(moments);
}

template <class Sums>
void EntityTable<Sums>::add_part(const EntityBatch& batch, const std::vector<std::size_t>& entities,
                                 Part& part) {
  const std::size_t features = nothing_.features();
  const auto rows_of = [&](std::size_t e) {
    return std::span(batch.rows)
        .subspan(batch.begin[e] * features, (batch.begin[e + 1] - batch.begin[e]) * features);
  };
  const auto many = [&](std::size_t e) {
    return batch.begin[e + 1] - batch.begin[e] >= many_records;
  };
  std::vector<Moments> sums;
  for (const std::size_t e : entities) {
    if (many(e)) sums.emplace_back(nothing_).add(rows_of(e));
  }
  auto next = sums.begin();
  const std::lock_guard lock(part.mutex);
  for (const std::size_t e : entities) {
    Entity& entity = at(part, batch.keys[e], batch.hashes[e]);
    if (many(e)) {
      entity.moments.merge(*next++);
    } else {
      add_few(entity, rows_of(e));
    }
  }
}

template <class Sums>
void EntityTable<Sums>::add_few(Entity& entity, std::span<const double> rows) {
  const std::size_t features = nothing_.features();
  if (!entity.waiting)
    entity.waiting = std::make_unique_for_overwrite<double[]>(waiting_records * features);
  while (!rows.empty()) {
    const std::size_t room = (waiting_records - entity.waiting_rows) * features;
    const std::size_t size = std::min(room, rows.size());
    std::ranges::copy(rows.first(size), &entity.waiting[entity.waiting_rows * features]);
    entity.waiting_rows += static_cast<std::uint32_t>(size / features);
    rows = rows.subspan(size);
    if (size < room) return;
    entity.moments.add({entity.waiting.get(), waiting_records * features});
    entity.waiting_rows = 0;
  }
}

// Brings in what waits. Each entity is its own memory, so that this is const for the table.
template <class Sums>
void EntityTable<Sums>::settle(Entity& entity) const {
  if (entity.waiting_rows > 0)
    entity.moments.add({entity.waiting.get(), entity.waiting_rows * nothing_.features()});
  entity.waiting_rows = 0;
  entity.waiting.reset();
}

template <class Sums>
std::vector<std::vector<char>> EntityTable<Sums>::messages(Part& part, int ranks) const {
  std::vector<std::string> texts(static_cast<std::size_t>(ranks));
  std::vector<std::byte> bytes;
  for (std::unique_ptr<Entity>& entity : part.entities) {
    settle(*entity);
    std::string& text = texts[owner_of(entity->hash, texts.size())];
    bytes.clear();
    entity->moments.append_bytes(bytes);
    put(text, entity->hash);
    put_text(text, entity->key);
    put_text(text, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    entity.reset();
  }
  part.entities.clear();
  part.index = {};
  std::vector<std::vector<char>> out;
  for (std::string& text : texts) {
    out.emplace_back(text.begin(), text.end());
    text = {};
  }
  return out;
}

template <class Sums>
void EntityTable<Sums>::merge_message(Part& part, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto hash = take<std::uint64_t>(bytes);
    const std::string key(take_text(bytes));
    at(part, key, hash).moments.merge(Moments::from_bytes(bytes_of(take_text(bytes))));
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
void EntityTable<Sums>::each_of(
    std::size_t part,
    const std::function<void(const std::string&, const Moments&)>& function) const {
  for (const std::unique_ptr<Entity>& entity : parts_[part].entities) {
    settle(*entity);
    function(entity->key, entity->moments);
  }
}

template <class Sums>
void EntityTable<Sums>::each(
    const std::function<void(const std::string&, const Moments&)>& function) const {
  for (std::size_t part = 0; part < parts; ++part) each_of(part, function);
}

template class EntityTable<core::ExactSums>;
template class EntityTable<core::FixedSums>;

}  // namespace trawl::fold
