// The slow twin of what a command makes of matching rows: made again from rows that come one by
// one, as plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <trawl/base/digest.hpp>
#include <trawl/base/json.hpp>
#include <trawl/comm/comm.hpp>
#include <trawl/fold/dataset_pool.hpp>
#include <trawl/fold/search.hpp>

namespace trawl::fold {

// Shares nothing with the way from columns to batches; sums and report are the same code.
class Recount {
 public:
  using Cell = std::function<Value(std::size_t column)>;

  virtual ~Recount() = default;
  // What was searched for; its names and numbers say which columns are read how.
  virtual const SearchRequest& search() const = 0;
  // Local. A row that satisfies the predicate: number `row` of a dataset, by its number.
  virtual void add(const OpenDataset& open, std::uint64_t dataset, std::uint64_t row,
                   const Cell& cell) = 0;
  // Collective, once. The lines that the command must have written; root only.
  virtual std::string lines(const comm::Comm& comm) = 0;
  // Collective, after lines(). The root of the sums of all entities; root only, and only where the
  // certificate has one.
  virtual std::optional<Sha256Digest> entities_root(const comm::Comm& comm) = 0;
};

// Of the command whose certificate this is the body of; none of a search. CheckError: parameters
// that cannot be.
std::unique_ptr<Recount> make_recount(const Json& body);

// What states depend on, as far as the certificate says it.
bool wants_root(const Json& body);
std::string predicate_of(const Json& body);
std::vector<std::string> key_list_digests(const Json& body);
std::vector<std::string> dataset_names(const Json& body);

}  // namespace trawl::fold
