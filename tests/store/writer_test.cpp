// What the writer refuses, and what it leaves behind when it fails.
#include <cstdlib>

#include <gmock/gmock.h>

#include <trawl/base/error.hpp>

#include "store/file_limit.hpp"
#include "store/table_support.hpp"

#ifdef __SANITIZE_ADDRESS__
// HDF5 never frees what belongs to a file that it could not close.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libhdf5";
}
#endif

namespace trawl::store {
namespace {

using testing::AllOf;
using testing::HasSubstr;

ColumnSchema column(const std::string& name, Type type = Type::int64, Lane lane = Lane::i64) {
  return {name, type, lane, true, nullptr};
}

ColumnSchema categorical(Categories categories, Lane lane = Lane::u8) {
  return {"c", Type::categorical, lane, true,
          std::make_shared<const Categories>(std::move(categories))};
}

std::string refusal_of(const Schema& schema, WriteOptions options = {}) {
  const TempFolder folder;
  try {
    DatasetWriter writer(folder / "a.h5", schema, options);
  } catch (const InputError& error) {
    EXPECT_TRUE(fs::is_empty(folder.path())) << "a temporary file is left";
    return error.what();
  }
  return "";
}

TEST(Writer, RefusesSchemasItCannotStore) {
  EXPECT_THAT(refusal_of(Schema()), HasSubstr("at least one column"));
  EXPECT_THAT(refusal_of(Schema({column("a"), column("b"), column("a")})), HasSubstr("'a'"));
  EXPECT_THAT(refusal_of(Schema({column("")})), HasSubstr("no name"));
  EXPECT_THAT(refusal_of(Schema({column("caf\xE9")})), HasSubstr("UTF-8"));
  EXPECT_THAT(refusal_of(Schema({column(std::string("a\0b", 3))})), HasSubstr("NUL"));
  EXPECT_THAT(refusal_of(Schema({column("a", Type::int64, Lane::f64)})),
              HasSubstr("no int64 in lanes f64"));
  EXPECT_THAT(refusal_of(Schema({column("a", Type::date, Lane::i32)})),
              HasSubstr("no date in lanes i32"));
  EXPECT_THAT(refusal_of(Schema({column("a", Type::categorical, Lane::u8)})),
              HasSubstr("without categories"));
  EXPECT_THAT(refusal_of(Schema({categorical({"b", "a"})})), HasSubstr("ascend"));
  EXPECT_THAT(refusal_of(Schema({categorical({"a", "a"})})), HasSubstr("ascend"));
  EXPECT_THAT(refusal_of(Schema({categorical({"a", std::string("b\0", 2)})})), HasSubstr("NUL"));
  Categories many;
  for (int i = 1000; i < 1257; ++i) many.push_back(std::to_string(i));
  EXPECT_THAT(refusal_of(Schema({categorical(many)})), HasSubstr("too narrow"));
  EXPECT_EQ(refusal_of(Schema({categorical(many, Lane::u16)})), "");
  many.back() = std::string(std::size_t{5} << 20, 'z');
  EXPECT_THAT(refusal_of(Schema({categorical(many, Lane::u16)})), HasSubstr("1 GiB"));
  EXPECT_THAT(refusal_of(Schema({column("a")}), {Codec::none, 0, false}),
              HasSubstr("out of range"));
  EXPECT_THAT(refusal_of(Schema({column("a")}), {Codec::none, 1 << 27, false}),
              HasSubstr("out of range"));
}

class OneColumn : public testing::Test {
 protected:
  OneColumn() : path(folder / "a.h5") {}
  std::vector<ColumnView> rows(std::size_t count, const ColumnSchema& schema) {
    builders.clear();
    builders.emplace_back(schema);
    for (std::size_t i = 0; i < count; ++i) builders[0].append(static_cast<std::int64_t>(i));
    return views_of(builders);
  }
  TempFolder folder;
  fs::path path;
  ColumnSchema n = column("n");
  std::vector<ColumnBuilder> builders;
};

TEST_F(OneColumn, AppendChecksSizes) {
  DatasetWriter writer(path, Schema({n}), {Codec::zstd, 10, false});
  EXPECT_THROW(writer.append({}), InputError);
  EXPECT_THROW(writer.append(rows(11, n)), InputError);
  writer.append(rows(10, n));
  writer.append(rows(0, n));
  writer.append(rows(3, n));
  EXPECT_THROW(writer.append(rows(10, n)), InputError);  // after a short one
  EXPECT_THROW(writer.append(rows(1, column("n", Type::int64, Lane::i32))), InputError);
  // What was refused was not written, and did no harm.
  EXPECT_EQ(writer.finish().rows, 13u);
  EXPECT_THROW(writer.finish(), InputError);
  EXPECT_EQ(open_dataset(ref_to(path))->info().rows, 13u);
}

TEST_F(OneColumn, AppendChecksThatColumnsAreEquallyLong) {
  DatasetWriter writer(path, Schema({n, column("m")}), {});
  std::vector<ColumnView> views = {rows(5, n)[0], rows(5, n)[0]};
  views[1].rows = 4;
  EXPECT_THROW(writer.append(views), InputError);
}

TEST_F(OneColumn, NullsInAColumnWithoutAreRefused) {
  ColumnSchema strict = n;
  strict.nullable = false;
  DatasetWriter writer(path, Schema({strict}), {});
  ColumnBuilder builder(n);
  builder.append_null();
  EXPECT_THROW(writer.append(std::vector{builder.view()}), InputError);
}

TEST_F(OneColumn, OtherCategoriesAreRefused) {
  DatasetWriter writer(path, Schema({categorical({"a", "b"})}), {});
  ColumnBuilder builder(categorical({"a", "c"}));
  builder.append(std::string_view("c"));
  EXPECT_THROW(writer.append(std::vector{builder.view()}), InputError);
  ColumnBuilder same(categorical({"a", "b"}));
  same.append(std::string_view("b"));
  writer.append(std::vector{same.view()});
}

TEST_F(OneColumn, CodesWithoutCategoryPoison) {
  DatasetWriter writer(path, Schema({categorical({"a", "b"})}), {});
  ColumnBuilder builder(categorical({"a", "b"}));
  builder.append(std::string_view("b"));
  ColumnView view = builder.view();
  const std::uint8_t code = 2;
  view.values = &code;
  EXPECT_THROW(writer.append(std::vector{view}), DataError);
  EXPECT_THROW(writer.finish(), DataError);
}

TEST_F(OneColumn, ExistingFilesAreKept) {
  {
    DatasetWriter writer(path, Schema({n}), {});
    writer.finish();
  }
  EXPECT_THROW(DatasetWriter(path, Schema({n}), {}), InputError);
  {
    DatasetWriter writer(path, Schema({n}), {Codec::none, 10, true});
    writer.append(rows(2, n));
    EXPECT_EQ(open_dataset(ref_to(path))->info().rows, 0u);  // until the new one is finished
    writer.finish();
  }
  EXPECT_EQ(open_dataset(ref_to(path))->info().rows, 2u);
}

TEST_F(OneColumn, AnUnfinishedWriterLeavesNothing) {
  {
    DatasetWriter writer(path, Schema({n}), {});
    writer.append(rows(5, n));
    EXPECT_TRUE(fs::exists(temporary_name(path)));
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST_F(OneColumn, AFolderThatDoesNotExistIsNamed) {
  try {
    DatasetWriter writer(folder / "no/such/a.h5", Schema({n}), {});
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("no/such/a.h5"));
  }
}

// The disk is full at every possible moment: the error is told, nothing is left, nothing is there
// under the name.
TEST_F(OneColumn, AFullDiskIsToldAndLeavesNothing) {
  Random random(3);
  const Table table = random_table(60, 25, random);
  const std::uint64_t size = write_table(folder / "whole.h5", table, Codec::lz4).bytes;
  fs::remove(folder / "whole.h5");
  for (int step = 0; step < 40; ++step) {
    const rlim_t limit = size * static_cast<rlim_t>(step) / 40;
    const FileLimit full(limit);
    EXPECT_THROW(write_table(path, table, Codec::lz4), DataError) << limit << " of " << size;
    EXPECT_TRUE(fs::is_empty(folder.path())) << limit;
  }
  const FileLimit enough(2 * size);  // HDF5 takes room ahead and gives it back
  write_table(path, table, Codec::lz4);
  expect_same_values(*open_dataset(ref_to(path)), table);
}

// HDF5 keeps files it could not close, and would crash over them when the program ends.
TEST_F(OneColumn, AFullDiskDoesNotCrashTheProgramAtItsEnd) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto fill_the_disk = [&] {
    Random random(3);
    const Table table = random_table(60, 25, random);
    for (const rlim_t limit : {5'000u, 50'000u, 100'000u, 200'000u}) {
      const FileLimit full(limit);
      try {
        write_table(path, table, Codec::lz4);
      } catch (const DataError&) {
      }
    }
    std::exit(4);
  };
  EXPECT_EXIT(fill_the_disk(), testing::ExitedWithCode(4), "");
}

TEST_F(OneColumn, AFailedAppendPoisons) {
  DatasetWriter writer(path, Schema({n}), {Codec::none, 65536, false});
  const auto append_stripe = [&] {  // what is written at once
    for (int group = 0; group < 16; ++group) writer.append(rows(65536, n));
  };
  append_stripe();
  {
    const FileLimit full(fs::file_size(temporary_name(path)));
    EXPECT_THROW(append_stripe(), DataError);
  }
  // There is room again, but what was lost stays lost.
  EXPECT_THROW(writer.append(rows(65536, n)), DataError);
  EXPECT_THROW(writer.finish(), DataError);
  EXPECT_FALSE(fs::exists(path));
}

}  // namespace
}  // namespace trawl::store
