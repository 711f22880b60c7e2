// Which entities are unusual: each one's mean vector beside those of the entities that share its
// parent.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <trawl/comm/comm.hpp>
#include <trawl/fold/stats.hpp>

#include "fold/stats/discoveries.hpp"
#include "fold/stats/judges.hpp"

namespace trawl::fold {

// Root makes known which nodes judge; every rank judges its own entities.
template <class Sums>
class EntityAnomalies {
 public:
  // Collective. `nodes`: all of them, on root. The table may not change while this is used.
  EntityAnomalies(const StatsRequest& request, const EntityTable<Sums>& table,
                  const NodeMap<Sums>& nodes, const Hang& hang, const comm::Comm& comm);

  const AnomalyCounts& counts() const { return counts_; }  // of all ranks

  // Local. ,"anomaly":{...}, or null when undecided, of entity number `i` of a part of the table,
  // as each_of() comes to it.
  std::string field(std::size_t part, std::size_t i, const core::Moments<Sums>& moments) const;

 private:
  struct Verdict {
    std::size_t judge = Judges::none;
    Unusualness unusualness;
  };
  using Verdicts = std::array<std::vector<Verdict>, EntityTable<Sums>::parts>;

  void find_judges(const EntityTable<Sums>& table, const Hang& hang);
  void judge(const EntityTable<Sums>& table);
  void test(const comm::Comm& comm);

  const StatsRequest& request_;
  std::optional<Judges> judges_;
  Verdicts verdicts_;
  std::optional<Discoveries> discoveries_;
  AnomalyCounts counts_;
};

// {"baseline":[...],...} of what was judged; `what`: "entities" or "records". Of what is flagged
// also `log_adjusted` and what drives it.
std::string anomaly_json(const Judge& judge, const char* what, const Unusualness& unusualness,
                         std::optional<double> log_adjusted, std::span<const double> vector,
                         const std::vector<std::string>& features);

}  // namespace trawl::fold
