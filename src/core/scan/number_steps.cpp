#include "core/scan/number_steps.hpp"

#include <algorithm>
#include <array>

#include "core/kernels/kernels.hpp"

namespace trawl::core::scan {
namespace {

std::string text_of(std::int64_t value) {
  return std::to_string(value);
}
std::string text_of(double value) {
  return to_text(value);
}

template <class R>
std::string text_of_range(const R& range) {
  if (range.empty()) return "nothing";
  if (range.lo == range.hi) return "= " + text_of(range.lo);
  return "in [" + text_of(range.lo) + ", " + text_of(range.hi) + "]";
}

// The values of `list` that are lanes of type T, at most kernels::max_list of them.
template <class T, class V>
std::size_t as_lanes(const std::vector<V>& list, std::array<T, kernels::max_list>& lanes) {
  std::size_t count = 0;
  for (const V value : list) {
    if constexpr (std::is_integral_v<T>) {
      if (!std::in_range<T>(value)) continue;
    }
    const T lane = static_cast<T>(value);
    if (static_cast<V>(lane) == value) lanes[count++] = lane;
  }
  return count;
}

template <class V>
void select_short_list(const ColumnView& column, const std::vector<V>& list,
                       const std::uint64_t* select, std::uint64_t* out) {
  with_lane(column.lane, [&]<class T>(T*) {
    if constexpr (std::is_integral_v<T> == std::is_integral_v<V>) {
      std::array<T, kernels::max_list> lanes;
      const std::size_t count = as_lanes(list, lanes);
      kernels::select_list(column.lanes<T>(), column.rows, lanes.data(), count, select, out);
    }
  });
}

// A range kernel first: most rows of most columns lie outside [first, last].
template <class R, class V>
void select_long_list(const ColumnView& column, const std::vector<V>& list,
                      const std::uint64_t* select, std::uint64_t* out) {
  select_range(column, R{list.front(), list.back()}, select, out);
  with_lane(column.lane, [&]<class T>(T*) {
    if constexpr (std::is_integral_v<T> == std::is_integral_v<V>) {
      const T* values = column.lanes<T>();
      keep_rows(out, (column.rows + 63) / 64, [&](std::size_t row) {
        return std::binary_search(list.begin(), list.end(), static_cast<V>(values[row]));
      });
    }
  });
}

void select_in(const ColumnView& column, const NumberList& list, const std::uint64_t* select,
               std::uint64_t* out) {
  if (list.size() <= kernels::max_list) {
    std::visit([&](const auto& values) { select_short_list(column, values, select, out); },
               list.values);
  } else if (const auto* integers = std::get_if<0>(&list.values)) {
    select_long_list<IntegerRange>(column, *integers, select, out);
  } else {
    select_long_list<RealRange>(column, std::get<1>(list.values), select, out);
  }
}

template <class V>
void sort_distinct(std::vector<V>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

}  // namespace

double lane_cost(Lane lane) {
  return lane == Lane::text ? 20.0 : 0.3 * static_cast<double>(lane_bytes(lane));
}

double ColumnRef::share_of_values(double count) const {
  if (!distinct || *distinct == 0) return std::min(0.5, 0.01 * count);
  return std::min(1.0, count / static_cast<double>(*distinct));
}

Verdict RangeStep::judge(Run& run, const std::uint64_t* select) const {
  const ColumnView& column = run.column_rows(column_.column, select);
  Verdict verdict;
  verdict.yes = run.masks.take();
  std::visit([&](const auto& range) { select_range(column, range, select, verdict.yes.data()); },
             range_);
  if (flipped_) {
    for (std::size_t w = 0; w < run.words; ++w) verdict.yes[w] = select[w] & ~verdict.yes[w];
  }
  settle_nulls(run, select, column.valid, ask_unknown_, verdict);
  return verdict;
}

Estimate RangeStep::estimate() const {
  const double pass = std::visit(
      [this](const auto& r) {
        if (r.empty()) return 0.0;
        if (r.lo == r.hi) return column_.share_of_values(1);
        const bool open =
            r.lo == std::decay_t<decltype(r)>{}.lo || r.hi == std::decay_t<decltype(r)>{}.hi;
        return open ? 0.3 : 0.1;
      },
      range_);
  return {.cost = lane_cost(column_.lane), .pass = flipped_ ? 1.0 - pass : pass};
}

void RangeStep::describe(std::vector<std::string>& lines, int depth) const {
  const std::string range = std::visit([](const auto& r) { return text_of_range(r); }, range_);
  lines.push_back(indented(depth, column_.name + (flipped_ ? " not " : " ") + range +
                                      ": range kernel, " + std::string(name_of(column_.lane)) +
                                      " lanes"));
}

std::size_t NumberList::size() const {
  return std::visit([](const auto& list) { return list.size(); }, values);
}

bool NumberList::contains(std::int64_t value) const {
  const auto& list = std::get<0>(values);
  return std::binary_search(list.begin(), list.end(), value);
}

bool NumberList::contains(double value) const {
  const auto& list = std::get<1>(values);
  return !std::isnan(value) && std::binary_search(list.begin(), list.end(), value);
}

NumberList integer_list(const std::vector<Value>& values) {
  std::vector<std::int64_t> list;
  for (const Value& value : values) {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) list.push_back(*integer);
    if (const auto* boolean = std::get_if<bool>(&value)) list.push_back(*boolean ? 1 : 0);
    if (const auto* real = std::get_if<double>(&value)) {
      const IntegerRange only = integers_where(Compare::eq, *real);
      if (!only.empty()) list.push_back(only.lo);
    }
  }
  sort_distinct(list);
  return {std::move(list)};
}

NumberList real_list(const std::vector<Value>& values) {
  std::vector<double> list;
  for (const Value& value : values) {
    RealRange only = RealRange::none();
    if (const auto* integer = std::get_if<std::int64_t>(&value))
      only = reals_where(Compare::eq, *integer);
    if (const auto* real = std::get_if<double>(&value)) only = reals_where(Compare::eq, *real);
    if (!only.empty()) list.push_back(only.lo);
  }
  sort_distinct(list);
  return {std::move(list)};
}

Verdict ListStep::judge(Run& run, const std::uint64_t* select) const {
  const ColumnView& column = run.column_rows(column_.column, select);
  Verdict verdict;
  verdict.yes = run.masks.take();
  select_in(column, list_, select, verdict.yes.data());
  settle_nulls(run, select, column.valid, ask_unknown_, verdict);
  if (has_null_ && ask_unknown_) {
    if (!verdict.unknown) verdict.unknown = run.masks.take();
    for (std::size_t w = 0; w < run.words; ++w) verdict.unknown[w] = select[w] & ~verdict.yes[w];
  }
  return verdict;
}

Estimate ListStep::estimate() const {
  const auto count = static_cast<double>(list_.size());
  const double search = list_.size() <= kernels::max_list ? 0.05 * count : 2.0 * std::log2(count);
  return {.cost = lane_cost(column_.lane) + search, .pass = column_.share_of_values(count)};
}

void ListStep::describe(std::vector<std::string>& lines, int depth) const {
  const bool is_short = list_.size() <= kernels::max_list;
  lines.push_back(
      indented(depth, column_.name + " in " + std::to_string(list_.size()) + " values" +
                          (has_null_ ? " and NULL" : "") + ": " +
                          (is_short ? "list kernel" : "range kernel, then sorted search") + ", " +
                          std::string(name_of(column_.lane)) + " lanes"));
}

Verdict NullStep::judge(Run& run, const std::uint64_t* select) const {
  const ColumnView& column = run.column(column_.column);
  Verdict verdict;
  if (column.valid == nullptr) {
    verdict.yes = run.masks.take_zero();
    return verdict;
  }
  verdict.yes = run.masks.take();
  for (std::size_t w = 0; w < run.words; ++w) verdict.yes[w] = select[w] & ~column.valid[w];
  return verdict;
}

Estimate NullStep::estimate() const {
  return {lane_cost(column_.lane), 0.05};
}

void NullStep::describe(std::vector<std::string>& lines, int depth) const {
  lines.push_back(indented(depth, column_.name + " is NULL: validity words"));
}

}  // namespace trawl::core::scan
