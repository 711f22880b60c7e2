#include <algorithm>
#include <cmath>

#include "generator.hpp"

namespace trawl::bench {
namespace {

constexpr std::uint64_t buckets = 65536;                    // of 16 random bits
constexpr std::int64_t first_time = 1711929600000000;       // 2024-04-01T00:00:00Z, microseconds
constexpr std::int64_t time_span = 730ll * 86'400'000'000;  // over all datasets
constexpr std::int64_t user_offset = 1ll << 39;
constexpr int needles = 7, decoys = 64;

struct Share {
  const char* name;
  std::uint64_t end;  // the first bucket behind it
};
// 60, 20, 6, 4, 6, 2, 0.5 and 1.5 per cent.
constexpr Share action_shares[] = {{"view", 39322},     {"click", 52429},  {"login", 56361},
                                   {"purchase", 58982}, {"search", 62914}, {"logout", 64225},
                                   {"refund", 64553},   {"share", 65536}};
// By share: the k-th has 1 / (k + 1) of the first.
constexpr const char* country_ranks[] = {
    "US", "IN", "CN", "BR", "DE", "GB", "FR", "JP", "CA", "MX", "ES", "IT", "KR", "AU", "NL", "PL",
    "SE", "TR", "ID", "VN", "PH", "TH", "AR", "CO", "ZA", "EG", "NG", "CH", "BE", "AT", "NO", "DK"};

Categories sorted(Categories names) {
  std::ranges::sort(names);
  return names;
}

std::vector<std::uint8_t> action_table() {
  std::vector<std::uint8_t> table;
  for (const Share& share : action_shares) table.resize(share.end, code_of(actions(), share.name));
  return table;
}

std::vector<std::uint8_t> country_table() {
  double total = 0;
  for (std::size_t k = 0; k < std::size(country_ranks); ++k)
    total += 1.0 / static_cast<double>(k + 1);
  std::vector<std::uint8_t> table;
  double edge = 0;
  for (std::size_t k = 0; k < std::size(country_ranks); ++k) {
    edge += 1.0 / static_cast<double>(k + 1) / total;
    const auto end =
        k + 1 == std::size(country_ranks)
            ? buckets
            : static_cast<std::uint64_t>(std::ceil(edge * static_cast<double>(buckets)));
    table.resize(end, code_of(countries(), country_ranks[k]));
  }
  return table;
}

}  // namespace

std::uint64_t mix(std::uint64_t word) {
  word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9;
  word = (word ^ (word >> 27)) * 0x94D049BB133111EB;
  return word ^ (word >> 31);
}

const Categories& actions() {
  static const Categories names = [] {
    Categories all;
    for (const Share& share : action_shares) all.emplace_back(share.name);
    return sorted(all);
  }();
  return names;
}

const Categories& countries() {
  static const Categories names =
      sorted(Categories(std::begin(country_ranks), std::end(country_ranks)));
  return names;
}

std::uint8_t code_of(const Categories& categories, std::string_view name) {
  return static_cast<std::uint8_t>(std::ranges::lower_bound(categories, name) - categories.begin());
}

void Rows::resize(std::size_t rows) {
  for (auto* column : {&record_id, &user_id, &cents, &timestamp}) column->resize(rows);
  amount.resize(rows);
  action.resize(rows);
  country.resize(rows);
}

Transactions::Transactions(DataParams params)
    : params_(params),
      action_of_(action_table()),
      country_of_(country_table()),
      planted_(params.datasets) {
  constexpr const char* needle_countries[needles] = {"US", "CA", "US", "DE", "US", "CA", "MX"};
  const auto place = [&](std::uint64_t k) { return mix(params_.seed * 1000 + k) % params_.rows; };
  for (std::uint64_t k = 0; k < needles; ++k) {
    const std::int64_t cents = 1'000'001 + static_cast<std::int64_t>(k) * 111'111;
    plant((k * 3 + 1) % params_.datasets, {place(k), "purchase", cents, needle_countries[k]});
  }
  for (std::uint64_t k = 0; k < decoys; ++k) {
    const std::int64_t large = 5'000'000 + static_cast<std::int64_t>(k);
    if (k % 2 == 1)
      plant(k % params_.datasets, {place(100 + k), "purchase", 1'000'000, "US"});
    else
      plant(k % params_.datasets, {place(100 + k), "view", large, "US"});
  }
}

// Where two fall on the same row, the first stays.
void Transactions::plant(std::uint64_t dataset, Planted planted) {
  const std::uint64_t row = planted.row;
  planted_[dataset].emplace(row, std::move(planted));
}

void Transactions::fill_row(std::uint64_t base, std::uint64_t dataset, std::uint64_t row,
                            std::size_t at, Rows& into) const {
  const std::uint64_t first = mix(base + 2 * row * golden_gamma);
  const std::uint64_t second = mix(base + (2 * row + 1) * golden_gamma);
  const std::uint64_t id = dataset * params_.rows + row;
  const double step =
      static_cast<double>(time_span) / static_cast<double>(params_.datasets * params_.rows);
  const std::uint64_t money = second >> 32;  // 7 bits choose the range, 25 the place in it
  const bool small = (money & 127) != 127;
  const std::uint64_t range = small ? 100'000 : 1'900'000;
  into.record_id[at] = static_cast<std::int64_t>(id);
  into.user_id[at] = static_cast<std::int64_t>(first >> 24) - user_offset;
  into.action[at] = action_of_[first & 0xffff];
  into.cents[at] = (small ? 0 : 100'000) + static_cast<std::int64_t>(((money >> 7) * range) >> 25);
  into.country[at] = country_of_[(second >> 16) & 0xffff];
  into.timestamp[at] = first_time + static_cast<std::int64_t>(static_cast<double>(id) * step) +
                       static_cast<std::int64_t>(second & 0xffff) * 1000;
}

void Transactions::fill(std::uint64_t dataset, std::uint64_t begin, std::uint64_t end,
                        Rows& into) const {
  into.resize(end - begin);
  const std::uint64_t base = mix(params_.seed + golden_gamma * (dataset + 1));
  for (std::uint64_t row = begin; row < end; ++row) fill_row(base, dataset, row, row - begin, into);
  const auto& planted = planted_[dataset];
  for (auto it = planted.lower_bound(begin); it != planted.end() && it->first < end; ++it) {
    const std::size_t at = it->first - begin;
    into.user_id[at] = needle_user;
    into.action[at] = code_of(actions(), it->second.action);
    into.cents[at] = it->second.cents;
    into.country[at] = code_of(countries(), it->second.country);
  }
  for (std::size_t i = 0; i < into.size(); ++i)
    into.amount[i] = static_cast<double>(into.cents[i]) / 100.0;
}

std::vector<std::int64_t> watch_list(const DataParams& params) {
  const std::uint64_t base = mix(params.seed * 7'777'777 + 13);
  std::vector<std::int64_t> keys(params.keys);
  for (std::uint64_t k = 0; k < keys.size(); ++k)
    keys[k] = static_cast<std::int64_t>(mix(base + k * golden_gamma) >> 24) - user_offset;
  return keys;
}

}  // namespace trawl::bench
