// What sources say about entities: exact sums on one rank, filled by many threads.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <trawl/comm/comm.hpp>
#include <trawl/core/evidence/source_sums.hpp>

#include "fold/evidence/candidate.hpp"
#include "fold/evidence/piece.hpp"
#include "fold/evidence/statement_table.hpp"
#include "fold/owner.hpp"

namespace trawl::fold {

struct SourceState {
  evidence::SourceSums sums;
  std::int64_t duplicates = 0, withheld = 0, equivocations = 0;

  void merge(const SourceState& other);
};

struct EntityState {
  std::uint64_t hash = 0;
  EntityNotes notes;
  std::unordered_map<std::uint32_t, SourceState> sources;  // by EvidenceTable::source(number)
};

// In parts by hash, each with a lock, so that threads rarely wait for each other. A summary, spread
// over the ranks.
class EvidenceTable {
 public:
  static constexpr std::size_t parts = EvidencePiece::parts;
  using Each = std::function<void(const evidence::Key& entity, const EntityState&)>;

  // Types are kept apart only for a cap on the weight of groups.
  explicit EvidenceTable(bool with_types) : with_types_(with_types) {}

  static std::size_t part_of(std::uint64_t hash) { return EvidencePiece::part_of(hash); }

  // Thread-safe. The unique records and the notes of a piece, which learns how its names are called
  // here.
  void add(EvidencePiece& piece);
  // Not while others add. Several threads at once if wanted, for entities of different parts.
  EntityState& at(const evidence::Key& entity);
  SourceState& at(const evidence::Key& entity, const evidence::Key& source);
  // Thread-safe. As EntityState::sources has it.
  std::uint32_t source_number(const evidence::Key& source);
  void add(SourceState& state, const std::optional<evidence::Key>& type,
           const evidence::Contribution& contribution) const;

  // Collective, once, before at(). Every entity is on its owner then. Part by part, so that
  // messages stay small beside the table.
  void exchange(const comm::Comm& comm, int threads = 1);

  // Not while others add. All that is known of the entities of a part, which merge_bytes() of any
  // table takes; bytes do not depend on the number of ranks, but on the order of adding.
  void append_part(std::string& out, std::size_t part) const;
  // Not while others add. Error for bytes that are cut, DataError for damaged sums.
  void merge_bytes(std::string_view bytes);

  // Not while others add. Several parts at once if wanted.
  void each_of(std::size_t part, const Each& function) const;
  const evidence::Key& source(std::uint32_t number) const { return sources_[number]; }
  std::size_t sources() const { return sources_.size(); }

 private:
  struct Hash {
    std::size_t operator()(const evidence::Key& key) const { return stats::hash_of(key); }
  };
  // What pieces bring is summed in `statements`, by numbers of `named`, until exchange().
  struct Part {
    std::mutex mutex;
    std::unordered_map<evidence::Key, EntityState, Hash> entities;
    Names named;
    StatementTable statements;
  };
  void number_names(EvidencePiece& piece);
  void add_part(const EvidencePiece& piece, std::size_t part);
  // The entities of statements of a part, as far as those tell.
  void each_stated(const Part& part,
                   const std::function<void(const evidence::Key&, EntityState&&)>& function) const;
  void settle(Part& part);
  void append_entity(std::string& out, const evidence::Key& key, const EntityState& entity) const;
  std::vector<std::vector<char>> messages(const Part& part, int ranks) const;

  const bool with_types_;
  std::array<Part, parts> parts_;
  std::mutex names_mutex_;  // guards the names while pieces are added
  Names sources_, types_;
  std::atomic<std::size_t> turn_{0};
};

}  // namespace trawl::fold
