#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <trawl/base/error.hpp>

#include "store/csv_support.hpp"

namespace trawl::store::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Fields = std::vector<std::string>;

std::string error_of(const std::filesystem::path& path) {
  try {
    read_all(path);
  } catch (const DataError& error) {
    return error.what();
  }
  return "no DataError";
}

struct Good {
  std::string_view text;  // after the header "a,b\n"
  std::vector<Fields> rows;
};

TEST(CsvReader, ReadsWellFormedRecords) {
  const std::vector<Good> cases = {
      {"", {}},
      {"1,2\n", {{"1", "2"}}},
      {"1,2", {{"1", "2"}}},
      {"1,2\r\n3,4\r\n", {{"1", "2"}, {"3", "4"}}},
      {"1,2\r\n3,4\n5,6", {{"1", "2"}, {"3", "4"}, {"5", "6"}}},
      {",\n", {{"", ""}}},
      {",", {{"", ""}}},
      {"\n\n1,2\n\r\n\n3,4\n\n", {{"1", "2"}, {"3", "4"}}},
      {"\"1\",\"2\"\n", {{"1", "2"}}},
      {"\"1\",\"2\"", {{"1", "2"}}},
      {"\"1\",\"2\"\r\n", {{"1", "2"}}},
      {"\"a,b\",\"c\"\n", {{"a,b", "c"}}},
      {"\"a\nb\",c\n", {{"a\nb", "c"}}},
      {"\"a\r\nb\",\"\n\"\n", {{"a\r\nb", "\n"}}},
      {"\"a\rb\",c\n", {{"a\rb", "c"}}},
      {"\"say \"\"hi\"\"\",\"\"\"\"\n", {{"say \"hi\"", "\""}}},
      {"\"\",\"\"\"\"\"\"\n", {{"", "\"\""}}},
      {" 1 , 2 \n", {{" 1 ", " 2 "}}},
      {"\xc3\xa9,\xf0\x9f\x90\x9f\n", {{"\xc3\xa9", "\xf0\x9f\x90\x9f"}}},
      {"0123456789abcdef,0123456789abcdef0\n", {{"0123456789abcdef", "0123456789abcdef0"}}},
      {"1234567,1234567\n12345678,1\n", {{"1234567", "1234567"}, {"12345678", "1"}}},
  };
  const TempFolder folder;
  for (const Good& c : cases) {
    SCOPED_TRACE(c.text);
    std::vector<Fields> rows;
    for (const ReadRecord& record :
         read_all(folder.write("x.csv", "a,b\n" + std::string(c.text)))) {
      EXPECT_EQ(record.problem, "");
      rows.push_back(record.fields);
    }
    EXPECT_EQ(rows, c.rows);
  }
}

struct Bad {
  std::string text;  // after the header "a,b\n"
  std::uint64_t line;
  std::uint64_t offset;
  std::string raw;
  std::string problem;
  std::vector<Fields> rows;  // the good ones
};

