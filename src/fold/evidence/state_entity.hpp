// An entity in a state of evidence: what its sources say, as bytes that depend on that alone.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/core/evidence/total.hpp>

#include "fold/evidence/table.hpp"
#include "fold/state_section.hpp"

namespace trawl::fold {

inline constexpr std::string_view evidence_entities_section = "entities";

// A summary. Sources with nothing to say are not in it.
struct EvidenceEntity {
  EntityNotes notes;  // priors only where there is a column of them
  std::map<evidence::Key, SourceState> sources;

  void merge(const EvidenceEntity& other);
  // What one of its sources says besides, and does not say any more; requires that it said that. A
  // source with nothing left to say is gone.
  void change(std::map<evidence::Key, SourceState>::iterator source, const SourceState& added,
              const SourceState& removed);
  // Nothing is known of it: then it is in no state.
  bool empty() const { return sources.empty() && notes.refused == 0; }
  evidence::Total total() const;

  // Canonical: i64 refused; with priors: f64 least, f64 greatest (infinity and -infinity when no
  // row says one); u64 sources; of each, ascending: key (as put_key), i64 duplicates, withheld,
  // equivocations, sums (evidence::SourceSums). How many rows count follows from these.
  void append_bytes(std::string& out, bool priors) const;
  // Error for everything that append_bytes would not have written.
  static EvidenceEntity from_bytes(std::string_view bytes, bool priors);
};

EvidenceEntity entity_of(const EntityState& state, const EvidenceTable& table, bool priors);

// Appends the record of the section: u32 size and key (EntityKey::to_bytes), u32 size and entity.
void put_record(std::string& out, const evidence::Key& key, const EvidenceEntity& entity,
                bool priors);

// The key of the leaf in the tree of sums: that of the entity, then SHA-256 of its bytes, so that
// the root covers all that the state says of it.
std::string evidence_leaf_key(std::uint64_t hash, std::string_view sort_bytes,
                              std::string_view entity_bytes);

// The entities of one rank in the order of a state.
class SortedEvidence {
 public:
  // `table` must live as long and stay as it is.
  SortedEvidence(const EvidenceTable& table, bool priors);

  std::size_t size() const { return items_.size(); }
  bool done() const { return next_ == items_.size(); }
  std::vector<char> next_piece(std::size_t bytes);
  // Those at [begin, end): the keys and sums of their leaves. Thread-safe.
  void each_leaf(std::size_t begin, std::size_t end,
                 const std::function<void(Bytes key, Bytes sum)>& function) const;

 private:
  struct Item {
    std::uint64_t hash;
    std::string order;
    const evidence::Key* key;
    const EntityState* state;
  };
  const EvidenceTable& table_;
  bool priors_;
  std::vector<Item> items_;
  std::size_t next_ = 0;
};

// Reads the section, one entity after the other. Memory: a chunk and an entity.
class EvidenceEntityReader {
 public:
  EvidenceEntityReader(const store::StateReader& file, const std::string& name, bool priors)
      : bytes_(file, name, evidence_entities_section), priors_(priors) {}

  // Moves to the next, first to the first; false behind the last. DataError: damaged.
  bool next();

  // Of the one at hand:
  const evidence::Key& key() const { return key_; }
  std::uint64_t hash() const { return hash_; }
  const std::string& sort_bytes() const { return order_; }
  std::string_view entity_bytes() const { return entity_; }
  EvidenceEntity entity() const;
  bool before(const EvidenceEntityReader& other) const {
    return std::pair(hash_, std::string_view(order_)) <
           std::pair(other.hash_, std::string_view(other.order_));
  }
  bool same(const EvidenceEntityReader& other) const { return key_ == other.key_; }
  [[noreturn]] void damaged(std::string_view why) const { bytes_.damaged(why); }

 private:
  SectionBytes bytes_;
  bool priors_;
  bool first_ = true;
  std::size_t record_ = 0;   // bytes
  std::string_view entity_;  // in bytes_
  evidence::Key key_;
  std::uint64_t hash_ = 0;
  std::string order_;
};

}  // namespace trawl::fold
