// The generated source of transactions, with planted rows that a search must find.
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

#include <trawl/store/generated_source.hpp>

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

class Transactions final : public GeneratedSource {
 public:
  static constexpr std::int64_t needle_user = 12345;
  static constexpr std::uint64_t decoys = 64;  // fewer only when there are not enough rows
  static constexpr std::uint64_t max_needles = 1'000'000;

  // InputError: a parameter out of range, more needles than rows, null_rate outside [0, 1).
  // O(needles).
  explicit Transactions(TransactionParams params);
  static Transactions parse(std::string_view source);

  const TransactionParams& params() const { return params_; }
  std::string_view kind() const override { return "transactions"; }
  Shape shape() const override { return {params_.datasets, params_.rows, params_.row_group_rows}; }
  std::string canonical() const override;
  // Ascending by (dataset, row).
  const std::vector<PlantedRow>& planted() const { return planted_; }

 private:
  void make(std::uint64_t dataset, std::uint64_t begin, std::uint64_t end, std::size_t column,
            ColumnBuffer& into) const override;

  TransactionParams params_;
  std::vector<PlantedRow> planted_;
};

}  // namespace trawl::store
