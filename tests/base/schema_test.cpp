#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include <trawl/base/schema.hpp>

namespace trawl {
namespace {

// The definition, by recursion over the last letters.
std::size_t slow_distance(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return a.size() + b.size();
  const std::string_view a1 = a.substr(0, a.size() - 1), b1 = b.substr(0, b.size() - 1);
  const std::size_t differ = std::tolower(a.back()) == std::tolower(b.back()) ? 0 : 1;
  return std::min(
      {slow_distance(a1, b1) + differ, slow_distance(a1, b) + 1, slow_distance(a, b1) + 1});
}

Schema schema_of(std::initializer_list<const char*> names) {
  std::vector<ColumnSchema> columns;
  for (const char* name : names) {
    columns.emplace_back();
    columns.back().name = name;
  }
  return Schema(std::move(columns));
}

TEST(EditDistance, KnownPairs) {
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("user_id", "USER_ID"), 0u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("flaw", "lawn"), 2u);
}

TEST(EditDistance, IsTheDefinitionOnRandomWords) {
  std::mt19937 random(5);
  const auto word = [&] {
    std::string text(random() % 6, ' ');
    for (char& c : text) c = "abAB"[random() % 4];
    return text;
  };
  for (int i = 0; i < 3000; ++i) {
    const std::string a = word(), b = word();
    ASSERT_EQ(edit_distance(a, b), slow_distance(a, b)) << a << " " << b;
    ASSERT_EQ(edit_distance(a, b), edit_distance(b, a)) << a << " " << b;
  }
}

TEST(Schema, FindsExactNamesOnly) {
  const Schema schema = schema_of({"a", "b", "A"});
  EXPECT_EQ(schema.size(), 3u);
  EXPECT_EQ(schema.find("a"), 0u);
  EXPECT_EQ(schema.find("A"), 2u);
  EXPECT_EQ(schema.find("c"), std::nullopt);
}

TEST(Schema, NamesTheNearestColumn) {
  const Schema schema = schema_of({"record_id", "user_id", "action", "amount"});
  EXPECT_EQ(schema.nearest("usr_id"), "user_id");
  EXPECT_EQ(schema.nearest("AMOUNT"), "amount");
  EXPECT_EQ(schema.nearest("acton"), "action");
  EXPECT_EQ(Schema().nearest("x"), "");
  // The first of equally near ones.
  EXPECT_EQ(schema_of({"ab", "ac"}).nearest("ad"), "ab");
}

}  // namespace
}  // namespace trawl
