#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

#include <trawl/store/generator.hpp>

#include "store/generator_hash.hpp"
#include "store/generator_tables.hpp"
#include "store/source_parameters.hpp"

namespace trawl::store {
namespace {

__extension__ typedef unsigned __int128 uint128;

SourceParameters parameters_of(TransactionParams& p) {
  constexpr std::uint64_t any = ~std::uint64_t{0};
  SourceParameters table("transactions");
  table.count("datasets", p.datasets, 1, Transactions::max_datasets);
  table.count("rows", p.rows, 0, Transactions::max_rows);
  table.count("seed", p.seed, 0, any);
  table.count("needles", p.needles, 0, Transactions::max_needles);
  table.flag("text", p.text);
  table.share("null_rate", p.null_rate, false);
  table.count("row_group_rows", p.row_group_rows, 1, Transactions::max_rows);
  return table;
}

void check(TransactionParams& params) {
  parameters_of(params).check();
  const std::uint64_t total = params.datasets * params.rows;
  if (params.needles > total) {
    refuse_source(fmt::format("needles={}", params.needles),
                  fmt::format("there are only {} rows", total));
  }
}

Schema make_schema(const TransactionParams& params) {
  const bool nulls = params.null_rate > 0;
  std::vector<ColumnSchema> columns = {
      {"record_id", Type::int64, Lane::i64, false, nullptr},
      {"user_id", Type::int64, Lane::i64, false, nullptr},
      {"action", Type::categorical, Lane::u8, false, action_categories()},
      {"amount", Type::float64, Lane::f64, nulls, nullptr},
      {"country", Type::categorical, Lane::u8, nulls, country_categories()},
      {"time", Type::timestamp, Lane::i64, false, nullptr},
  };
  if (params.text) columns.push_back({"note", Type::text, Lane::text, nulls, nullptr});
  return Schema(std::move(columns));
}

// Distinct positions over all rows of all datasets: hashes of (seed, k), k = 0, 1, ..., without
// those that came before.
std::vector<std::uint64_t> draw_positions(std::uint64_t seed, std::uint64_t total,
                                          std::uint64_t count) {
  const std::uint64_t key = planting_key(seed);
  std::unordered_set<std::uint64_t> taken;
  std::vector<std::uint64_t> positions;
  for (std::uint64_t k = 0; positions.size() < count; ++k) {
    const auto position = static_cast<std::uint64_t>(uint128{draw(key, k)} * total >> 64);
    if (taken.insert(position).second) positions.push_back(position);
  }
  return positions;
}

// One of the actions that are not a purchase.
std::string other_action(std::uint64_t random) {
  constexpr auto purchase = static_cast<std::uint64_t>(Action::purchase);
  const std::uint64_t drawn = random % (action_count - 1);
  return (*action_categories())[drawn < purchase ? drawn : drawn + 1];
}

std::vector<PlantedRow> plant(const TransactionParams& params) {
  const std::uint64_t total = params.datasets * params.rows;
  const std::uint64_t decoys = std::min(Transactions::decoys, total - params.needles);
  const std::vector<std::uint64_t> positions =
      draw_positions(params.seed, total, params.needles + decoys);
  std::vector<PlantedRow> planted;
  for (std::uint64_t k = 0; k < positions.size(); ++k) {
    const std::uint64_t dataset = positions[k] / params.rows;
    const std::uint64_t row = positions[k] % params.rows;
    const std::uint64_t action =
        draw(stream_key(params.seed, dataset, Stream::planted_action), row);
    if (k < params.needles)
      planted.push_back({dataset, row, true, "needle"});
    else if ((k - params.needles) % 2 == 0)
      planted.push_back({dataset, row, false, "amount is exactly 10000"});
    else
      planted.push_back({dataset, row, false, "action is " + other_action(action)});
  }
  std::sort(planted.begin(), planted.end(), [](const PlantedRow& a, const PlantedRow& b) {
    return a.dataset != b.dataset ? a.dataset < b.dataset : a.row < b.row;
  });
  return planted;
}

}  // namespace

Transactions::Transactions(TransactionParams params) : params_(params) {
  check(params_);
  schema_ = make_schema(params_);
  planted_ = plant(params_);
}

std::string Transactions::canonical() const {
  TransactionParams copy = params_;
  return parameters_of(copy).text();
}

Transactions Transactions::parse(std::string_view source) {
  TransactionParams params;
  parameters_of(params).parse(source);
  return Transactions(params);
}

}  // namespace trawl::store
