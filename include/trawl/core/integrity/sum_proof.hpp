// Checking, without the data, that a state is counted in a published total, or that a key is not.
// Bytes of proofs: docs/formats/proof.md.
//
// A proof shows what the tree of a root says. That the publisher's other leaves are true, or that
// there is one root for everybody, it cannot show; nor that keys ascend where no proof looks:
// whoever recomputes the root from all leaves sees that (SumTreeRange refuses others).
#pragma once

#include <optional>

#include <trawl/core/integrity/sum_tree.hpp>

namespace trawl::core {

// That no leaf has a key: the two leaves between which it would lie; only one of them when it would
// be the first or the last, none when the tree is empty.
struct AbsenceProof {
  std::string kind;
  std::optional<SumProof> before, after;
  bool operator==(const AbsenceProof&) const = default;
};

// Local. The total of the tree with this root, of which the proof's leaf is a part: the path's
// hashes lead to the root, and its sums add up to the total. CheckError: it is not so. DataError: a
// sum is not canonical. O(log leaves) hashes and combinations.
std::vector<std::byte> check_proof(const SumProof& proof, const SumKind& kind,
                                   const Sha256Digest& root);

// Local. Returns when the tree with this root has no leaf with this key, by the order of leaves.
// CheckError, DataError as above.
void check_absence(const AbsenceProof& proof, Bytes key, const SumKind& kind,
                   const Sha256Digest& root);

// Canonical: equal proofs, and only those, have equal bytes.
std::vector<std::byte> to_bytes(const SumProof& proof);
std::vector<std::byte> to_bytes(const AbsenceProof& proof);

// Which of the two `bytes` are; DataError when they are neither.
enum class ProofOf : std::uint8_t { inclusion, absence };
ProofOf what_is_proved(Bytes bytes);

// DataError for everything that to_bytes would not have written.
SumProof sum_proof_from_bytes(Bytes bytes);
AbsenceProof absence_proof_from_bytes(Bytes bytes);

}  // namespace trawl::core
