// HDF5 files that h5py and PyTables wrote, searched in place.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/error.hpp>

#include "store/foreign_support.hpp"

namespace trawl::store {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* pytables_modules = "tables, numpy";

// All values of a column, as text, in one line.
std::string column_text(const Dataset& dataset, const std::string& name) {
  const auto column = dataset.info().schema.find(name);
  if (!column) return "no such column";
  std::string text;
  ColumnBuffer buffer;
  for (std::uint64_t group = 0; group < dataset.info().row_groups(); ++group) {
    dataset.read(group, *column, buffer);
    for (std::size_t row = 0; row < buffer.view.rows; ++row) {
      text += (text.empty() ? "" : " ") + to_text(buffer.view.value(row), buffer.view.type);
    }
  }
  return text;
}

std::string kind_of(const Dataset& dataset, const std::string& name) {
  const ColumnSchema& schema = dataset.info().schema[*dataset.info().schema.find(name)];
  return fmt::format("{} {}{}", name_of(schema.type), name_of(schema.lane),
                     schema.nullable ? " nullable" : "");
}

class H5py : public Foreign {
 protected:
  void SetUp() override { TRAWL_NEED_PYTHON(h5py_modules); }
};

TEST_F(H5py, ColumnsOfEveryType) {
  python(R"(
for t in ['i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'u8', '>i2', '>i4', '>i8', '>u2', '>u4', '>u8']:
    lo = -1 if 'i' in t else 0
    f[t] = np.array([1, lo, 100, 7], t)
for t in ['<f4', '<f8', '>f4', '>f8']:
    f[t] = np.array([1.5, float('nan'), -0.0, float('-inf')], t)
f['bool'] = np.array([True, False, False, True])
f['fixed'] = np.array([b'ab', b'', b'abcd', b'a b'])
f['text'] = ['caf\u00e9', '', 'x' * 100, 'd']
d = f.create_dataset('time', data=np.array([0, 1767225599000000, -1, 5], 'i8'))
d.attrs['unit'] = 'microseconds since 1970-01-01T00:00:00Z'
d = f.create_dataset('date', data=np.array([0, 1, 2, 3], 'i8') * 86400000000)
d.attrs['unit'] = np.bytes_('microseconds since 1970-01-01T00:00:00Z')
d.attrs['type'] = 'date'
)");
  const auto dataset = open();
  const DatasetInfo& info = dataset->info();
  EXPECT_EQ(info.kind, "hdf5 columns");
  EXPECT_EQ(info.codec, "none");
  EXPECT_EQ(info.rows, 4u);
  EXPECT_EQ(info.index_digest, "");
  EXPECT_EQ(info.digest, digest_file(folder / "f.h5"));
  EXPECT_EQ(dataset->recompute_digest(), info.digest);
  for (const char* name : {"i1", "i2", "i4", "i8", ">i2", ">i4", ">i8"})
    EXPECT_EQ(column_text(*dataset, name), "1 -1 100 7");
  for (const char* name : {"u1", "u2", "u4", "u8", ">u2", ">u4", ">u8"})
    EXPECT_EQ(column_text(*dataset, name), "1 0 100 7");
  for (const char* name : {"<f4", "<f8", ">f4", ">f8"})
    EXPECT_EQ(column_text(*dataset, name), "1.5 NaN -0 -Infinity");
  EXPECT_EQ(column_text(*dataset, "bool"), "true false false true");
  EXPECT_EQ(column_text(*dataset, "fixed"), "ab  abcd a b");
  EXPECT_EQ(column_text(*dataset, "text"), "caf\xC3\xA9  " + std::string(100, 'x') + " d");
  EXPECT_EQ(column_text(*dataset, "time"),
            "1970-01-01T00:00:00Z 2025-12-31T23:59:59Z 1969-12-31T23:59:59.999999Z "
            "1970-01-01T00:00:00.000005Z");
  EXPECT_EQ(column_text(*dataset, "date"), "1970-01-01 1970-01-02 1970-01-03 1970-01-04");
  EXPECT_EQ(kind_of(*dataset, "i1"), "int64 i8");
  EXPECT_EQ(kind_of(*dataset, ">u4"), "int64 u32");
  EXPECT_EQ(kind_of(*dataset, "u8"), "int64 i64");
  EXPECT_EQ(kind_of(*dataset, ">f4"), "float64 f32");
  EXPECT_EQ(kind_of(*dataset, "bool"), "boolean u8");
  EXPECT_EQ(kind_of(*dataset, "fixed"), "text text");
}

TEST_F(H5py, ColumnsLongerThanARowGroupAndCompressed) {
  python(R"(
n = 2 * 65536 + 5
g = f.create_group('run/table')
g.create_dataset('n', data=np.arange(n) * 3, chunks=(1000,), compression='gzip', shuffle=True, fletcher32=True)
g.create_dataset('t', data=np.array([str(i) for i in range(n)], 'S'), chunks=(70000,), compression='gzip')
g.create_dataset('v', data=[str(i) * 2 for i in range(n)])
)");
  const auto dataset = open();
  EXPECT_EQ(dataset->info().codec, "mixed");
  EXPECT_EQ(list_tables(folder / "f.h5"), std::vector<std::string>{"/run/table"});
  ASSERT_EQ(dataset->info().row_groups(), 3u);
  ColumnBuffer n, t, v;
  for (std::uint64_t group = 0; group < 3; ++group) {
    dataset->read(group, 0, n);
    dataset->read(group, 1, t);
    dataset->read(group, 2, v);
    for (std::size_t i = 0; i < n.view.rows; ++i) {
      const std::uint64_t row = dataset->info().group_begin(group) + i;
      const std::string text = std::to_string(row);
      ASSERT_EQ(n.view.integer(i), static_cast<std::int64_t>(row * 3));
      ASSERT_EQ(t.view.text(i), text);
      ASSERT_EQ(v.view.text(i), text + text);
    }
  }
}

// The low-level interface makes what numpy has no word for.
TEST_F(H5py, PaddingsOfStrings) {
  python(R"(
for name, pad in [('term', h5py.h5t.STR_NULLTERM), ('null', h5py.h5t.STR_NULLPAD), ('space', h5py.h5t.STR_SPACEPAD)]:
    t = h5py.h5t.C_S1.copy(); t.set_size(5); t.set_strpad(pad)
    d = h5py.h5d.create(f.id, name.encode(), t, h5py.h5s.create_simple((2,)))
    d.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([b'a\0b  ', b'ab   '], 'S5'), t)
)");
  const auto dataset = open();
  ColumnBuffer buffer;
  const auto text = [&](const char* name, std::size_t row) {
    dataset->read(0, *dataset->info().schema.find(name), buffer);
    return std::string(buffer.view.text(row));
  };
  EXPECT_EQ(text("term", 0), "a");
  EXPECT_EQ(text("null", 0), std::string("a\0b  ", 5));
  EXPECT_EQ(text("space", 0), std::string("a\0b", 3));
  EXPECT_EQ(text("space", 1), "ab");
  EXPECT_EQ(text("null", 1), "ab   ");
}

TEST_F(H5py, CompoundTables) {
  python(R"(
t = np.dtype([('id', '>i8'), ('x', 'f4'), ('ok', '?'), ('name', 'S4'), ('big', 'u8'), ('s', h5py.string_dtype())])
f['deep/table'] = np.array([(1, 0.5, True, b'ab', 3, 'one'), (-2, np.nan, False, b'abcd', 2**63 - 1, '')], t)
)");
  const auto dataset = open();
  EXPECT_EQ(dataset->info().kind, "hdf5 compound");
  EXPECT_EQ(column_text(*dataset, "id"), "1 -2");
  EXPECT_EQ(column_text(*dataset, "x"), "0.5 NaN");
  EXPECT_EQ(column_text(*dataset, "ok"), "true false");
  EXPECT_EQ(column_text(*dataset, "name"), "ab abcd");
  EXPECT_EQ(column_text(*dataset, "big"), "3 9223372036854775807");
  EXPECT_EQ(column_text(*dataset, "s"), "one ");
}

TEST_F(H5py, EmptyTables) {
  python("f['a'] = np.zeros(0, 'i4')\nf['t'] = np.zeros(0, 'S3')");
  const auto dataset = open();
  EXPECT_EQ(dataset->info().rows, 0u);
  EXPECT_EQ(dataset->info().row_groups(), 0u);
}

TEST_F(H5py, SeveralTablesMustBeChosenFrom) {
  python(R"(
f['a/x'] = np.arange(3)
f['b/y'] = np.arange(4)
f['b/table'] = np.zeros(2, np.dtype([('z', 'i4')]))
)");
  EXPECT_THAT(list_tables(folder / "f.h5"), ElementsAre("/a", "/b", "/b/table"));
  EXPECT_THAT(refusal(), AllOf(HasSubstr("several tables"), HasSubstr("/a, /b, /b/table"),
                               HasSubstr("--table")));
  EXPECT_EQ(open("/a")->info().rows, 3u);
  EXPECT_EQ(open("b/")->info().rows, 4u);
  EXPECT_EQ(open("/b/table")->info().kind, "hdf5 compound");
  EXPECT_THAT(refusal("/c"), HasSubstr("no such object"));
  EXPECT_THAT(refusal("/a/x"), HasSubstr("not a table"));
  EXPECT_THAT(refusal("/a/x/y"), HasSubstr("no such table"));
  EXPECT_THAT(refusal("/"), HasSubstr("without columns"));
}

TEST_F(H5py, KnownDigestIsNotComputedAgain) {
  python("f['a'] = np.arange(3)");
  EXPECT_EQ(open_dataset(ref_to(folder / "f.h5"), "0123")->info().digest, "0123");
}

TEST_F(H5py, UnsignedBeyondInt64IsNamed) {
  python("f['big'] = np.array([1, 2**63 - 1, 2**63], 'u8')");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("'big'"), HasSubstr("row 2"), HasSubstr("2^63")));
}

