#include "fold/stats/entity_table.hpp"

#include <utility>

#include "fold/stats/entity_key.hpp"

namespace trawl::fold {
namespace {

// From so many records on, an entity's moments are made before the lock is taken, and merged.
constexpr std::uint64_t many_records = 16;

}  // namespace

template <class Sums>
EntityTable<Sums>::EntityTable(typename Sums::Configuration configuration)
    : nothing_(std::move(configuration)) {}

template <class Sums>
auto EntityTable<Sums>::at(Part& part, const std::string& key, std::uint64_t hash) -> State& {
  return part.entities.try_emplace(key, State{hash, nothing_}).first->second;
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
    Moments& moments = at(part, batch.keys[e], batch.hashes[e]).moments;
    if (many(e)) {
      moments.merge(*next++);
    } else {
      moments.add(rows_of(e));
    }
  }
}

template <class Sums>
std::vector<std::vector<char>> EntityTable<Sums>::messages(Part& part, int ranks) const {
  std::vector<std::string> texts(static_cast<std::size_t>(ranks));
  std::vector<std::byte> bytes;
  for (const auto& [key, state] : part.entities) {
    std::string& text = texts[owner_of(state.hash, texts.size())];
    bytes.clear();
    state.moments.append_bytes(bytes);
    put(text, state.hash);
    put_text(text, key);
    put_text(text, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
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
    comm.agree("sharing entities", [&] {
      mine = messages(part, comm.size());
      part.entities.clear();
    });
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
  for (const auto& [key, state] : parts_[part].entities) function(key, state.moments);
}

template <class Sums>
void EntityTable<Sums>::each(
    const std::function<void(const std::string&, const Moments&)>& function) const {
  for (std::size_t part = 0; part < parts; ++part) each_of(part, function);
}

template class EntityTable<core::ExactSums>;
template class EntityTable<core::FixedSums>;

}  // namespace trawl::fold
