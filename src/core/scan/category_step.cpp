#include <algorithm>
#include <type_traits>

#include <trawl/base/error.hpp>

#include "core/kernels/kernels.hpp"
#include "core/scan/text_steps.hpp"

namespace trawl::core::scan {
namespace {

constexpr std::size_t index_of(Truth truth) {
  return static_cast<std::size_t>(truth);
}

void select_table(const ColumnView& column, const std::vector<std::uint8_t>& table,
                  const std::uint64_t* select, std::uint64_t* out) {
  with_lane(column.lane, [&]<class T>(T*) {
    if constexpr (std::is_integral_v<T> && sizeof(T) <= 4) {
      using Code = std::make_unsigned_t<T>;  // a negative code becomes one that no table has
      kernels::select_codes(column.lanes<Code>(), column.rows, table.data(), table.size(), select,
                            out);
    } else {
      throw DataError("a categorical column with " + std::string(name_of(column.lane)) +
                      " codes: the dataset is damaged. Make it again.");
    }
  });
}

}  // namespace

CategoryStep::CategoryStep(ColumnRef column, CategoryTruths exact, CategoryTruths screened,
                           bool ask_unknown)
    : column_(std::move(column)),
      categories_(exact.of_code.size()),
      exact_(answer_of(exact)),
      screened_(answer_of(screened)),
      screens_(!(exact == screened)),
      ask_unknown_(ask_unknown) {}

CategoryStep::Codes CategoryStep::codes_with(const CategoryTruths& truths, Truth truth) {
  Codes codes;
  const std::vector<Truth>& of = truths.of_code;
  codes.table.resize(of.size());
  std::vector<std::size_t> borders;  // codes where being in the set begins or ends
  for (std::size_t code = 0; code < of.size(); ++code) {
    codes.table[code] = of[code] == truth;
    codes.count += codes.table[code];
    if (codes.table[code] != (code == 0 ? 0 : codes.table[code - 1])) borders.push_back(code);
  }
  if (!of.empty() && codes.table.back() != 0) borders.push_back(of.size());
  codes.complement = borders.size() == 4 && borders[0] == 0 && borders[3] == of.size();
  codes.is_stretch = borders.size() == 2 || codes.complement;
  if (codes.is_stretch) {
    const std::size_t first = codes.complement ? 1 : 0;
    codes.stretch = {static_cast<std::int64_t>(borders[first]),
                     static_cast<std::int64_t>(borders[first + 1]) - 1};
  }
  return codes;
}

CategoryStep::Answer CategoryStep::answer_of(const CategoryTruths& truths) {
  Answer answer;
  answer.of_null = truths.of_null;
  for (const Truth truth : {Truth::yes, Truth::unknown, Truth::undecidable}) {
    answer.by_truth[index_of(truth)] = codes_with(truths, truth);
  }
  return answer;
}

void CategoryStep::select_codes(const ColumnView& column, const Codes& codes,
                                const std::uint64_t* select, std::uint64_t* out) const {
  if (!codes.is_stretch) return select_table(column, codes.table, select, out);
  select_range(column, codes.stretch, select, out);
  if (!codes.complement) return;
  for (std::size_t w = 0; w < (column.rows + 63) / 64; ++w) out[w] = select[w] & ~out[w];
}

// A code that names no category has no truth: better to fail than to call it no.
void CategoryStep::refuse_foreign_codes(Run& run, const ColumnView& column,
                                        const std::uint64_t* select) const {
  Mask known = run.masks.take();
  select_range(column, IntegerRange{0, static_cast<std::int64_t>(categories_) - 1}, select,
               known.data());
  for (std::size_t w = 0; w < run.words; ++w) {
    const std::uint64_t judged = column.valid == nullptr ? select[w] : select[w] & column.valid[w];
    const std::uint64_t foreign = judged & ~known[w];
    if (foreign == 0) continue;
    const std::size_t row = w * 64 + static_cast<std::size_t>(std::countr_zero(foreign));
    throw DataError("row " + std::to_string(row) + " of a row group has code " +
                    std::to_string(column.integer(row)) + " in column '" + column_.name +
                    "', which has " + std::to_string(categories_) +
                    " categories: the dataset is damaged. Restore it, or make it again.");
  }
}

Verdict CategoryStep::judge(Run& run, const std::uint64_t* select) const {
  const ColumnView& column = run.column_rows(column_.column, select);
  refuse_foreign_codes(run, column, select);
  const Answer& answer = run.by_filter ? screened_ : exact_;
  const auto rows_with = [&](Truth truth) {
    Mask rows = run.masks.take();
    const Codes& codes = answer.by_truth[index_of(truth)];
    if (codes.count != 0) select_codes(column, codes, select, rows.data());
    const std::uint64_t nulls = answer.of_null == truth ? ~std::uint64_t{0} : 0;
    for (std::size_t w = 0; w < run.words; ++w) {
      const std::uint64_t valid = column.valid == nullptr ? ~std::uint64_t{0} : column.valid[w];
      rows[w] = (codes.count != 0 ? rows[w] & valid : 0) | (select[w] & ~valid & nulls);
    }
    return rows;
  };
  const auto possible = [&](Truth truth) {
    return answer.by_truth[index_of(truth)].count != 0 ||
           (answer.of_null == truth && column.valid != nullptr);
  };
  Verdict verdict;
  verdict.yes = rows_with(Truth::yes);
  if (ask_unknown_ && possible(Truth::unknown)) verdict.unknown = rows_with(Truth::unknown);
  if (possible(Truth::undecidable)) verdict.undecidable = rows_with(Truth::undecidable);
  return verdict;
}

Estimate CategoryStep::estimate() const {
  const Codes& yes = exact_.by_truth[index_of(Truth::yes)];
  const double share =
      categories_ == 0 ? 0.0 : static_cast<double>(yes.count) / static_cast<double>(categories_);
  return {lane_cost(column_.lane) + (yes.is_stretch || column_.lane == Lane::u8 ? 0.1 : 1.0),
          share};
}

void CategoryStep::describe(std::vector<std::string>& lines, int depth) const {
  const Codes& yes = exact_.by_truth[index_of(Truth::yes)];
  lines.push_back(indented(depth, column_.name + " is one of " + std::to_string(yes.count) +
                                      " of " + std::to_string(categories_) + " categories: " +
                                      (yes.is_stretch ? "range kernel" : "table") + " over " +
                                      std::string(name_of(column_.lane)) + " codes"));
}

}  // namespace trawl::core::scan