TEST_F(H5py, DatesThatAreNoMidnightsAreNamed) {
  python(R"(
d = f.create_dataset('day', data=np.array([0, 5], 'i8'))
d.attrs['unit'] = 'microseconds since 1970-01-01T00:00:00Z'; d.attrs['type'] = 'date'
)");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("'day'"), HasSubstr("row 1"), HasSubstr("midnight")));
}

// Links in groups that are not part of the chosen table do not matter, unless a table is looked for
// among them.
TEST_F(H5py, LinksElsewhereDoNotHinderAChosenTable) {
  python("f['t/x'] = np.arange(3)\nf['other/soft'] = h5py.SoftLink('/t/x')");
  EXPECT_THAT(refusal(), HasSubstr("a soft link"));
  EXPECT_EQ(refusal("/t"), "");
}

TEST_F(H5py, CirclesOfGroupsAreFollowedOnce) {
  python("f['t/x'] = np.arange(3)\nf['t/again'] = f['t']\nf['t/root'] = f['/']");
  EXPECT_THAT(list_tables(folder / "f.h5"), ElementsAre("/t"));
  EXPECT_EQ(open()->info().rows, 3u);
}

TEST_F(H5py, DamagedChunksAreNamed) {
  python(
      "f.create_dataset('x', data=np.arange(1000), chunks=(1000,), compression='gzip', "
      "fletcher32=True)");
  std::string bytes = read_file(folder / "f.h5");
  const std::size_t at =
      bytes.find("\x78\x5e") == std::string::npos ? bytes.size() - 50 : bytes.find("\x78\x5e");
  bytes[at + 20] = static_cast<char>(bytes[at + 20] ^ 0x55);
  write_file_atomically(folder / "f.h5", bytes, true);
  EXPECT_THAT(refusal(), AllOf(HasSubstr("f.h5:/x"), HasSubstr("rows 0 to 999")));
}

