// One line of JSON per entity and equivocation: the canonical result of `trawl evidence`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <trawl/core/evidence/assess.hpp>

#include "fold/evidence/population.hpp"

namespace trawl::fold {

// Numbers are the shortest that read back as the same double, so that equal text is equal bits;
// null where a number does not exist.

// One source of an entity, beside what Assessment::sources has of it.
struct SourceCounts {
  std::int64_t duplicates = 0, withheld = 0;
};

struct EntityLine {
  evidence::Key entity;
  double prior_log_odds = 0;
  std::int64_t refused = 0;
  evidence::Assessment assessment;
  std::vector<SourceCounts> counts;  // as assessment.sources
};

// {"entity":id,...}, see docs/evidence.md.
std::string line_of(const EntityLine& entity);
// {"equivocation":{"entity":id,"source":id,"id":id},"records":[{...},{...}]}; `names` of datasets,
// none where it is not known which they were.
std::string line_of(const EquivocationRecords& equivocation, const std::vector<std::string>& names);

}  // namespace trawl::fold
