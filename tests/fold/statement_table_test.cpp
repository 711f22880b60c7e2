// The table of statements against a map of plain sums.
#include "fold/evidence/statement_table.hpp"

#include <cmath>
#include <map>
#include <random>

#include <gtest/gtest.h>

namespace trawl::fold {
namespace {

using evidence::Contribution;
using evidence::GroupSums;

std::vector<std::byte> bytes_of_sums(const GroupSums& sums) {
  std::vector<std::byte> out;
  sums.append_bytes(out);
  return out;
}

TEST(StatementTable, IsAMapOfSums) {
  std::mt19937_64 random(6);
  for (const std::uint32_t names : {1u, 3u, 40u, 300u}) {
    StatementTable table;
    std::map<StatementName, GroupSums> want;
    for (int round = 0; round < 2; ++round) {
      std::vector<Stated> records;
      for (int i = 0; i < 20'000; ++i) {
        const auto draw = [&] { return static_cast<std::uint32_t>(random() % names); };
        const StatementName name{draw(), draw(), draw() % 3};
        // Now and then what no window holds.
        const int exponent = random() % 16 == 0 ? -300 : static_cast<int>(random() % 20);
        const Contribution c{std::ldexp(static_cast<double>(random()) - 0x1p63, exponent - 64), 0.5,
                             random() % 2 == 0, evidence::Refusal::none};
        records.push_back({name, c});
        want[name].add(c);
        if (random() % 200 != 0 && i + 1 < 20'000) continue;
        table.add(records);
        records.clear();
      }
      ASSERT_EQ(table.size(), want.size());
      auto next = want.begin();
      table.each([&](const StatementName& name, GroupSums&& sums) {
        ASSERT_NE(next, want.end());
        ASSERT_EQ(name, next->first);
        ASSERT_EQ(bytes_of_sums(sums), bytes_of_sums(next->second));
        ++next;
      });
      ASSERT_EQ(next, want.end());
    }
    table.clear();
    EXPECT_EQ(table.size(), 0u);
    table.each([](const StatementName&, GroupSums&&) { FAIL(); });
  }
}

}  // namespace
}  // namespace trawl::fold
