// Tables, schema files, text files and dataset names.
#include <cstdlib>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <trawl/base/error.hpp>

#include "command/ingest_file.hpp"
#include "command/schema_file.hpp"
#include "command/text_file.hpp"
#include "command/text_table.hpp"

namespace trawl::command {
namespace {

using ::testing::HasSubstr;

TEST(TextTable, AlignsByCodePoints) {
  TextTable table({"name", ">rows", "note"});
  table.add({"é", "1", ""});
  table.add({"long name", "1,234", "x\ny"});
  EXPECT_EQ(table.text(" "),
            " name        rows  note\n"
            " é              1\n"
            " long name  1,234  x?y\n");
}

std::string error_of(const std::string& text) {
  try {
    parse_schema_file(text, "s.txt");
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(SchemaFile, ReadsLines) {
  const auto columns = parse_schema_file(
      "# types\n\norigin categorical\n  Arrival Time\ttimestamp not null\nnot null text\r\n", "s");
  ASSERT_EQ(columns.size(), 3u);
  EXPECT_EQ(columns[0].name, "origin");
  EXPECT_EQ(columns[0].type, Type::categorical);
  EXPECT_TRUE(columns[0].nullable);
  EXPECT_EQ(columns[1].name, "Arrival Time");
  EXPECT_EQ(columns[1].type, Type::timestamp);
  EXPECT_FALSE(columns[1].nullable);
  EXPECT_EQ(columns[2].name, "not null");
  EXPECT_TRUE(columns[2].nullable);
}

TEST(SchemaFile, ReadsJson) {
  const auto object = parse_schema_file(R"({"b": "float64", "a": "text"})", "s");
  ASSERT_EQ(object.size(), 2u);
  EXPECT_EQ(object[0].name, "b");
  const auto list = parse_schema_file(R"([{"name": "a", "type": "date", "nullable": false}])", "s");
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].type, Type::date);
  EXPECT_FALSE(list[0].nullable);
}

TEST(SchemaFile, NamesWhatIsWrongAndWhere) {
  EXPECT_THAT(error_of("a int64\nb int32\n"),
              HasSubstr("s.txt:2: no such type 'int32' (of column 'b')"));
  EXPECT_THAT(error_of("a\n"), HasSubstr("s.txt:1: 'a' is not of the form"));
  EXPECT_THAT(error_of("a text\na text\n"), HasSubstr("'a' is named twice"));
  EXPECT_THAT(error_of("# nothing\n"), HasSubstr("names no column"));
  EXPECT_THAT(error_of("{\"a\": }"), HasSubstr("s.txt"));
  EXPECT_THAT(error_of("[{\"name\": \"a\"}]"), HasSubstr("entry 1: \"type\" must be there"));
  EXPECT_THAT(error_of("[{\"name\": \"a\", \"type\": \"text\", \"nulable\": true}]"),
              HasSubstr("nulable"));
  EXPECT_THAT(error_of("[5]"), HasSubstr("must be an object"));
}

TEST(IngestFile, NamesDatasetsAfterFiles) {
  EXPECT_EQ(dataset_name_of("data/flights-2001-01.csv.zst"), "flights-2001-01");
  EXPECT_EQ(dataset_name_of("a.csv.gz"), "a");
  EXPECT_EQ(dataset_name_of("a.b.csv"), "a.b");
  EXPECT_EQ(dataset_name_of("a.txt"), "a.txt");
  EXPECT_EQ(dataset_name_of("a.csv.csv"), "a.csv");
}

TEST(IngestFile, ReportsTravelAsOneLine) {
  IngestReport report;
  report.index = 3;
  report.records = 10;
  report.kept = 7;
  report.quarantined = 3;
  report.bytes = 99;
  report.digest = "abc";
  report.error = "two\nlines, \"quoted\"";
  const std::string line = format_report(report);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const IngestReport again = parse_report(line);
  EXPECT_EQ(format_report(again), line);
  EXPECT_EQ(again.error, report.error);
  EXPECT_EQ(again.quarantined, 3u);
}

class TextFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "trawl-command-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path folder_;
};

TEST_F(TextFileTest, IsAllOrNothing) {
  const fs::path path = folder_ / "a.txt";
  {
    TextFile file(path);
    file.append(std::string(3 << 20, 'x'));
    EXPECT_TRUE(fs::exists(temporary_name(path)));
  }
  EXPECT_TRUE(fs::is_empty(folder_));
  TextFile file(path);
  file.append("one\n");
  file.publish(false);
  EXPECT_EQ(read_file(path), "one\n");
  TextFile second(path);
  second.append("two\n");
  EXPECT_THROW(second.publish(false), InputError);
  EXPECT_EQ(read_file(path), "one\n");
  second.publish(true);
  EXPECT_EQ(read_file(path), "two\n");
}

TEST_F(TextFileTest, AFileNeverWrittenToLeavesNothing) {
  { const TextFile file(folder_ / "a.txt"); }
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(TextFileTest, OutputsAreCheckedBeforeWork) {
  EXPECT_THROW(check_output(folder_ / "no" / "a.txt", true), InputError);
  EXPECT_NO_THROW(check_output(folder_ / "a.txt", false));
  write_file_atomically(folder_ / "a.txt", "x");
  EXPECT_THROW(check_output(folder_ / "a.txt", false), InputError);
  EXPECT_NO_THROW(check_output(folder_ / "a.txt", true));
}

}  // namespace
}  // namespace trawl::command