TEST(CsvReader, NamesEveryMalformedRecord) {
  using namespace std::string_literals;
  const std::vector<Bad> cases = {
      {"1\n3,4\n", 2, 4, "1", "1 field, header has 2", {{"3", "4"}}},
      {"1,2,3\n", 2, 4, "1,2,3", "3 fields, header has 2", {}},
      {" \n", 2, 4, " ", "1 field, header has 2", {}},
      {"\"\"\n", 2, 4, "\"\"", "1 field, header has 2", {}},
      {"1,2\nx\"y,3\r\n5,6",
       3,
       8,
       "x\"y,3",
       "quote inside an unquoted field at column 2",
       {{"1", "2"}, {"5", "6"}}},
      {"1,\"abc\"d\n5,6\n",
       2,
       4,
       "1,\"abc\"d",
       "character after closing quote at column 8",
       {{"5", "6"}}},
      {"1,\"abc\" \n5,6\n",
       2,
       4,
       "1,\"abc\" ",
       "character after closing quote at column 8",
       {{"5", "6"}}},
      {"1,\"abc\"\rx\n5,6\n",
       2,
       4,
       "1,\"abc\"\rx",
       "character after closing quote at column 8",
       {{"5", "6"}}},
      {"1,\"abc\"\r", 2, 4, "1,\"abc\"\r", "character after closing quote at column 8", {}},
      {"1,\"abc\n3,4\n5,6\n",
       2,
       4,
       "1,\"abc",
       "quote opened at column 3 is never closed",
       {{"3", "4"}, {"5", "6"}}},
      {"1,\"abc\r\n3,4", 2, 4, "1,\"abc", "quote opened at column 3 is never closed", {{"3", "4"}}},
      {"3,4\n1,\"", 3, 8, "1,\"", "quote opened at column 3 is never closed", {{"3", "4"}}},
      {"3,4\n1,\"abc\"\"",
       3,
       8,
       "1,\"abc\"\"",
       "quote opened at column 3 is never closed",
       {{"3", "4"}}},
      {"1,\"abc\n3,\"4\"\n5,6\n",
       2,
       4,
       "1,\"abc",
       "quote opened at column 3 is not closed properly: character after the next quote at column "
       "4 of line 3",
       {{"3", "4"}, {"5", "6"}}},
      {"\"x\ny\",\"abc\n5,6\n",
       2,
       4,
       "\"x\ny\",\"abc",
       "quote opened at column 4 of line 3 is never closed",
       {{"5", "6"}}},
      {"\"x\ny\",z\"\n5,6\n",
       2,
       4,
       "\"x\ny\",z\"",
       "quote inside an unquoted field at column 5 of line 3",
       {{"5", "6"}}},
      {"\"x\ny\"\n5,6\n", 2, 4, "\"x\ny\"", "1 field, header has 2", {{"5", "6"}}},
      {"1,2\r3,4\n5,6\n",
       2,
       4,
       "1,2\r3,4",
       "carriage return without line feed at column 4",
       {{"5", "6"}}},
      {"5,6\n1,2\r", 3, 8, "1,2\r", "carriage return without line feed at column 4", {{"5", "6"}}},
      {"1,2\r\r\n5,6\n",
       2,
       4,
       "1,2\r",
       "carriage return without line feed at column 4",
       {{"5", "6"}}},
      {"1,\0\n5,6\n"s, 2, 4, "1,\0"s, "NUL at byte 3", {{"5", "6"}}},
      {"12345678901234567890,\0\n5,6\n"s,
       2,
       4,
       "12345678901234567890,\0"s,
       "NUL at byte 22",
       {{"5", "6"}}},
      {"1,\"\0\"\n5,6\n"s, 2, 4, "1,\"\0\""s, "NUL at byte 4", {{"5", "6"}}},
      {"1,\xe9\n5,6\n", 2, 4, "1,\xe9", "not UTF-8 at byte 3", {{"5", "6"}}},
      {"1,\"a\n\xc0\xaf\"\n5,6\n", 2, 4, "1,\"a\n\xc0\xaf\"", "not UTF-8 at byte 6", {{"5", "6"}}},
      {"5,6\n\n7,\xed\xa0\x80", 4, 9, "7,\xed\xa0\x80", "not UTF-8 at byte 3", {{"5", "6"}}},
  };
  const TempFolder folder;
  for (const Bad& c : cases) {
    SCOPED_TRACE(c.text);
    std::vector<Fields> rows;
    int bad = 0;
    for (const ReadRecord& record : read_all(folder.write("x.csv", "a,b\n" + c.text))) {
      if (record.problem.empty()) {
        rows.push_back(record.fields);
        continue;
      }
      ++bad;
      EXPECT_EQ(record.line, c.line);
      EXPECT_EQ(record.offset, c.offset);
      EXPECT_EQ(record.raw, c.raw);
      EXPECT_EQ(record.problem, c.problem);
    }
    EXPECT_EQ(bad, 1);
    EXPECT_EQ(rows, c.rows);
  }
}

