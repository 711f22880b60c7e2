// Several states of evidence as one: each identity once, what is retracted not at all.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <trawl/fold/merge_states.hpp>

#include "fold/evidence/state_entity.hpp"
#include "fold/evidence/state_files.hpp"

namespace trawl::fold {

// What several states hold adds up twice in their sums, and is taken away once again: the sums are
// exact, so nothing remains of it. Memory: what is at hand of each state, retracted identities, and
// sums of the entities and sources that are concerned.
class EvidenceCombination {
 public:
  // `files` must live as long. InputError: what is to be retracted cannot be, or was before.
  EvidenceCombination(const EvidenceStateFiles& files, const std::vector<EvidenceName>& retract);

  // First: all identities that are left, in order. InputError: something that is to be retracted
  // is in no state; states without ids share an identity all the same.
  using OnRecord = std::function<void(const IdentityRecord&)>;
  void records(const OnRecord& on_record);

  // Then: all entities that are left, in order, with their bytes. InputError: an entity with two
  // priors, from which evidence is retracted.
  struct Leaf {
    const EvidenceEntityReader& at;  // key, hash, sort_bytes
    const EvidenceEntity& entity;
    std::string_view bytes;
  };
  void entities(const std::function<void(const Leaf&)>& on_entity);

  // All that are and were retracted. Ascending.
  const std::vector<IdentityOrder>& retracted() const { return retracted_; }
  std::uint64_t retracted_rows() const { return retracted_rows_; }  // by these states together

 private:
  struct Hash {
    std::size_t operator()(const evidence::Key& key) const { return stats::hash_of(key); }
  };
  struct Change {
    SourceState added, removed;
  };
  using Sources = std::map<evidence::Key, Change>;
  using Changes = std::unordered_map<evidence::Key, Sources, Hash>;

  void require_found(const std::vector<IdentityOrder>& wanted,
                     const std::vector<bool>& found) const;
  void unite(const std::vector<IdentityRecordReader>& readers,
             const std::vector<std::size_t>& group, const OnRecord& on_record);
  void retract(const std::vector<IdentityRecordReader>& readers,
               const std::vector<std::size_t>& group);
  void apply(const Sources& sources, EvidenceEntity& entity,
             const EvidenceEntityReader& reader) const;
  EvidenceEntity one_of(EvidenceEntityReader& reader, std::size_t input);
  void require_applied(const EvidenceEntityReader& any) const;

  const EvidenceStateFiles& files_;
  std::vector<IdentityOrder> fresh_;      // to be retracted now
  std::vector<IdentityOrder> retracted_;  // these too
  std::uint64_t retracted_rows_ = 0;
  std::vector<Changes> retractions_;  // by position in the plan
  Changes united_;                    // of all together
};

// "entity 7, source 'a', id 3"
std::string text_of(const EvidenceName& name);

}  // namespace trawl::fold
