// How fast are the scan kernels, beside the machine's copy and read rates and the reference
// evaluator?
#include <deque>

#include <trawl/core/predicate/reference.hpp>

#include "support.hpp"

namespace {

using namespace trawl;
using bench::group_rows;

// One row group of every kind of column, the same in every run.
struct Table {
  Schema schema;
  std::deque<ColumnBuilder> builders;
  std::vector<ColumnView> views;

  Table() {
    const auto categories = std::make_shared<const Categories>(
        Categories{"cart", "click", "login", "purchase", "view"});
    schema = Schema({{"u8", Type::int64, Lane::u8, false, nullptr},
                     {"i32", Type::int64, Lane::i32, false, nullptr},
                     {"i64", Type::int64, Lane::i64, false, nullptr},
                     {"f64", Type::float64, Lane::f64, false, nullptr},
                     {"nullable", Type::int64, Lane::i64, true, nullptr},
                     {"action", Type::categorical, Lane::u8, false, categories},
                     {"note", Type::text, Lane::text, false, nullptr}});
    std::mt19937_64 random(42);
    for (const ColumnSchema& column : schema) builders.emplace_back(column);
    for (std::size_t row = 0; row < group_rows; ++row) {
      const std::uint64_t r = random();
      builders[0].append(static_cast<std::int64_t>(r % 256));
      builders[1].append(static_cast<std::int64_t>(r % 2'000'000) - 1'000'000);
      builders[2].append(static_cast<std::int64_t>(r >> 24) - (std::int64_t{1} << 39));
      builders[3].append(static_cast<double>(r % 1'000'000) / 100);
      if (r % 50 == 0) {
        builders[4].append_null();
      } else {
        builders[4].append(static_cast<std::int64_t>(r >> 24));
      }
      builders[5].append(std::string_view((*categories)[r % 5]));
      builders[6].append(
          std::string_view("a note of some thirty bytes " + std::to_string(r % 1000)));
    }
    for (const ColumnBuilder& builder : builders) views.push_back(builder.view());
  }
};

const Table& table() {
  static const Table all;
  return all;
}

std::int64_t bytes_of_columns(const core::Predicate& predicate) {
  std::int64_t bytes = 0;
  for (const std::size_t column : predicate.columns) {
    const ColumnView& view = table().views[column];
    bytes +=
        static_cast<std::int64_t>(view.lane == Lane::text ? view.ends[view.rows - 1] + 8 * view.rows
                                                          : lane_bytes(view.lane) * view.rows);
  }
  return bytes;
}

void scan(benchmark::State& state, const std::string& where) {
  const core::Predicate predicate = core::bind(core::parse(where), table().schema);
  const core::ScanProgram program(predicate, table().schema, {});
  core::ScanProgram::Scratch scratch;
  bench::MemorySource source(table().views);
  std::vector<std::uint64_t> matches;
  for (auto _ : state) benchmark::DoNotOptimize(program.scan(source, scratch, matches));
  state.SetBytesProcessed(bytes_of_columns(predicate) * state.iterations());
  state.SetItemsProcessed(static_cast<std::int64_t>(group_rows) * state.iterations());
}

void reference(benchmark::State& state, const std::string& where) {
  const core::Predicate predicate = core::bind(core::parse(where), table().schema);
  std::size_t row = 0, matches = 0;
  const auto cell = [&](std::size_t column) { return table().views[column].value(row); };
  for (auto _ : state) {
    matches += core::evaluate_reference(predicate, cell, {}) == core::Truth::yes ? 1 : 0;
    row = (row + 1) % group_rows;
  }
  benchmark::DoNotOptimize(matches);
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK_CAPTURE(scan, u8_range, "u8 > 250");
BENCHMARK_CAPTURE(scan, i32_range, "i32 BETWEEN 10 AND 1000");
BENCHMARK_CAPTURE(scan, i64_equal, "i64 = 12345");
BENCHMARK_CAPTURE(scan, i64_with_nulls, "nullable > 1000000000000");
BENCHMARK_CAPTURE(scan, f64_range, "f64 > 9999.5");
BENCHMARK_CAPTURE(scan, category, "action = 'purchase'");
BENCHMARK_CAPTURE(scan, category_list, "action IN ('cart', 'login')");
BENCHMARK_CAPTURE(scan, short_list, "i64 IN (1, 2, 3, 5, 8, 13, 21, 34)");
BENCHMARK_CAPTURE(scan, needles, "i64 = 12345 AND action = 'purchase' AND f64 > 9000");
BENCHMARK_CAPTURE(scan, arithmetic, "i32 * 3 + u8 > 2000000");
BENCHMARK_CAPTURE(scan, contains, "note LIKE '%bytes 99%'");
BENCHMARK_CAPTURE(reference, needles, "i64 = 12345 AND action = 'purchase' AND f64 > 9000");
TRAWL_BENCH_YARDSTICKS();

}  // namespace

BENCHMARK_MAIN();
