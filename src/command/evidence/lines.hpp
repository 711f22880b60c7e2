// The parts of evidence.jsonl.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "command/json_lines.hpp"

namespace trawl::command {

struct EvidenceSections {
  std::string_view entities, equivocations;
};
EvidenceSections evidence_sections(std::string_view lines);  // O(bytes)

// The `count` lines of entities with the greatest robust log-odds, the greatest first; equal ones
// in canonical order. O(bytes), 24 bytes of memory for each line.
std::vector<std::string_view> strongest(std::string_view entities, std::uint64_t count);

}  // namespace trawl::command
