// What catalogs know of the datasets of a search, and what they prove about whole datasets.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include <trawl/core/filter/key_set.hpp>
#include <trawl/core/predicate/zone_test.hpp>
#include <trawl/fold/dataset_pool.hpp>
#include <trawl/store/catalog.hpp>

namespace trawl::fold {

class Catalogs {
 public:
  // The end of every rule that is proved here.
  static constexpr std::string_view screen = "dataset key filter";

  explicit Catalogs(Query query) : query_(std::move(query)) {}

  struct Known {
    const store::DatasetInfo* info = nullptr;
    const core::Predicate* predicate = nullptr;
    const std::string* catalog_digest = nullptr;
  };
  // Local, thread-safe. What the catalog of `ref` says of it, and the predicate as it fits there.
  // Nothing: there is no catalog, the dataset has changed since, or the predicate does not fit;
  // then it is opened. Catalogs are read once; of one that is damaged a warning tells.
  std::optional<Known> find(const store::DatasetRef& ref);

  // Local, thread-safe. Why no row of a dataset that was found can match. `keys` are the same in
  // all calls. Reads one chunk of filters per value and 256 datasets.
  std::optional<core::PruneProof> prove(const store::DatasetRef& ref,
                                        std::span<const core::KeySet* const> keys);

 private:
  using Datasets = std::vector<std::uint64_t>;  // bit per dataset
  // The predicate over one of the schemas in a catalog, and the answers to its questions.
  struct Bound {
    std::optional<core::Predicate> predicate;
    bool asked = false;
    std::map<std::size_t, std::unordered_map<std::uint64_t, Datasets>> answers;  // by column, hash
    std::unordered_map<std::string, std::optional<core::PruneProof>> proofs;     // by the answers
  };
  struct Opened {
    explicit Opened(store::Catalog opened) : catalog(std::move(opened)) {}
    store::Catalog catalog;
    std::vector<std::optional<Bound>> bound;  // per schema
    bool told_changed = false;
  };
  // A dataset that was found.
  struct Entry {
    Opened* in = nullptr;
    std::size_t number = 0;
  };
  Opened* open(const std::string& path);
  Bound& bind(Opened& opened, std::uint64_t schema);
  static void ask(const store::Catalog& catalog, const Schema& schema, Bound& bound,
                  std::span<const core::KeySet* const> keys);
  static void probe(const store::Catalog& catalog, std::string_view column, std::uint64_t hash,
                    Datasets& may_hold);

  Query query_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Opened>> opened_;  // null: cannot be used
  std::unordered_map<std::string, Entry> found_;           // by location
};

}  // namespace trawl::fold
