#include "core/scan/key_steps.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <utility>

#include "core/kernels/kernels.hpp"

namespace trawl::core::scan {
namespace {

bool filters(const KeyAnswer& answer) {
  return answer.use_filter && !answer.keys->filter().empty();
}

// Not again where candidates are checked exactly: they have passed it.
bool filters_now(const Run& run, const KeyAnswer& answer) {
  return filters(answer) && (run.by_filter || !answer.screens);
}

// Rows that are judged at all: NULL rows must not reach the filter, it counts what passes.
void valid_rows(const Run& run, const ColumnView& column, const std::uint64_t* select, Mask& out) {
  for (std::size_t w = 0; w < run.words; ++w) {
    out[w] = column.valid == nullptr ? select[w] : select[w] & column.valid[w];
  }
}

// Keys that are checked late reject nothing before, or by their screens.
Estimate estimate_late(const KeySet& keys) {
  if (!keys.has_filter()) return {.cost = 0.0, .pass = 1.0, .row_cost = 0.0};
  return {.cost = 0.0, .pass = 0.01, .row_cost = 3.0};
}

Estimate estimate_keys(const KeyAnswer& answer, double hash_cost) {
  if (answer.keys->checked_late()) return estimate_late(*answer.keys);
  const auto keys = static_cast<double>(std::max<std::uint64_t>(answer.keys->size(), 2));
  const double search = 3.0 * std::log2(keys);
  return {
      .cost = 0.0, .pass = 0.01, .row_cost = filters(answer) ? hash_cost + 0.01 * search : search};
}

std::string describe_keys(const ColumnRef& column, const KeyAnswer& answer) {
  std::string text = column.name + " in key list " + std::to_string(answer.number + 1) + " (" +
                     std::to_string(answer.keys->size()) + " keys): ";
  if (answer.keys->checked_late()) {
    if (answer.keys->has_filter()) text += "two filters of the keys, ";
    return text + "the keys are checked against the rows that are left";
  }
  if (filters(answer)) text += "membership filter, batches of 64, then ";
  return text + "exact search of the sorted keys";
}

// Whether a filter lets more than three rows in four pass, by the first rows that are left: then
// searching the keys at once costs less. Depends on the row group alone, not on who scans it.
// `screen(rows, mask)` applies the filter to the first `rows` rows.
template <class Screen>
bool lets_most_pass(Run& run, const Mask& rows, const Screen& screen) {
  constexpr std::size_t sample = 1024;
  std::size_t words = 0, seen = 0, passed = 0;
  while (words < run.words && seen < sample)
    seen += static_cast<std::size_t>(std::popcount(rows[words++]));
  if (seen < sample) return false;
  Mask first = run.masks.copy(rows.data());
  screen(std::min(run.rows, words * 64), first);
  for (std::size_t w = 0; w < words; ++w)
    passed += static_cast<std::size_t>(std::popcount(first[w]));
  return passed * 4 > seen * 3;
}

// A few keys are compared all at once.
template <class T>
void keep_listed(Run& run, const T* values, const KeySet& keys, Mask& rows) {
  std::array<T, kernels::max_list> list;
  std::size_t count = 0;
  for (std::uint64_t i = 0; i < keys.size(); ++i) {
    if (std::in_range<T>(keys.integer(i))) list[count++] = static_cast<T>(keys.integer(i));
  }
  const Mask before = run.masks.copy(rows.data());
  kernels::select_list(values, run.rows, list.data(), count, before.data(), rows.data());
}

template <class T>
void screen_integers(Run& run, const ColumnView& column, const KeyAnswer& answer, Mask& rows) {
  const T* values = column.lanes<T>();
  if (answer.keys->checked_late()) return answer.keys->screen_late(values, run.rows, rows.data());
  if (filters_now(run, answer)) {
    const auto screen = [&](std::size_t count, Mask& mask) {
      answer.keys->filter().screen(values, count, mask.data());
    };
    if (lets_most_pass(run, rows, screen)) {
      run.filter_paused = true;
    } else {
      screen(run.rows, rows);
    }
  }
  if (run.by_filter && answer.screens) return;
  if (answer.keys->size() <= kernels::max_list) {
    keep_listed(run, values, *answer.keys, rows);
    return;
  }
  answer.keys->keep(values, run.rows, rows.data());
}

// Hashes in blocks that stay in the first-level cache, so that the filter can ask for many cache
// lines at once. Of the first `all` words of rows.
void screen_text(std::size_t all, const ColumnView& column, const MembershipFilter& filter,
                 Mask& rows) {
  constexpr std::size_t block_words = 16;
  std::array<std::uint64_t, block_words * 64> hashes;
  std::array<std::uint32_t, block_words * 64> numbers;
  for (std::size_t begin = 0; begin < all; begin += block_words) {
    const std::size_t words = std::min(block_words, all - begin);
    std::size_t count = 0;
    for_each_row(rows.data() + begin, words, [&](std::size_t row) {
      numbers[count] = static_cast<std::uint32_t>(begin * 64 + row);
      hashes[count++] = hash_key(column.text(begin * 64 + row));
    });
    std::fill_n(rows.data() + begin, words, 0);
    filter.screen(std::span(hashes).first(count), std::span(numbers).first(count), rows.data());
  }
}

}  // namespace

Verdict IntegerKeyStep::judge(Run& run, const std::uint64_t* select) const {
  // Also of keys that are checked late without a filter: their values are needed then.
  const ColumnView& column = run.column(column_.column);
  Verdict verdict;
  verdict.yes = run.masks.take();
  valid_rows(run, column, select, verdict.yes);
  with_lane(column.lane, [&]<class T>(T*) {
    if constexpr (std::is_integral_v<T>) screen_integers<T>(run, column, answer_, verdict.yes);
  });
  settle_nulls(run, select, column.valid, ask_unknown_, verdict);
  return verdict;
}

Estimate IntegerKeyStep::estimate() const {
  Estimate estimate = estimate_keys(answer_, 12.0);
  estimate.cost += lane_cost(column_.lane);
  return estimate;
}

void IntegerKeyStep::describe(std::vector<std::string>& lines, int depth) const {
  lines.push_back(indented(depth, describe_keys(column_, answer_)));
}

Verdict TextKeyStep::judge(Run& run, const std::uint64_t* select) const {
  const ColumnView& column = run.column(column_.column);
  Verdict verdict;
  verdict.yes = run.masks.take();
  valid_rows(run, column, select, verdict.yes);
  if (filters_now(run, answer_)) {
    const auto screen = [&](std::size_t rows, Mask& mask) {
      screen_text((rows + 63) / 64, column, answer_.keys->filter(), mask);
    };
    if (lets_most_pass(run, verdict.yes, screen)) {
      run.filter_paused = true;
    } else {
      screen(run.rows, verdict.yes);
    }
  }
  if (!(run.by_filter && answer_.screens)) {
    keep_rows(verdict.yes.data(), run.words,
              [&](std::size_t row) { return answer_.keys->contains(column.text(row)); });
  }
  settle_nulls(run, select, column.valid, ask_unknown_, verdict);
  return verdict;
}

Estimate TextKeyStep::estimate() const {
  Estimate estimate = estimate_keys(answer_, 20.0);
  estimate.cost += lane_cost(Lane::text);
  return estimate;
}

void TextKeyStep::describe(std::vector<std::string>& lines, int depth) const {
  lines.push_back(indented(depth, describe_keys(column_, answer_)));
}

}  // namespace trawl::core::scan
