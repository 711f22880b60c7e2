// The entities of a state file: a section of records in ascending order of (hash, sort_bytes) of
// their keys, so that ranks write, and states are merged, entity after entity.
//
// A record: u32 size, key (EntityKey::to_bytes); u32 size, moments (Moments::append_bytes).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/core/exact/moments.hpp>
#include <trawl/fold/stats.hpp>
#include <trawl/store/state_file.hpp>

#include "fold/state_section.hpp"
#include "fold/stats/distributions.hpp"
#include "fold/stats/entity_key.hpp"
#include "fold/stats/entity_table.hpp"
#include "fold/stats/state_summary.hpp"

namespace trawl::fold {

inline constexpr std::string_view entities_section = "entities";
// Records as put_record makes them of distributions, in the same order; where there are any.
inline constexpr std::string_view distributions_section = "distributions";

// The entities of one rank in the order of a state. Holds 16 bytes for each besides the table,
// which must live as long and stay as it is.
template <class Sums>
class SortedEntities {
 public:
  explicit SortedEntities(const EntityTable<Sums>& table);

  bool done() const { return next_ == items_.size(); }
  // Records of the next entities: as many as it takes to make `bytes`. Empty when done.
  std::vector<char> next_piece(std::size_t bytes);
  std::size_t size() const { return items_.size(); }
  // Those at [begin, end), wherever next_piece stands. Thread-safe.
  void each(std::size_t begin, std::size_t end,
            const std::function<void(std::uint64_t hash, const std::string& key,
                                     const core::Moments<Sums>&)>& function) const;

 private:
  struct Item {
    std::uint64_t hash;
    std::uint32_t part, number;  // in the table
  };
  const std::string& key(const Item& item) const { return table_.key(item.part, item.number); }

  const EntityTable<Sums>& table_;
  std::vector<Item> items_;
  std::size_t next_ = 0;
};

// The distributions of one rank, the same way.
class SortedDistributions {
 public:
  explicit SortedDistributions(const DistributionTable& table);

  bool done() const { return next_ == items_.size(); }
  std::vector<char> next_piece(std::size_t bytes);

 private:
  struct Item {
    std::uint64_t hash;
    std::string order;
    const std::string* key;
    const Distributions* distributions;
  };
  std::vector<Item> items_;
  std::size_t next_ = 0;
};

// Writes the section, which the constructor begins.
template <class Sums>
class EntitySection {
 public:
  EntitySection(store::StateWriter& writer, const StatsRequest& request);

  // Whole records, behind all that were appended before.
  void append(std::string_view records);
  // One record, of this key and these moments.
  void append(std::string_view record, std::string_view key, const core::Moments<Sums>& moments);
  // The columns for readers. Once, after the last record.
  void finish();
  std::uint64_t entities() const { return entities_; }

 private:
  store::StateWriter& writer_;
  StateSummary summary_;
  std::uint64_t entities_ = 0;
};

// Reads this section, or that of distributions, one record after the other. Memory: a chunk and a
// record.
class EntityReader {
 public:
  // `request` as the state's configuration has it; it and the file must live as long.
  EntityReader(const store::StateReader& file, std::string name, const StatsRequest& request,
               std::string_view section = entities_section);

  // Moves to the next entity, first to the first; false behind the last one. DataError: damaged,
  // out of order, or not as the configuration says.
  bool next();

  // Of the entity at hand:
  std::uint64_t hash() const { return hash_; }
  std::string_view key() const { return key_; }
  std::string_view record() const { return record_; }
  std::string_view state() const { return state_; }       // the moments' bytes
  std::string_view sort_bytes() const { return order_; }  // of the key
  // In the order of the section.
  bool before(const EntityReader& other) const {
    return std::pair(hash_, std::string_view(order_)) <
           std::pair(other.hash_, std::string_view(other.order_));
  }
  bool same(const EntityReader& other) const { return key_ == other.key_; }
  // DataError: damaged, or of other features or units than the configuration says.
  template <class Sums>
  core::Moments<Sums> moments() const;
  // DataError: damaged, or of other features.
  Distributions distributions() const;

 private:
  bool read_record();
  void check_key(const EntityKey& key) const;
  [[noreturn]] void damaged(const char* why) const { bytes_.damaged(why); }

  SectionBytes bytes_;
  const StatsRequest& request_;
  std::string_view section_;
  bool first_ = true;
  std::uint64_t hash_ = 0;
  std::string key_, order_;
  std::string_view record_, state_;  // in bytes_
};

// What the sums are configured with, as a request says it; those of states have all products.
template <class Sums>
typename Sums::Configuration configuration_of(const StatsRequest& request,
                                              core::ProductSums products = core::ProductSums::all);

// Appends the record of a key and its moments.
template <class Sums>
void put_record(std::string& out, std::string_view key, const core::Moments<Sums>& moments);

}  // namespace trawl::fold
