// Rows of digits in a window against one superaccumulator for each row.
#include <gtest/gtest.h>

#include <trawl/base/error.hpp>
#include <trawl/core/exact/digit_table.hpp>

#include "core/exact_support.hpp"

namespace trawl::core {
namespace {

using Table = DigitTable<ProductRange>;

std::vector<std::byte> bytes_of(const std::vector<ExactDot>& rows) {
  std::vector<std::byte> out;
  for (const ExactDot& row : rows) row.append_bytes(out);
  return out;
}
std::vector<std::byte> bytes_of(const Table& table) {
  std::vector<std::byte> out;
  table.append_bytes(out);
  return out;
}

constexpr int lowest = ProductRange::lowest_bit;

// The same random terms into both; `spread` is over how many bits.
void add_terms(Rng& rng, int spread, int terms, Table& table, std::vector<ExactDot>& rows) {
  for (int i = 0; i < terms; ++i) {
    const std::size_t row = rng() % rows.size();
    const auto term = static_cast<std::int64_t>(rng()) >> (rng() % 60 + 1);
    const int exponent = lowest + static_cast<int>(rng() % static_cast<unsigned>(spread));
    table.add_scaled(row, term, exponent);
    rows[row].add_scaled(term, exponent);
  }
}

TEST(DigitTable, RowsAreExactSums) {
  Rng rng(51);
  for (const int spread : {1, 40, 500, 4200}) {
    for (int trial = 0; trial < 50; ++trial) {
      Table table(3), other(3);
      std::vector<ExactDot> rows(3), others(3);
      add_terms(rng, spread, trial, table, rows);
      add_terms(rng, 4200, trial % 5, other, others);
      table.merge(other, trial % 2 == 0);
      for (std::size_t r = 0; r < 3; ++r) {
        trial % 2 == 0 ? rows[r].subtract(others[r]) : rows[r].merge(others[r]);
      }
      ASSERT_EQ(bytes_of(table), bytes_of(rows)) << spread << " " << trial;
      const auto kept = bytes_of(table);
      Bytes bytes = kept;
      Table read = Table::read(bytes, 3);
      ASSERT_EQ(bytes_of(read), kept);
      add_terms(rng, spread, trial, read, rows);  // goes on where it was
      ASSERT_EQ(bytes_of(read), bytes_of(rows)) << spread << " " << trial;
      for (std::size_t r = 0; r < 3; ++r) {
        const ScaledInteger mine = read.exact_value(r), expected = rows[r].exact_value();
        EXPECT_EQ(mine.words, expected.words);
        if (!mine.words.empty()) {
          EXPECT_EQ(mine.exponent, expected.exponent);
        }
      }
    }
  }
}

TEST(DigitTable, WideTermsAreTwoNarrowOnes) {
  Rng rng(52);
  for (int trial = 0; trial < 1000; ++trial) {
    Table table(1);
    ExactDot sum;
    const std::uint64_t high = rng() >> (1 + rng() % 60), low = rng();
    const auto position = static_cast<std::uint32_t>(rng() % 4100);
    const bool negative = rng() % 2 == 0;
    table.add(0, high, low, position, negative);
    const auto add = [&](std::uint64_t half, std::uint32_t at) {
      const auto top = static_cast<std::int64_t>(half >> 1),
                 bit = static_cast<std::int64_t>(half & 1);
      sum.add_scaled(negative ? -top : top, lowest + static_cast<int>(at) + 1);
      sum.add_scaled(negative ? -bit : bit, lowest + static_cast<int>(at));
    };
    add(low, position);
    add(high, position + 64);
    ASSERT_EQ(bytes_of(table), sum.to_bytes());
  }
}

TEST(DigitTable, GrowsForCarriesAndRefusesToWrap) {
  for (const std::int64_t term : {1, -1}) {
    Table table(2);
    ExactDot sum;
    table.add_scaled(0, term, lowest);
    sum.add_scaled(term, lowest);
    for (int i = 0; i < 500; ++i) {
      table.merge(Table(table), false);
      sum.merge(ExactDot(sum));
    }
    EXPECT_EQ(bytes_of(table), bytes_of(std::vector<ExactDot>{sum, ExactDot()}));
    const auto double_often = [&] {
      for (int i = 0; i < 5000; ++i) table.merge(Table(table), false);
    };
    EXPECT_THROW(double_often(), InputError);
  }
}

TEST(DigitTable, RefusesBytesOfSumsThatAreNotFinite) {
  ExactDot sum;
  sum.add(std::nan(""));
  const auto stored = sum.to_bytes();
  Bytes bytes = stored;
  EXPECT_THROW(Table::read(bytes, 1), DataError);
}

}  // namespace
}  // namespace trawl::core
