// Proofs that an entity is counted in the totals of a state, once, or that it is not there.
//
// A state, and the certificate of the run that wrote it, names the root of the sum tree over its
// entities (core/integrity/sum_tree.hpp). A proof needs the state to be made, and only the root to
// be checked. What it shows, and what not: docs/proofs.md. Its bytes: docs/formats/proof.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/base/digest.hpp>
#include <trawl/base/json.hpp>
#include <trawl/core/integrity/sum_proof.hpp>
#include <trawl/core/stats/entity_id.hpp>
#include <trawl/core/stats/tree.hpp>
#include <trawl/store/state_file.hpp>

namespace trawl::fold {

// Whom a proof is about: an entity where there are some, and a path where there are levels.
struct LeafName {
  std::optional<stats::EntityId> entity;
  std::optional<stats::Path> path;  // none: all paths of the entity
  bool operator==(const LeafName&) const = default;
};

// For people: "entity 7 at US/NY", "entity 7", "US/NY", or "all".
std::string text_of(const LeafName& name);

// What proofs need to know of a kind of state, with its configuration. All functions are local.
class Provable {
 public:
  using Leaf = std::function<void(Bytes key, Bytes sum)>;

  virtual ~Provable() = default;

  // Its name begins with the kind of state and a blank, and goes on with its configuration.
  virtual const core::SumKind& sums() const = 0;
  // What is summed, for people: "statistics of amount by agent".
  virtual std::string words() const = 0;
  // The key of a leaf; without a path, what the keys of all leaves of the entity, and no others,
  // begin with. InputError when a state of this configuration has no such names.
  virtual std::string key_of(const LeafName& name) const = 0;
  // DataError when it is no key that a state of this configuration has.
  virtual LeafName name_of(Bytes key) const = 0;
  // All leaves, in ascending order of keys. DataError: damaged. Memory: one chunk and one leaf.
  virtual void each_leaf(const store::StateReader& file, const std::string& name,
                         const Leaf& leaf) const = 0;
  // An object: what people want to know of a sum. Numbers, null where there is none, or objects of
  // such. DataError for bytes that are not a sum.
  virtual Json describe(Bytes sum) const = 0;
};

// Local. InputError for a kind that has no proofs; DataError for a configuration that is none.
std::unique_ptr<Provable> make_provable(std::string_view kind, const std::string& configuration);

// Local. The tree that a state says it has; nothing when it says nothing. DataError: damaged.
struct NamedRoot {
  std::uint64_t leaves = 0;
  Sha256Digest root{};
};
std::optional<NamedRoot> named_root(const store::StateReader& file);

// What a proof that holds proves.
struct Proved {
  core::ProofOf what = core::ProofOf::inclusion;
  Sha256Digest root{};
  std::uint64_t leaves = 0;  // of the tree
  std::string words;         // Provable::words
  LeafName name;             // who is counted, or is not there
  Json own, total;           // Provable::describe, of a proof of inclusion
};

// Local. Whether a proof holds for this root: the sums lead to it, and the key is that of its
// entity. `about`: whom it must be about; needed for a proof of absence (InputError), which holds
// for all between two neighbours. CheckError, saying where, for everything that does not hold, what
// is no proof among it. O(log leaves).
Proved check_state_proof(Bytes proof, const Sha256Digest& root,
                         const std::optional<LeafName>& about);

struct MadeProof {
  Proved proved;
  std::vector<std::byte> bytes;
};

// Local. The proof that `name` is counted in a state, or with `absent` that it is not there.
// InputError: it is the other way round, or the entity has several paths and none is named.
// DataError: no state, damaged, or not what its own root says. Reads all entities once; memory is
// that of one chunk and a path of O(log leaves) nodes.
MadeProof prove(const std::filesystem::path& state, const LeafName& name, bool absent);

}  // namespace trawl::fold