// h5py may write into our files, which breaks the seal; what it writes with other programs' filters
// is still read.
TEST_F(H5py, OwnFilesRepackedWithoutSealAreRead) {
  Random random(5);
  const Table table = random_table(230, 100, random);
  write_table(folder / "own.h5", table, Codec::zstd);
  python(R"(
own = h5py.File('own.h5')
for k in ['columns', 'validity']: own.copy(own[k], f)
f.attrs['format'] = np.bytes_('trawl dataset'); f.attrs['version'] = '1'
)");
  const auto dataset = open();
  EXPECT_EQ(dataset->info().kind, "trawl");
  expect_same_values(*dataset, table);
  EXPECT_THAT(refusal("/elsewhere"), HasSubstr("its only table is /columns"));
  EXPECT_EQ(list_tables(folder / "f.h5"), std::vector<std::string>{"/columns"});
}

class PyTables : public Foreign {
 protected:
  void SetUp() override { TRAWL_NEED_PYTHON(pytables_modules); }
};

TEST_F(PyTables, TablesOfEveryReadableType) {
  test::run_python(folder.path(), R"(
import tables as tb, numpy as np
class Row(tb.IsDescription):
    name = tb.StringCol(8, pos=0)
    i8 = tb.Int8Col(pos=1); u16 = tb.UInt16Col(pos=2); i64 = tb.Int64Col(pos=3); u64 = tb.UInt64Col(pos=4)
    f32 = tb.Float32Col(pos=5); f64 = tb.Float64Col(pos=6); ok = tb.BoolCol(pos=7)
with tb.open_file('f.h5', 'w') as f:
    t = f.create_table('/', 'readout', Row, filters=tb.Filters(complevel=5, complib='zlib'))
    r = t.row
    for i in range(70000):
        r['name'] = str(i); r['i8'] = i % 100 - 50; r['u16'] = i % 65536; r['i64'] = -i; r['u64'] = i
        r['f32'] = i / 2; r['f64'] = i / 4; r['ok'] = i % 3 == 0
        r.append()
)");
  const auto dataset = open();
  EXPECT_EQ(dataset->info().kind, "hdf5 compound");
  EXPECT_EQ(dataset->info().codec, "gzip");
  ASSERT_EQ(dataset->info().rows, 70000u);
  const auto value = [&](const char* name, std::uint64_t row) {
    ColumnBuffer buffer;
    dataset->read(row / 65536, *dataset->info().schema.find(name), buffer);
    return to_text(buffer.view.value(row % 65536), buffer.view.type);
  };
  for (const std::uint64_t row : {0u, 1u, 65535u, 65536u, 69999u}) {
    EXPECT_EQ(value("name", row), std::to_string(row));
    EXPECT_EQ(value("i8", row), std::to_string(static_cast<int>(row % 100) - 50));
    EXPECT_EQ(value("u16", row), std::to_string(row % 65536));
    EXPECT_EQ(value("i64", row), std::to_string(-static_cast<std::int64_t>(row)));
    EXPECT_EQ(value("u64", row), std::to_string(row));
    EXPECT_EQ(value("f32", row), to_text(static_cast<double>(row) / 2));
    EXPECT_EQ(value("f64", row), to_text(static_cast<double>(row) / 4));
    EXPECT_EQ(value("ok", row), row % 3 == 0 ? "true" : "false");
  }
}

TEST_F(PyTables, TimesAndBloscAreRefusedByName) {
  test::run_python(folder.path(), R"(
import tables as tb, numpy as np
with tb.open_file('f.h5', 'w') as f:
    f.create_table('/', 'times', {'good': tb.Int8Col(), 'when': tb.Time64Col()})
    f.create_table('/', 'packed', np.zeros(9, np.dtype([('x', 'i4')])), filters=tb.Filters(complevel=5, complib='blosc'))
)");
  EXPECT_THAT(refusal("/times"), AllOf(HasSubstr("'when'"), HasSubstr("an HDF5 time")));
  EXPECT_THAT(refusal("/packed"),
              AllOf(HasSubstr("/packed"), HasSubstr("blosc"), HasSubstr("h5repack")));
}

}  // namespace
}  // namespace trawl::store
