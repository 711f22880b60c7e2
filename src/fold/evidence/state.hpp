// What a state file of evidence holds besides entities and records: what it depends on, and counts.
// docs/formats/state.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <trawl/fold/evidence.hpp>
#include <trawl/store/state_file.hpp>

namespace trawl::fold {

inline constexpr std::string_view evidence_kind = "evidence";

// What the configuration of a state says besides columns and rules.
struct EvidenceStateForm {
  bool by_type = false;  // sums are kept for each type
  bool ids = false;      // all identities are kept, so that states that share some can be merged
};

// Canonical JSON of everything that the sums depend on. Not what only reports depend on: priors for
// all, caps, policies. InputError when a name is not UTF-8.
std::string evidence_configuration(const EvidenceRequest& request, const Opened& opened,
                                   const std::vector<KeyListFacts>& key_lists);
// The same of a certificate: the normal form of its predicate, and digests of its key lists.
std::string evidence_configuration(const EvidenceRequest& request, const std::string& predicate,
                                   const std::vector<std::string>& key_lists);
// Sets in `request` what the configuration of a state says. DataError when it is none, or of a
// version that is not known; `where` names the file.
EvidenceStateForm apply_evidence_configuration(const std::string& configuration,
                                               const std::string& where, EvidenceRequest& request);

// A summary.
struct EvidenceStateCounts {
  std::uint64_t rows = 0, matches = 0;
  EvidenceRefusals refusals;
  std::uint64_t retracted = 0;     // rows whose identity was retracted
  std::uint64_t disjoint_ids = 0;  // 1: somebody said that merged states share no identity

  void merge(const EvidenceStateCounts& other);
  // Writes it as a section of a state.
  void write(store::StateWriter& writer) const;
  // DataError naming the file.
  static EvidenceStateCounts read(const store::StateReader& file, const std::string& name);
};

}  // namespace trawl::fold
