// Evidence as it comes, and what it says now: for programs that run.
//
// A summary and a group. The state is the set of distinct records; what they say follows from it.
// So records in any order and states merged in any tree give the same bytes, records that come
// twice count once, and a piece of evidence that is retracted leaves no trace.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <trawl/core/evidence/assess.hpp>

namespace trawl::evidence {

// One record. Its identity is (entity, source, id): a source cannot use up the ids of another, nor
// make it seem to equivocate.
struct Evidence {
  Key entity, source, id;
  Key type = std::int64_t{0};
  std::int64_t time = 0;  // of no effect, but part of the record
  double log_odds = 0;    // natural logarithms; for the entity if positive
  double weight = 1;      // in [0, 1]
};

// The part of a record that its identity does not fix, as bits: equal ones are duplicates.
struct Content {
  Key type;
  std::int64_t time = 0;
  std::uint64_t log_odds = 0, weight = 0;
  auto operator<=>(const Content&) const = default;
};

enum class Added : std::uint8_t {
  counted,
  duplicate,     // the same record was there
  equivocation,  // another record of this identity was there; from now on neither counts
  refused,       // see normalise
};

// Two records of one identity: the proof that a source said two things. Of more than two, those
// with the least content.
struct EquivocationProof {
  Key entity, source, id;
  Content first, second;  // first < second
};

struct ConsensusCounts {
  std::int64_t evidence = 0;       // distinct identities, among them
  std::int64_t equivocations = 0;  // those with two contents
  std::int64_t duplicates = 0;     // deliveries beyond the first of each content kept
  Refused refused;                 // deliveries
};

// Local. Not for two threads at once; const functions may be called by several.
class Consensus {
 public:
  // InputError for rules that cannot be.
  explicit Consensus(const Rules& rules = {});

  const Rules& rules() const { return combiner_.rules(); }

  // From now on the source has so many votes, whatever the rules say of others. Sources need not be
  // there yet. InputError for 0 votes, or when it is registered with another number.
  void register_source(const Key& source, std::uint32_t votes = 1);
  bool is_registered(const Key& source) const { return registry_.count(source) != 0; }
  bool is_distrusted(const Key& source) const { return equivocations_.count(source) != 0; }

  // O(log) of the sources of an entity; about 0.5 us.
  Added add(const Evidence& evidence);
  // Takes all records of this identity back, with their duplicates: all bytes are as if they had
  // never come. Returns how many deliveries that were; 0 when there was none. A source of which no
  // equivocation is left is trusted again. Merging with a state that still has them brings them
  // back.
  std::int64_t retract(const Key& entity, const Key& source, const Key& id);

  // What all sources say of an entity; the prior alone when none does. O(sources log sources), 40
  // us for 100 sources. InputError unless 0 < prior < 1.
  Assessment posterior(const Key& entity, double prior = 0.5) const;
  std::vector<Key> entities() const;  // ascending

  ConsensusCounts counts() const;
  std::vector<EquivocationProof> equivocations() const;  // ascending

  // The union: records in both count once (their deliveries add up, so duplicates and refused
  // records do). InputError, and nothing is changed, unless rules are equal and sources in both
  // registries have equal votes. Of several states, in any order and any tree.
  void merge(const Consensus& other);

  // Canonical: states with equal rules, registries, records and counts, and only those, have equal
  // bytes. Layout, little-endian, all lists ascending:
  //   u8 tag 7, rules, u64 registered, (source, u32 votes)[registered],
  //   i64 refused: NaN, i64 refused: weights,
  //   u64 entities, (entity, u64 sources, (source, u64 records,
  //   record[records])[sources])[entities] record: id, i64 deliveries, u8 contents (1 or 2),
  //           (type, i64 time, f64 log-odds, f64 weight)[contents]
  // Keys as stats/entity_id.hpp says.
  std::vector<std::byte> to_bytes() const;
  // DataError for everything that to_bytes would not have written.
  static Consensus from_bytes(Bytes bytes);

 private:
  struct Hash {
    std::size_t operator()(const Key& key) const { return stats::hash_of(key); }
  };
  struct Stored {
    Content first;
    std::unique_ptr<Content> second;  // if the source equivocated
    std::int64_t deliveries = 0;
  };
  struct Source {
    SourceSums sums;
    std::unordered_map<Key, Stored, Hash> records;
    std::int64_t equivocations = 0;
  };
  using Sources = std::map<Key, Source>;

  Added store(const Key& entity, const Key& source, const Key& id, Content content,
              std::int64_t deliveries);
  void count(Source& source, const Content& content, bool negative);
  void set_equivocation(const Key& key, Source& source, bool there);
  std::pair<Standing, std::uint32_t> standing(const Key& key, const Source& source) const;
  void append_source(std::vector<std::byte>& out, const Source& source) const;

  Combiner combiner_;
  std::map<Key, std::uint32_t> registry_;
  std::unordered_map<Key, Sources, Hash> entities_;
  std::map<Key, std::int64_t> equivocations_;  // by source; never 0
  Refused refused_;
};

}  // namespace trawl::evidence
