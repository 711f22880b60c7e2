#include <algorithm>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/core/integrity/merkle.hpp>
#include <trawl/core/integrity/sum_proof.hpp>

namespace trawl::core {
namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw CheckError("wrong proof: " + why);
}

void require_kind(const std::string& is, const SumKind& kind) {
  if (is != kind.name) refuse(fmt::format("it is about '{}', not '{}'", is, kind.name));
}

void require_root(const Sha256Digest& is, const Sha256Digest& root) {
  if (is == root) return;
  refuse(fmt::format("it leads to root {}, not {} (it was changed, or belongs to other data)",
                     hex(is), hex(root)));
}

}  // namespace

std::vector<std::byte> check_proof(const SumProof& proof, const SumKind& kind,
                                   const Sha256Digest& root) {
  require_kind(proof.kind, kind);
  if (proof.index >= proof.leaves)
    refuse(fmt::format("no leaf {} in a tree of {}", proof.index, proof.leaves));
  const std::vector<Sibling> sides = siblings_of(proof.index, proof.leaves);
  if (sides.size() != proof.path.size()) {
    refuse(fmt::format("leaf {} of {} has {} siblings on its path, not {}", proof.index,
                       proof.leaves, sides.size(), proof.path.size()));
  }
  kind.check(proof.sum);
  SumNode node = sum_leaf(proof.key, proof.sum);
  for (std::size_t i = 0; i < sides.size(); ++i) {
    const SumNode& sibling = proof.path[i];
    node = sides[i] == Sibling::left ? sum_parent(kind, sibling, node)
                                     : sum_parent(kind, node, sibling);
  }
  require_root(sum_root(kind, proof.leaves, node), root);
  return std::move(node.sum);
}

void check_absence(const AbsenceProof& proof, Bytes key, const SumKind& kind,
                   const Sha256Digest& root) {
  require_kind(proof.kind, kind);
  const std::vector<std::byte> absent(key.begin(), key.end());
  if (!proof.before && !proof.after) {
    require_root(sum_root(kind, 0, {sha256({}), {}}), root);
    return;
  }
  if (proof.before) check_proof(*proof.before, kind, root);
  if (proof.after) check_proof(*proof.after, kind, root);
  if (proof.before && !(proof.before->key < absent))
    refuse("the leaf before is not before the key");
  if (proof.after && !(absent < proof.after->key)) refuse("the leaf after is not after the key");
  if (!proof.before && proof.after->index != 0) refuse("the leaf after is not the first");
  if (!proof.after && proof.before->index + 1 != proof.before->leaves)
    refuse("the leaf before is not the last");
  if (proof.before && proof.after && proof.before->index + 1 != proof.after->index)
    refuse("there are leaves between the two");
}

}  // namespace trawl::core
