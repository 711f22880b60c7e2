// Merging state files, whatever they are states of. What is in them: docs/formats/state.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <trawl/base/digest.hpp>
#include <trawl/core/stats/entity_id.hpp>
#include <trawl/store/state_file.hpp>
#include <trawl/store/state_merge.hpp>

namespace trawl::fold {

// What names a piece of evidence.
struct EvidenceName {
  stats::EntityId entity, source, id;
  auto operator<=>(const EvidenceName&) const = default;
};

struct MergeOptions {
  store::Overlap overlap = store::Overlap::refuse;
  bool overwrite = false;
  int threads = 1;  // that check the states, each its own
  // Of states of evidence alone:
  // The caller knows that no identity is in two states: needed where states do not keep them, and
  // remembered in the merged one.
  bool disjoint_ids = false;
  // Evidence to take back: the sums are, byte for byte, as if it had never come. Each once.
  std::vector<EvidenceName> retract = {};
};

struct MergedStates {
  std::string kind;
  std::vector<store::MergeInput> inputs;  // as they were named
  store::MergePlan plan;                  // which of them were merged, and which were left out
  store::WrittenState written;
  std::uint64_t entities = 0;   // of statistics: pairs of an entity and a path
  std::uint64_t rows = 0;       // covered
  std::uint64_t matches = 0;    // rows that the predicate chose
  std::uint64_t retracted = 0;  // identities that are and stay retracted, of this and other merges
  Sha256Digest root{};          // of the sum tree over the entities (state_proof.hpp)
};

// Local. Writes the sum of `states` to `out`: the same bytes for any order and grouping of merges,
// and those of the state of one run over all their data. InputError: they cannot be merged
// (store::plan_merge says why; states of evidence without ids, unless disjoint_ids), are of a kind
// that is not known here, what is to be retracted is not there, or `out` exists and overwrite is
// false. DataError: no state file, damaged anywhere, or with entities that do not lead to the root
// it names; nothing is written then.
// Entities and records stream through: memory is 3 MiB for each state, the summary for readers,
// retracted identities, and the sums of those entities and sources of which several states hold the
// same evidence.
MergedStates merge_states(std::span<const std::filesystem::path> states,
                          const std::filesystem::path& out, const MergeOptions& options);

}  // namespace trawl::fold
