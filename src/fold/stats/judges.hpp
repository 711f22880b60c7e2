// Which nodes judge, known on all ranks; each rank makes those that it asks.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/comm/comm.hpp>

#include "fold/stats/judge.hpp"
#include "fold/stats/nodes.hpp"

namespace trawl::fold {

// What is judged: entities, each by its mean vector, or records.
enum class Judged { entities, records };

// For each direction. Of a robust baseline half may not count.
inline constexpr std::int64_t enough_plain = core::DistanceLaw::records_per_direction;
inline constexpr std::int64_t enough_robust = 2 * enough_plain;

// Root. The nodes right above what is judged; in a balanced tree, whose groups mean nothing, the
// nearest node from there up that has enough of them. Enough: `enough` for each direction in which
// they vary. Only nodes that somebody below asks. O(nodes); of nodes
// with fewer for each feature the rank is decided, on `threads` threads.
template <class Sums>
std::vector<stats::Path> judging_nodes(const NodeMap<Sums>& nodes, Judged judged, const Hang& hang,
                                       std::int64_t enough, int threads);

// As a message: judges by path, each with the moments that its baseline is made of.
template <class Sums>
std::string plain_judges(const NodeMap<Sums>& nodes, Judged judged,
                         const std::vector<stats::Path>& judging);

// One robust judge, to be appended to such a message. `limit` and `factor` as in Reweighting.
std::string robust_judge(const stats::Path& path, std::int64_t population,
                         const core::ExactMoments& raw, double limit, double factor,
                         const core::ExactMoments& reweighted);

class Judges {
 public:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  // Local. Reads a message, which it keeps; `nearest`: who has no judge at its own path asks
  // further up.
  Judges(std::string message, bool nearest);

  std::size_t size() const { return offers_.size(); }
  // The number of the judge of what lies right below `path`, or none.
  std::size_t find(const stats::Path& path) const;
  const stats::Path& path(std::size_t judge) const { return offers_[judge].path; }
  std::int64_t population(std::size_t judge) const { return offers_[judge].population; }

  // Makes those that are wanted, on `threads` threads. Sums: of the moments in the message.
  template <class Sums>
  void make(const std::vector<char>& wanted, int threads);
  const Judge& operator[](std::size_t judge) const { return *judges_[judge]; }

 private:
  struct Offer {
    stats::Path path;
    std::int64_t population = 0;
    double limit = 0, factor = 1;
    std::string_view raw;  // moments; empty unless robust
    std::string_view moments;
  };

  std::string message_;
  bool nearest_;
  std::vector<Offer> offers_;
  std::map<stats::Path, std::size_t> numbers_;
  std::vector<std::unique_ptr<Judge>> judges_;
};

}  // namespace trawl::fold
