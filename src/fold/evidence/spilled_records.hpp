// The records of a state, from what ranks have spilled.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include <trawl/comm/comm.hpp>

#include "fold/evidence/record_spill.hpp"

namespace trawl::fold {

// What was found while records were brought together.
struct SpilledCounts {
  std::uint64_t rows = 0, identities = 0, equivocations = 0;
  bool operator==(const SpilledCounts&) const = default;
};

// Collective. Calls `on_records` on root with all records of the section, in order and in pieces.
// Counts are those of all ranks, on all of them. Memory: some buckets of the spill, at least one.
SpilledCounts collect_records(RecordSpill& spill, const comm::Comm& comm,
                              const std::function<void(std::string_view)>& on_records);

}  // namespace trawl::fold
