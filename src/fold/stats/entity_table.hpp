// The moments of many entities on one rank, filled by many threads.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/comm/comm.hpp>
#include <trawl/core/exact/moments.hpp>

#include "fold/stats/hash_index.hpp"

namespace trawl::fold {

// Records of several entities: what a thread has collected from a piece of work. `rows` has those
// of entity e in [begin[e], begin[e + 1]), each of as many doubles as there are features.
struct EntityBatch {
  std::vector<std::string> keys;      // EntityKey::to_bytes, distinct
  std::vector<std::uint64_t> hashes;  // say where an entity lives: the same for equal entities
  std::vector<std::uint64_t> begin;   // keys.size() + 1, in rows
  std::vector<double> rows;
};

// In parts by hash, each with a lock, so that threads rarely wait for each other. Few records at a
// time cost an entity 0.5 us each to add exactly, many together a tenth of that (10 features): so
// they wait with the entity until there are enough.
template <class Sums>
class EntityTable {
 public:
  using Moments = core::Moments<Sums>;
  static constexpr std::size_t parts = 16;

  explicit EntityTable(typename Sums::Configuration configuration);

  // Ranks own ranges of hashes in their order: what all ranks hold, one after the other, can be in
  // order by hash.
  static std::size_t owner_of(std::uint64_t hash, std::size_t ranks) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::size_t>((Wide{hash} * ranks) >> 64);
  }

  // Thread-safe. What was added before and what is added after may be of the same entities.
  void add(const EntityBatch& batch);
  void merge(const std::string& key, std::uint64_t hash, const Moments& moments);

  // Collective. Moments of the same key on several ranks are merged on the rank owner_of(hash);
  // every rank keeps its own entities only. Part by part, so that messages stay small beside the
  // table.
  void exchange(const comm::Comm& comm);

  std::size_t size() const;
  // Not while others add. Of one part, several parts at once if wanted but none twice; and of all.
  void each_of(std::size_t part,
               const std::function<void(const std::string& key, const Moments&)>& function) const;
  void each(const std::function<void(const std::string& key, const Moments&)>& function) const;
  const Moments& nothing() const { return nothing_; }

 private:
  struct Entity {
    std::string key;
    std::uint64_t hash;
    Moments moments;
    std::unique_ptr<double[]> waiting = {};  // rows that moments do not have yet
    std::uint32_t waiting_rows = 0;
  };
  struct Part {
    std::mutex mutex;
    HashIndex index;  // by the key's own hash: all paths of an entity have one `hash`
    std::vector<std::unique_ptr<Entity>> entities;
  };

  // Of 16; not by the high bits, which name the owner: each part has entities of all ranks.
  static std::size_t part_of(std::uint64_t hash) { return hash & 15; }
  Entity& at(Part& part, const std::string& key, std::uint64_t hash);
  void add_part(const EntityBatch& batch, const std::vector<std::size_t>& entities, Part& part);
  void add_few(Entity& entity, std::span<const double> rows);
  void settle(Entity& entity) const;
  std::vector<std::vector<char>> messages(Part& part, int ranks) const;
  void merge_message(Part& part, std::string_view bytes);

  Moments nothing_;
  std::array<Part, parts> parts_;
};

extern template class EntityTable<core::ExactSums>;
extern template class EntityTable<core::FixedSums>;

}  // namespace trawl::fold
