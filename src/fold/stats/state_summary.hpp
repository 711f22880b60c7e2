// What h5py shows of a state: /summary, a rounded copy of some of its section of entities.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <trawl/core/exact/moments.hpp>
#include <trawl/fold/stats.hpp>
#include <trawl/store/state_file.hpp>

#include "fold/stats/entity_key.hpp"

namespace trawl::fold {

// Name, place, number of records and means of each entity, in the order of the section. Left out as
// a whole where its columns would have more than `max_bytes`.
class StateSummary {
 public:
  static constexpr std::size_t max_bytes = std::size_t{128} << 20;

  // `request` must live as long.
  explicit StateSummary(const StatsRequest& request);
  template <class Sums>
  void add(const EntityKey& key, const core::Moments<Sums>& moments);
  // False: it is left out, and nothing needs to be added any more.
  bool wanted() const { return wanted_; }
  void write(store::StateWriter& writer) const;

 private:
  struct Texts {
    std::vector<std::string> values;
    std::size_t width = 0;  // of the longest
    void add(std::string value);
  };
  struct Columns {
    std::vector<std::int64_t> ids;  // while all ids are numbers
    Texts names;                    // else
    std::vector<Texts> levels;
    std::vector<std::int64_t> records;
    std::vector<std::vector<double>> means;
  };
  void add_key(const EntityKey& key);
  std::size_t bytes() const;

  const StatsRequest& request_;
  bool wanted_ = true, numbers_ = true;
  Columns columns_;
};

}  // namespace trawl::fold
