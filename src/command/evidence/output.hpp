// What `trawl evidence` says and writes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <trawl/base/json.hpp>

#include "command/evidence/evidence.hpp"

namespace trawl::command {

// What a run tells besides its record. Root.
struct EvidenceExtras {
  bool deduplicated = false;
  bool registered = false;
  // Rows that were kept whole until all were read, and those of them that share an identity.
  std::uint64_t candidates = 0, compared = 0;
  std::optional<store::WrittenState> state;
};

// Root, before any work. InputError: a file that exists, or two outputs of one name.
void check_outputs(const EvidenceParams& params);

// Root. For people.
std::string headline(const Recorded& run);
void tell_identity(const Json& counts, const EvidenceExtras& extras);
// `registered`: there is a list of the sources that may vote.
void tell_counts(const Json& counts, bool registered);

// Root. Writes --gold, --html, --out; returns what is to be printed. `report` is what --json
// prints, but for the files.
std::string deliver(const EvidenceParams& params, const fold::EvidenceRequest& request,
                    std::string_view lines, Json report);

}  // namespace trawl::command
