// What is known of an entity, one value to a column: the same names in CSV and in the gold layer.
#pragma once

#include <string>
#include <vector>

#include "command/gold/columns.hpp"

namespace trawl::command {

struct EvidenceField {
  enum class Kind { count, number, guarantee };
  std::string name;
  Kind kind;
  gold::Find find;  // in an entity's line of evidence.jsonl
};

// All but the entity itself. docs/formats/gold.md says what they are.
const std::vector<EvidenceField>& evidence_fields();

}  // namespace trawl::command
