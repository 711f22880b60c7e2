// The generated source: transactions that are a pure function of (seed, dataset, row), so that any
// rank can make any slice, and a search can run over data that is never stored.
//
// Columns: record_id (dataset * rows + row), user_id (uniform over [-2^39, 2^39)), action (7
// categories), amount (log-normal in whole cents, median about 25, sigma 1.5), country (60 ISO
// 3166-1 codes, Zipf shares), time (ascending over 2024-01-01 .. 2026-01-01 UTC exclusive, with up
// to one hour of jitter) and, with `text`, note (2 to 12 words and now and then a number). Random
// numbers: SplitMix64 (Steele, Lea, Flood 2014) as a counter-based generator, one stream per (seed,
// dataset, column).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/base/column.hpp>
#include <trawl/base/schema.hpp>

namespace trawl::store {

struct TransactionParams {
  std::uint64_t datasets = 8;
  std::uint64_t rows = 1'000'000;  // per dataset
  std::uint64_t seed = 42;
  std::uint64_t needles = 7;  // over all datasets
  bool text = false;          // with column `note`
  double null_rate = 0.02;    // of amount, country and note, planted rows excepted; in [0, 1)
  std::uint64_t row_group_rows = 65536;
};

// A planted row: a needle satisfies user_id = 12345 AND action = 'purchase' AND amount > 10000; a
// decoy misses one of the conditions. No other row has user_id 12345.
struct PlantedRow {
  std::uint64_t dataset = 0;
  std::uint64_t row = 0;
  bool needle = false;
  std::string kind;  // "needle", "amount is exactly 10000", "action is <action>"
};

// Immutable.
class Transactions {
 public:
  static constexpr std::int64_t needle_user = 12345;
  static constexpr std::uint64_t decoys = 64;  // fewer only when there are not enough rows
  static constexpr std::uint64_t max_datasets = 100'000;  // so that names sort like numbers
  static constexpr std::uint64_t max_rows = std::uint64_t{1} << 40;
  static constexpr std::uint64_t max_needles = 1'000'000;

  // InputError: a parameter out of range, more needles than rows, null_rate outside [0, 1).
  // O(needles).
  explicit Transactions(TransactionParams params);

  const TransactionParams& params() const { return params_; }
  const Schema& schema() const { return schema_; }
  const std::vector<PlantedRow>& planted() const {
    return planted_;
  }  // ascending by (dataset, row)

  // Fills `into` with rows [begin, end) of one column of one dataset. Every value depends only on
  // params(), the dataset, the row and the column, and has the same bits on every host.
  // Thread-safe. O(end - begin).
  void fill(std::uint64_t dataset, std::uint64_t begin, std::uint64_t end, std::size_t column,
            ColumnBuffer& into) const;

  // "gen:transactions?datasets=8&rows=1000000&seed=42&needles=7": canonical, every parameter that
  // matters, in fixed order.
  std::string canonical() const;
  // Any order, defaults for what is missing. InputError names the parameter and lists what there
  // is.
  static Transactions parse(std::string_view source);
  static std::string dataset_name(std::uint64_t dataset);  // transactions-00000

 private:
  TransactionParams params_;
  Schema schema_;
  std::vector<PlantedRow> planted_;
};

}  // namespace trawl::store
