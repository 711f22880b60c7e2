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
  std::uint64_t read = 0;  // keys in the list, duplicates included
  std::uint64_t distinct = 0;
  std::uint64_t bytes = 0;  // keys, filter and search table, per node
  std::uint64_t filter_bytes = 0;
  double expected_fpr = 0;  // measured rate for these bits per key
  std::string
      digest;  // XXH3-128 of the distinct keys in ascending order: the list, however it was written
  bool shared = false;  // one copy per node (else one per rank)
};

class KeyLists {
 public:
  KeyLists();
  KeyLists(KeyLists&&) noexcept;
  KeyLists& operator=(KeyLists&&) noexcept;
  ~KeyLists();

  // Collective. Every rank parses its share of every list; a sample sort (Shi and Schaeffer,
  // "Parallel sorting by regular sampling", JPDC 1992) orders and de-duplicates; every rank fills a
  // range of the filter's blocks. Integers are read, sorted and added on `threads` threads of each
  // rank; the lists do not depend on ranks or threads. A rank holds its share about three times
  // while it loads, besides what the node keeps (KeyListFacts::bytes). A text file has one key per
  // line (blank lines are no keys);
  // `.csv[.gz|.zst]` and `.h5` lists have a column. InputError: no such file, a key that is not of
  // the column's type (with line), no such column.
  static KeyLists load(std::span<const core::KeyListRef> refs, double fpr, int threads,
                       const comm::Comm& comm);

  std::span<const core::KeySet* const> sets() const;
  const std::vector<KeyListFacts>& facts() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace trawl::fold
