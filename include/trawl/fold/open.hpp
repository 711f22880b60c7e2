// Phase 1 of every search: who owns which dataset, what its header says, and whether the predicate
// fits it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <trawl/comm/comm.hpp>
#include <trawl/core/predicate/predicate.hpp>
#include <trawl/core/predicate/zone_test.hpp>
#include <trawl/fold/dataset_pool.hpp>
#include <trawl/fold/ledger.hpp>
#include <trawl/fold/plan.hpp>
#include <trawl/store/dataset.hpp>

namespace trawl::fold {

class Catalogs;

// What all ranks know of a dataset once its owner has opened it.
struct DatasetFacts {
  std::string failure;    // why it cannot be searched; empty: it can
  bool readable = false;  // its header was read, so that `rows` is known
  std::string kind;
  std::string codec;
  std::string digest;
  std::string index_digest;
  std::string catalog_digest;  // of the catalog that spoke for it instead of its header; or empty
  std::uint64_t rows = 0;
  std::uint64_t row_group_rows = 0;
  std::uint64_t bytes = 0;
  std::uint64_t group_weight = 1;  // bytes of the predicate's columns in a row group, about

  std::uint64_t row_groups() const {
    return row_group_rows == 0 ? 0 : (rows + row_group_rows - 1) / row_group_rows;
  }
};

// The inputs of a search, opened. The same on all ranks, but for the pool.
struct Opened {
  std::vector<DatasetFacts> facts;   // one per dataset, in canonical order
  std::vector<std::uint64_t> owned;  // offsets: rank r owns datasets [owned[r], owned[r + 1])
  std::string normal_form;           // of the predicate, by the first dataset that it fits
  std::vector<core::KeyListRef> key_lists;  // of the same
  std::unique_ptr<DatasetPool> pool;
  std::shared_ptr<Catalogs> catalogs;  // null: not to be used

  const std::vector<store::DatasetRef>& refs() const { return pool->refs(); }
};

// The opening of the inputs of a search, with time in between for what else is to be done. Root
// lists the inputs and tells all ranks; every rank opens the datasets it owns (cut by bytes), or
// takes from a catalog what their headers would say. A dataset that cannot be opened, or whose
// columns do not fit the predicate while those of others do, is a failed dataset; when the
// predicate fits no dataset, that is the user's error.
class Opening {
 public:
  // Collective. Opens the first dataset. When it has key lists, the other datasets are opened in
  // the background from here on, on `threads` threads. InputError (as CollectiveError).
  Opening(const std::vector<std::string>& inputs, const std::string& table, Query query,
          int threads, bool use_catalogs, const comm::Comm& comm);
  ~Opening();  // waits for the background

  // Those of the search, to be loaded meanwhile. Empty: none, or not known before finish().
  std::span<const core::KeyListRef> key_lists() const;
  // Whether there is one list, which can be checked late (core::keys_to_check_late).
  bool checks_late() const;

  // Collective. Once. InputError (as CollectiveError).
  Opened finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Row groups that may hold a match, and the proofs for those that cannot.
struct Pruned {
  std::vector<Work> work;  // of all ranks, in canonical order: the same everywhere
  Ledger ledger;           // pruned row groups and failed datasets that this rank owns
};

// What may prune row groups.
struct Screens {
  bool zone_maps = true;  // false: nothing is pruned
  bool index = true;      // stored membership filters too
};

// Collective. Every owner tests zone maps and stored membership filters of its datasets, on
// `threads` threads.
Pruned prune(const Opened& opened, std::span<const core::KeySet* const> keys, Screens screens,
             int threads, const comm::Comm& comm);

// Canonical JSON of the bounds that a proof rests on.
std::string bounds_json(const core::PruneProof& proof);

}  // namespace trawl::fold