TEST(CsvReader, AnEmptyLineIsARowOnlyInAOneColumnFile) {
  const TempFolder folder;
  const std::vector<ReadRecord> records = read_all(folder.write("x.csv", "a\n1\n\n\r\n2\n"));
  ASSERT_EQ(records.size(), 4u);
  EXPECT_THAT(records[1].fields, ElementsAre(""));
  EXPECT_FALSE(records[1].quoted[0]);
  EXPECT_EQ(records[2].line, 4u);
  EXPECT_THAT(records[3].fields, ElementsAre("2"));
}

TEST(CsvReader, TellsQuotedFieldsFromOthers) {
  const TempFolder folder;
  const std::vector<ReadRecord> records = read_all(folder.write("x.csv", "a,b\n\"\",\n"));
  ASSERT_EQ(records.size(), 1u);
  EXPECT_THAT(records[0].quoted, ElementsAre(true, false));
}

TEST(CsvReader, SkipsTheByteOrderMarkButCountsItsBytes) {
  const TempFolder folder;
  const auto path = folder.write("x.csv", "\xef\xbb\xbf\"a\",b\n1,2\n");
  EXPECT_THAT(CsvReader(path).header(), ElementsAre("a", "b"));
  const std::vector<ReadRecord> records = read_all(path);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].offset, 9u);
  EXPECT_EQ(records[0].line, 2u);
}

TEST(CsvReader, RefusesFilesWithoutAGoodHeader) {
  const TempFolder folder;
  const auto error = [&](std::string_view text) { return error_of(folder.write("x.csv", text)); };
  EXPECT_THAT(error(""), HasSubstr("empty file"));
  EXPECT_THAT(error(gzip("")), HasSubstr("empty file"));
  EXPECT_THAT(error("\xef\xbb\xbf"), HasSubstr("there is none"));
  EXPECT_THAT(error("a,,c\n1,2,3\n"), HasSubstr("column 2 has no name"));
  EXPECT_THAT(error("\n1\n"), HasSubstr("column 1 has no name"));
  EXPECT_THAT(error("a,b,a\n"), HasSubstr("two columns are named 'a'"));
  EXPECT_THAT(error("a,\"b\n1,2\n"), HasSubstr("quote opened at column 3 is never closed"));
  EXPECT_THAT(error("a,\xff\n"), HasSubstr("not UTF-8 at byte 3"));
  EXPECT_THAT(error("a,b\r1,2\r"), HasSubstr("carriage return without line feed"));
  EXPECT_THAT(error(std::string("\xff\xfe"
                                "a\0",
                                4)),
              HasSubstr("UTF-16"));
  EXPECT_THAT(error_of("/nonexistent/x.csv"), HasSubstr("/nonexistent/x.csv"));
}

