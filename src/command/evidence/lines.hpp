// The parts of evidence.jsonl.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <trawl/base/json.hpp>

#include "command/json_lines.hpp"

namespace trawl::command {

struct EvidenceSections {
  std::string_view entities, equivocations;
};
EvidenceSections evidence_sections(std::string_view lines);  // O(bytes)

// What the line of an entity says of itself, without the lists of sources, which are most of it.
struct EntityHead {
  Json line;            // all members before "cut"
  std::size_t cut = 0;  // sources that the trimmed mean cuts
};
EntityHead entity_head(std::string_view line);

// The `count` lines of entities with the greatest robust log-odds, the greatest first; equal ones
// in canonical order. O(bytes), 24 bytes of memory for each line.
std::vector<std::string_view> strongest(std::string_view entities, std::uint64_t count);

}  // namespace trawl::command
