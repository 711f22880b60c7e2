// The data of the comparison: pure functions of (seed, dataset, row), the same for every engine.
//
// Transactions: record_id (dataset * rows + row), user_id (40-bit hash minus 2^39, so that 12345
// lies inside the bounds of every row group and nothing is gained by minima and maxima), action (8
// kinds), amount (whole cents; 99.2 % uniform below 1000, 0.8 % uniform from 1000 to below 20000),
// country (32 codes, Zipf shares), timestamp (microseconds, ascending over 730 days from 2024-04-01
// UTC but for up to 65 s of jitter). Planted with user_id 12345: 7 needles (purchases above 10000)
// and 64 decoys (purchases of exactly 10000, views above 50000).
//
// Random numbers: the finaliser of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom
// number generators", OOPSLA 2014) over a counter.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/base/schema.hpp>

namespace trawl::bench {

struct DataParams {
  std::uint64_t datasets = 8;
  std::uint64_t rows = 12'500'000;  // per dataset
  std::uint64_t seed = 42;
  std::uint64_t keys = 10'000'000;   // of the watch list
  std::uint64_t notes = 10'000'000;  // over all datasets
};

std::uint64_t mix(std::uint64_t word);

inline constexpr std::uint64_t golden_gamma = 0x9E3779B97F4A7C15;  // 2^64 / golden ratio, odd
inline constexpr std::int64_t needle_user = 12345;

// Columns of consecutive rows of one dataset; categories as codes into `actions()`, `countries()`.
struct Rows {
  std::vector<std::int64_t> record_id, user_id, cents, timestamp;
  std::vector<double> amount;  // cents / 100
  std::vector<std::uint8_t> action, country;
  void resize(std::size_t rows);
  std::size_t size() const { return record_id.size(); }
};

// Ascending bytewise, as categories of datasets are.
const Categories& actions();
const Categories& countries();
std::uint8_t code_of(const Categories& categories, std::string_view name);

class Transactions {
 public:
  explicit Transactions(DataParams params);
  const DataParams& params() const { return params_; }

  // Rows [begin, end) of one dataset. Thread-safe. O(end - begin).
  void fill(std::uint64_t dataset, std::uint64_t begin, std::uint64_t end, Rows& into) const;

 private:
  struct Planted {
    std::uint64_t row;
    std::string action;
    std::int64_t cents;
    std::string country;
  };
  void plant(std::uint64_t dataset, Planted planted);
  void fill_row(std::uint64_t base, std::uint64_t dataset, std::uint64_t row, std::size_t at,
                Rows& into) const;

  DataParams params_;
  std::vector<std::uint8_t> action_of_, country_of_;       // by 16 random bits
  std::vector<std::map<std::uint64_t, Planted>> planted_;  // per dataset, by row
};

// Free text of 5 to 12 words out of 1024 syllable words; 7 notes hold `lostneedlehere`.
class Notes {
 public:
  explicit Notes(DataParams params);
  std::string note(std::uint64_t index) const;  // index in [0, params.notes)

 private:
  DataParams params_;
  std::vector<std::string> words_;
  std::vector<std::uint64_t> needles_;  // ascending
};

// The watch list: `params.keys` keys drawn as user_id is, in no order, duplicates possible.
std::vector<std::int64_t> watch_list(const DataParams& params);

}  // namespace trawl::bench
