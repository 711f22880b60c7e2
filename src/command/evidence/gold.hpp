// The gold layer of `trawl evidence`: entities.h5, sources.h5 and equivocations.h5.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include <trawl/fold/evidence.hpp>

#include "command/gold/layer.hpp"

namespace trawl::command {

// Root. Before any work. InputError as of check_names and check_gold_place.
void check_evidence_gold(const fold::EvidenceColumns& columns, const std::filesystem::path& folder,
                         bool overwrite);

// Root. From the lines of evidence.jsonl. The same bytes for the same lines.
std::vector<store::WrittenDataset> write_evidence_gold(std::string_view lines,
                                                       const fold::EvidenceColumns& columns,
                                                       const std::filesystem::path& folder,
                                                       bool overwrite);

}  // namespace trawl::command
