// Lists of evidence that is taken back.
#pragma once

#include <filesystem>
#include <vector>

#include <trawl/fold/merge_states.hpp>

namespace trawl::command {

// Local. A file of evidence, each named by entity, source and id; of CSV with these columns in any
// order (.csv), where a field in quotes is a text and any other that is a whole number a number; or
// of one JSON object in each line (.json, .jsonl), also as equivocations stand in evidence.jsonl.
// Source may be left out where the state has none. InputError naming file and line: something else,
// or the same evidence twice; DataError: it cannot be read.
std::vector<fold::EvidenceName> read_retractions(const std::filesystem::path& path);

}  // namespace trawl::command
