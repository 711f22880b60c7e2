// Watch lists of a predicate, loaded by all ranks together, one copy per node.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <trawl/comm/comm.hpp>
#include <trawl/core/filter/key_set.hpp>
#include <trawl/core/predicate/predicate.hpp>

namespace trawl::fold {

struct KeyListFacts {
  std::string path;
  std::uint64_t read = 0;      // keys in the list, duplicates included
  std::uint64_t distinct = 0;  // not known (0) of a list that is checked late
  std::uint64_t bytes = 0;     // keys, filter and search table, per node
  std::uint64_t filter_bytes = 0;
  double expected_fpr = 0;  // measured rate for these bits per key
  // "sum-xxh3-128:" and the MultisetDigest of the list's distinct keys, in whatever order and how
  // often they were written; of KeyLists::many integers and more, of all that were read, because
  // such a list need not be sorted.
  std::string digest;
  std::uint64_t named = 0;  // keys that the digest is of
  bool shared = false;        // one copy per node (else one per rank)
  bool checked_late = false;  // against the rows that other conditions, and the filter, leave
};

class KeyLists {
 public:
  KeyLists();
  KeyLists(KeyLists&&) noexcept;
  KeyLists& operator=(KeyLists&&) noexcept;
  ~KeyLists();

  // Lists of integers with at least so many keys prove by core::RangeMap which row groups hold
  // none, and may be checked late: below, sorting takes less than a millisecond.
  static constexpr std::uint64_t many = std::uint64_t{1} << 16;

  // Collective. Every rank parses its share of every list. A single list that `may_be_late` and has
  // many integers stays as it is read, for FoldJob::late; the others are sorted: a sample sort (Shi
  // and Schaeffer, "Parallel sorting by regular sampling", JPDC 1992) orders and de-duplicates;
  // every rank fills a range of the filter's blocks. Integers are read, sorted and added on
  // `threads` threads of each rank; the lists do not depend on ranks or threads. A rank holds its
  // share about three times while it loads, besides what the node keeps (KeyListFacts::bytes). A
  // text file has one key per line (blank lines are no keys);
  // `.csv[.gz|.zst]` and `.h5` lists have a column. InputError: no such file, a key that is not of
  // the column's type (with line), no such column.
  static KeyLists load(std::span<const core::KeyListRef> refs, double fpr, int threads,
                       const comm::Comm& comm, bool may_be_late = false);

  // The keys of the list that is checked late, in any order, with repetitions; or nothing.
  std::optional<std::span<const std::int64_t>> late() const;
  // Collective. Puts filters in front of the list that is checked late; sets() are others
  // afterwards. Every thread of a node passes over all keys and fills its part of the filters.
  void filter_late(double fpr, int threads, const comm::Comm& comm);

  std::span<const core::KeySet* const> sets() const;
  const std::vector<KeyListFacts>& facts() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace trawl::fold