std::string many_rows() {
  std::string text = "a,b\n";
  for (int i = 0; i < 300'000; ++i)
    text += std::to_string(i) + ",\"row " + std::to_string(i * 7919LL) + "\"\n";
  return text;
}

TEST(CsvReader, ReadsCompressedFilesByTheirFirstBytes) {
  const TempFolder folder;
  const std::string text = many_rows();
  const std::string_view first = std::string_view(text).substr(0, 1'234'567);
  const std::string_view rest = std::string_view(text).substr(1'234'567);
  const std::string skippable("\x52\x2a\x4d\x18\x03\0\0\0xyz", 11);
  const std::vector<std::pair<std::string, std::string>> files = {
      {"plain", text},
      {"one gzip member", gzip(text)},
      {"several gzip members", gzip(first) + gzip("") + gzip(rest) + gzip("")},
      {"one zstd frame", zstd(text)},
      {"several zstd frames",
       skippable + zstd(first) + zstd("") + skippable + zstd(rest) + skippable},
  };
  for (const auto& [name, bytes] : files) {
    SCOPED_TRACE(name);
    const std::vector<ReadRecord> records = read_all(folder.write("misleading.txt", bytes));
    ASSERT_EQ(records.size(), 300'000u);
    std::uint64_t offset = 4;
    for (std::size_t i = 0; i < records.size(); ++i) {
      ASSERT_EQ(records[i].offset, offset);
      ASSERT_EQ(records[i].raw, text.substr(offset, records[i].raw.size()));
      ASSERT_EQ(records[i].fields[0], std::to_string(i));
      offset += records[i].raw.size() + 1;
    }
    EXPECT_EQ(offset, text.size());
  }
}

TEST(CsvReader, RefusesDamagedCompression) {
  const TempFolder folder;
  const std::string text = many_rows();
  for (const std::string& good : {gzip(text), zstd(text)}) {
    const std::vector<std::string> damaged = {good.substr(0, good.size() - 1),
                                              good.substr(0, good.size() / 2),
                                              good.substr(0, 12),
                                              good + "garbage",
                                              good + std::string(8, '\0'),
                                              good + good.substr(0, 3)};
    for (const std::string& bytes : damaged) {
      EXPECT_THAT(error_of(folder.write("x", bytes)), HasSubstr("damaged"));
    }
  }
  // A changed byte inside: gzip has a checksum always.
  std::string changed = gzip(text);
  changed[changed.size() / 2] = static_cast<char>(changed[changed.size() / 2] ^ 0x10);
  EXPECT_THAT(error_of(folder.write("x", changed)), HasSubstr("damaged gzip"));
}

TEST(CsvReader, BoundsTheLengthOfARecord) {
  const TempFolder folder;
  const std::string longest(csv_max_record_bytes - 2, 'x');
  std::vector<ReadRecord> records =
      read_all(folder.write("x.csv", "a,b\n" + longest + ",1\r\n3,4\n"));
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].problem, "");
  EXPECT_EQ(records[0].fields[0].size(), longest.size());
  for (const std::string_view tail :
       {"y,1\n3,4\n", "y,1\r\n3,4\n", "yyyyyyyy,1\n3,4\n", "y,1\nz\n", "y,1"}) {
    SCOPED_TRACE(tail);
    const std::string text = "a,b\n" + longest + std::string(tail);
    records = read_all(folder.write("x.csv", text));
    ASSERT_EQ(records.size(), tail.ends_with("1") ? 1u : 2u);
    EXPECT_THAT(records[0].problem, HasSubstr("longer than 64 MiB"));
    EXPECT_EQ(records[0].raw, text.substr(4, csv_max_record_bytes));
    if (records.size() == 2) {
      EXPECT_EQ(records[1].line, 3u);
      EXPECT_EQ(records[1].offset, text.rfind('\n', text.size() - 2) + 1);
      EXPECT_EQ(records[1].raw, tail.ends_with("z\n") ? "z" : "3,4");
    }
  }
}

TEST(CsvReader, ALostQuoteCostsOneLineEvenInALongFile) {
  const TempFolder folder;
  std::string text = "a,b\n1,\"lost\n";
  while (text.size() < csv_max_record_bytes + 1000) text += std::string(1000, 'x') + ",2\n";
  text += "3,\"fine\"\n";
  const std::vector<ReadRecord> records = read_all(folder.write("x.csv", text));
  EXPECT_EQ(records[0].problem, "quote opened at column 3 is never closed within 64 MiB");
  EXPECT_EQ(records[0].raw, "1,\"lost");
  for (std::size_t i = 1; i < records.size(); ++i) ASSERT_EQ(records[i].problem, "");
  EXPECT_THAT(records.back().fields, ElementsAre("3", "fine"));
}

}  // namespace
}  // namespace trawl::store::testing
