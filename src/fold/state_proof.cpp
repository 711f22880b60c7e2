#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <trawl/base/error.hpp>
#include <trawl/fold/state_proof.hpp>

#include "fold/evidence/provable.hpp"
#include "fold/evidence/state.hpp"
#include "fold/stats/provable.hpp"
#include "fold/stats/state.hpp"
#include "fold/stats/state_root.hpp"

namespace trawl::fold {
namespace {

struct ProvableKind {
  std::string_view name;
  std::unique_ptr<Provable> (*make)(const std::string& configuration);
};
constexpr ProvableKind provable_kinds[] = {{stats_kind, make_provable_stats},
                                           {evidence_kind, make_provable_evidence}};

// "stats {...}"
std::unique_ptr<Provable> provable_named(const std::string& text) {
  const std::size_t blank = text.find(' ');
  if (blank == std::string::npos) throw DataError("'" + text + "' names no configuration");
  try {
    return make_provable(text.substr(0, blank), text.substr(blank + 1));
  } catch (const InputError& error) {
    throw DataError(error.what());
  }
}

bool begins_with(Bytes bytes, std::string_view prefix) {
  const Bytes expected = bytes_of(prefix);
  return bytes.size() >= expected.size() &&
         std::equal(expected.begin(), expected.end(), bytes.begin());
}

Proved check_inclusion(Bytes bytes, const Sha256Digest& root,
                       const std::optional<LeafName>& about) {
  const core::SumProof proof = core::sum_proof_from_bytes(bytes);
  const auto state = provable_named(proof.kind);
  const std::vector<std::byte> total = core::check_proof(proof, state->sums(), root);
  Proved proved{core::ProofOf::inclusion,
                root,
                proof.leaves,
                state->words(),
                state->name_of(proof.key),
                {},
                {}};
  proved.own = state->describe(proof.sum);
  proved.total = state->describe(total);
  if (about && !begins_with(proof.key, state->key_of(*about))) {
    throw CheckError(
        fmt::format("wrong proof: it is about {}, not {}", text_of(proved.name), text_of(*about)));
  }
  return proved;
}

Proved check_absent(Bytes bytes, const Sha256Digest& root, const std::optional<LeafName>& about) {
  const core::AbsenceProof proof = core::absence_proof_from_bytes(bytes);
  const auto state = provable_named(proof.kind);
  if (!about)
    throw InputError("this is a proof that somebody is not there: name whom with --entity");
  const std::string key = state->key_of(*about);
  core::check_absence(proof, bytes_of(key), state->sums(), root);
  // Where no path is named, `key` is what those of all paths begin with: none may be there.
  if (proof.after && begins_with(proof.after->key, key))
    throw CheckError("wrong proof: the leaf after is of the same entity");
  for (const auto& neighbour : {proof.before, proof.after})
    if (neighbour) state->name_of(neighbour->key);
  const auto& any = proof.before ? proof.before : proof.after;
  return {core::ProofOf::absence, root, any ? any->leaves : 0, state->words(), *about, {}, {}};
}

// What is not as a proof must be, is no proof.
template <class Step>
Proved refuse_others(const Step& step) {
  try {
    return step();
  } catch (const DataError& error) {
    throw CheckError(fmt::format("wrong proof: {}", error.what()));
  }
}

}  // namespace

std::string text_of(const LeafName& name) {
  const std::string path = name.path ? fmt::format("{}", fmt::join(*name.path, "/")) : "";
  if (!name.entity) return path.empty() ? "all" : path;
  const std::string entity = "entity " + stats::text_of(*name.entity);
  return path.empty() ? entity : entity + " at " + path;
}

std::unique_ptr<Provable> make_provable(std::string_view kind, const std::string& configuration) {
  for (const ProvableKind& known : provable_kinds)
    if (known.name == kind) return known.make(configuration);
  throw InputError(fmt::format("states of kind '{}' have no proofs", kind));
}

std::optional<NamedRoot> named_root(const store::StateReader& file) {
  const std::optional<StateRoot> root = StateRoot::read(file);
  if (!root) return std::nullopt;
  return NamedRoot{root->leaves, root->root};
}

Proved check_state_proof(Bytes proof, const Sha256Digest& root,
                         const std::optional<LeafName>& about) {
  return refuse_others([&] {
    return core::what_is_proved(proof) == core::ProofOf::inclusion
               ? check_inclusion(proof, root, about)
               : check_absent(proof, root, about);
  });
}

}  // namespace trawl::fold
