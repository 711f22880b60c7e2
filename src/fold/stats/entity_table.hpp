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

#include "fold/owner.hpp"
#include "fold/stats/hash_index.hpp"
#include "fold/stats/row_log.hpp"

namespace trawl::fold {

// Records of several entities: what a thread has collected from a piece of work.
struct EntityBatch {
  void clear();

  std::vector<std::string> keys;        // EntityKey::to_bytes, distinct
  std::vector<std::uint64_t> hashes;    // say where an entity lives: the same for equal entities
  std::vector<std::uint32_t> entities;  // of each row: a position in keys
  std::vector<double> rows;             // of as many doubles as there are features
};

// In parts by hash, each with a lock, so that threads rarely wait for each other.
//
// Few records at a time cost an entity 0.5 us each to add exactly, many together a tenth of that
// (10 features), and a state of sums takes the memory of a dozen records. So records are kept as
// they came, part by part, and now and then brought together: those of entities that have many are
// summed, the others stay records, of which moments are made whenever somebody asks.
template <class Sums>
class EntityTable {
 public:
  using Moments = core::Moments<Sums>;
  static constexpr std::size_t parts = 16;

  explicit EntityTable(typename Sums::Configuration configuration);

  // Thread-safe. What was added before and what is added after may be of the same entities.
  void add(const EntityBatch& batch);
  void merge(const std::string& key, std::uint64_t hash, const Moments& moments);

  // Collective. Records and moments of the same key on several ranks come together on the rank
  // owner_of(hash); every rank keeps its own entities only. Part by part, so that messages stay
  // small beside the table.
  void exchange(const comm::Comm& comm);

  // All below not while others add. Entities have numbers, part by part, in the order of each_of().
  std::size_t size() const;
  std::size_t size(std::size_t part) const { return parts_[part].entities.size(); }
  // Of one part, several parts at once if wanted but none twice; and of all. What `function` is
  // given lasts as long as its call, but the key.
  void each_of(std::size_t part,
               const std::function<void(const std::string& key, const Moments&)>& function) const;
  void each(const std::function<void(const std::string& key, const Moments&)>& function) const;
  // Of one entity, thread-safe; moments once settle() was called for the part, as each_of() does.
  // They are made in `space` unless they are there, and last as long as it stays as it is.
  void settle(std::size_t part) const;
  const std::string& key(std::size_t part, std::size_t number) const {
    return parts_[part].entities[number].key;
  }
  const Moments& moments(std::size_t part, std::size_t number, Moments& space) const;
  const Moments& nothing() const { return nothing_; }

 private:
  struct Entity {
    std::string key;
    std::uint64_t hash;
    std::unique_ptr<Moments> sums = {};     // of what is not in the log; none: of nothing
    std::uint32_t first_row = 0, rows = 0;  // in the log, when it is settled
  };
  struct Part {
    std::mutex mutex;
    HashIndex index;  // by the key's own hash: all paths of an entity have one `hash`
    std::vector<Entity> entities;
    std::unique_ptr<RowLog> log;
    std::size_t most_rows = 0;  // in the log, before those of entities with many are summed
    bool settled = true;        // rows of an entity lie together in the log
  };
  enum class Settle { many, all };

  // Of 16; not by the high bits, which name the owner: each part has entities of all ranks.
  static std::size_t part_of(std::uint64_t hash) { return hash & 15; }
  std::uint32_t at(Part& part, const std::string& key, std::uint64_t key_hash, std::uint64_t hash);
  std::vector<std::uint32_t> numbers_of(Part& part, const EntityBatch& batch,
                                        std::span<const std::uint32_t> entities);
  void append(Part& part, std::uint32_t entity, const double* row);
  Moments& sums_of(Entity& entity) const;
  void bring_together(Part& part, Settle how) const;
  std::vector<std::vector<char>> messages(Part& part, int ranks) const;
  void merge_message(Part& part, std::string_view bytes);

  Moments nothing_;
  mutable std::array<Part, parts> parts_;  // settled when somebody looks
};

extern template class EntityTable<core::ExactSums>;
extern template class EntityTable<core::FixedSums>;

}  // namespace trawl::fold
