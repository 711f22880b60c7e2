// The slow twin of collecting: statistics of rows that come one by one, as plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <trawl/comm/comm.hpp>
#include <trawl/fold/dataset_pool.hpp>
#include <trawl/fold/stats.hpp>

namespace trawl::fold {

// Shares nothing with the way from columns to batches; the sums and the report are the same code,
// but every record is added alone. With --records all rows are kept in memory, and all are tested.
class Recount {
 public:
  using Cell = std::function<Value(std::size_t column)>;

  virtual ~Recount() = default;
  // Local. A row that satisfies the predicate: number `row` of a dataset, by its number.
  virtual void add(const OpenDataset& open, std::uint64_t dataset, std::uint64_t row,
                   const Cell& cell) = 0;
  // Collective, once. The lines that `trawl stats` must have written; root only.
  virtual std::string lines(const comm::Comm& comm) = 0;
  // Collective, after lines(). The root of the sums of all entities; root only, and only where the
  // request wants one.
  virtual std::optional<Sha256Digest> entities_root(const comm::Comm&) { return std::nullopt; }
};

// `request` must live as long. `configuration`: what state_configuration() says.
std::unique_ptr<Recount> make_recount(const StatsRequest& request, std::string configuration);

}  // namespace trawl::fold
