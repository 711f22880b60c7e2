#include <algorithm>
#include <charconv>
#include <unordered_set>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/text.hpp>
#include <trawl/store/generator.hpp>

#include "store/generator_hash.hpp"
#include "store/generator_tables.hpp"

namespace trawl::store {
namespace {

__extension__ typedef unsigned __int128 uint128;

constexpr std::string_view prefix = "gen:transactions";
constexpr std::string_view parameter_list =
    "datasets, rows, seed, needles, text, null_rate, row_group_rows";

[[noreturn]] void refuse(std::string_view what, std::string_view why) {
  throw InputError(fmt::format("wrong generated source: {} ({})", what, why));
}

void check(const TransactionParams& params) {
  const auto between = [](std::string_view name, std::uint64_t value, std::uint64_t least,
                          std::uint64_t most) {
    if (value < least || value > most) {
      refuse(fmt::format("{}={}", name, value),
             fmt::format("must be {} to {}", with_thousands(least), with_thousands(most)));
    }
  };
  between("datasets", params.datasets, 1, Transactions::max_datasets);
  between("rows", params.rows, 0, Transactions::max_rows);
  between("row_group_rows", params.row_group_rows, 1, Transactions::max_rows);
  between("needles", params.needles, 0, Transactions::max_needles);
  const std::uint64_t total = params.datasets * params.rows;
  if (params.needles > total) {
    refuse(fmt::format("needles={}", params.needles), fmt::format("there are only {} rows", total));
  }
  if (!(params.null_rate >= 0 && params.null_rate < 1)) {
    refuse("null_rate=" + to_text(params.null_rate), "must be at least 0 and less than 1");
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

std::uint64_t parse_count(std::string_view name, std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end == text.data() + text.size()) return value;
  refuse(fmt::format("{}={}", name, text), "must be a whole number");
}

bool parse_switch(std::string_view name, std::string_view text) {
  if (text == "1" || text == "true") return true;
  if (text == "0" || text == "false") return false;
  refuse(fmt::format("{}={}", name, text), "must be 0 or 1");
}

void set_parameter(TransactionParams& params, std::string_view name, std::string_view text) {
  if (name == "datasets")
    params.datasets = parse_count(name, text);
  else if (name == "rows")
    params.rows = parse_count(name, text);
  else if (name == "seed")
    params.seed = parse_count(name, text);
  else if (name == "needles")
    params.needles = parse_count(name, text);
  else if (name == "row_group_rows")
    params.row_group_rows = parse_count(name, text);
  else if (name == "text")
    params.text = parse_switch(name, text);
  else if (name == "null_rate") {
    const std::optional<double> rate = parse_double(text);
    if (!rate) refuse(fmt::format("null_rate={}", text), "must be a number");
    params.null_rate = *rate;
  } else {
    refuse(fmt::format("no parameter '{}'", name), fmt::format("there are {}", parameter_list));
  }
}

}  // namespace

Transactions::Transactions(TransactionParams params) : params_(params) {
  check(params_);
  params_.null_rate += 0.0;  // -0 is 0, and is written so
  schema_ = make_schema(params_);
  planted_ = plant(params_);
}

std::string Transactions::canonical() const {
  return fmt::format(
      "{}?datasets={}&rows={}&seed={}&needles={}&text={}&null_rate={}&row_group_rows={}", prefix,
      params_.datasets, params_.rows, params_.seed, params_.needles, params_.text ? 1 : 0,
      to_text(params_.null_rate), params_.row_group_rows);
}

Transactions Transactions::parse(std::string_view source) {
  TransactionParams params;
  const std::string_view name = source.substr(0, source.find('?'));
  if (name != prefix) refuse(fmt::format("'{}'", name), fmt::format("there is only {}", prefix));
  if (name.size() == source.size()) return Transactions(params);
  std::vector<std::string> seen;
  for (const std::string& item : split(source.substr(name.size() + 1), '&')) {
    const std::size_t equals = item.find('=');
    const std::string parameter = item.substr(0, equals);
    if (equals == std::string::npos) {
      refuse(fmt::format("'{}'", item),
             fmt::format("must be parameter=value; there are {}", parameter_list));
    }
    if (std::find(seen.begin(), seen.end(), parameter) != seen.end())
      refuse(parameter, "is given twice");
    seen.push_back(parameter);
    set_parameter(params, parameter, std::string_view(item).substr(equals + 1));
  }
  return Transactions(params);
}

std::string Transactions::dataset_name(std::uint64_t dataset) {
  return fmt::format("transactions-{:05}", dataset);
}

}  // namespace trawl::store
