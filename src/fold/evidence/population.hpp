// What is known of the rows that matched: all that reports are made of.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include <trawl/core/evidence/rules.hpp>

#include "fold/evidence/pending.hpp"
#include "fold/evidence/resolver.hpp"
#include "fold/evidence/table.hpp"

namespace trawl::fold {

// A summary, spread over the ranks. Adding is thread-safe.
class EvidencePopulation {
 public:
  explicit EvidencePopulation(const evidence::Rules& rules, PendingMemory pending = {});

  void add(EvidencePiece& piece);
  // An empty piece, and back: to take memory anew from the system costs as much as to read a
  // column, and names that are known need not be told again.
  EvidencePiece take_piece();
  void give_back(EvidencePiece&& piece);
  // A row by itself, of which nothing is known; or that is a piece of evidence of its own.
  void add(const Candidate& candidate, double prior);
  void add_unique(const Candidate& record, double prior);
  // One that is refused; of an entity, if it has one.
  void refuse(RowRefusal refusal, const evidence::Key* entity);

  // Not while others add. What was added, in parts of which merge() takes each once; 0 <= part <
  // EvidenceTable::parts.
  std::string part_to_bytes(std::size_t part) const;
  // Not while others add. Error for bytes that are cut, DataError for damaged sums.
  void merge(std::string_view bytes);

  // Collective, once, after all rows were added: brings every entity and its candidates to one
  // rank, which counts each record once.
  void resolve(const comm::Comm& comm, int threads = 1);

  // Digest of the row groups among which records were proved to be unique; 0: of none. Parts have
  // it: sums rest on it.
  std::uint64_t screened = 0;
  static std::uint64_t screened_of(std::string_view part);

  EvidenceTable table;
  EvidenceRefusals refusals;     // after resolve(): of all ranks
  std::uint64_t candidates = 0;  // the same
  std::uint64_t compared = 0;    // those of them whose identity others have too; the same
  std::vector<EquivocationRecords> equivocations;  // of entities on this rank, ascending
  std::vector<evidence::Key> distrusted;           // all ranks: all that equivocated; ascending

 private:
  void resolve_pending(const comm::Comm& comm, int threads);
  void share_distrust(const comm::Comm& comm);

  const evidence::Rules rules_;
  std::mutex spare_mutex_;  // guards spare_
  std::vector<EvidencePiece> spare_;
  std::mutex mutex_;  // guards the rest while pieces are added
  PendingRecords pending_;
};

}  // namespace trawl::fold
