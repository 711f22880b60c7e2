// The Python reader of docs/formats/dataset.md, taken from there, against every type and codec.
#include <fmt/format.h>

#include <trawl/base/digest.hpp>

#include "store/python_support.hpp"
#include "store/table_support.hpp"

namespace trawl::store {
namespace {

std::string python_of_the_page() {
  const std::string page = read_file(fs::path(TRAWL_SOURCE_DIR) / "docs/formats/dataset.md");
  const std::string fence = "```python\n";
  const std::size_t begin = page.find(fence) + fence.size();
  return page.substr(begin, page.find("```", begin) - begin);
}

// One line per value: row, then the value in a form that C++ and Python write alike.
std::string line_of(const Value& value) {
  if (is_null(value)) return "NULL";
  if (const auto* x = std::get_if<std::int64_t>(&value)) return fmt::format("i {}", *x);
  if (const auto* x = std::get_if<bool>(&value)) return *x ? "b 1" : "b 0";
  if (const auto* x = std::get_if<double>(&value)) {
    return std::isnan(*x) ? "f nan" : fmt::format("f {:016x}", std::bit_cast<std::uint64_t>(*x));
  }
  return "t " + hex(bytes_of(std::get<std::string>(value)));
}

constexpr std::string_view printer = R"(
import struct, sys
def line(v):
    if v is np.ma.masked: return "NULL"
    if isinstance(v, np.bool_): return "b 1" if v else "b 0"
    if isinstance(v, np.integer): return f"i {v}"
    if isinstance(v, np.floating): return "f nan" if v != v else "f " + struct.pack(">d", v).hex()
    return "t " + v.hex()
with h5py.File("data.h5") as f:
    for name in f["columns"]:
        print(f["columns"][name].attrs["name"].decode())
        for v in column(f, name): print(line(v))
)";

TEST(DatasetPage, PythonReadsEveryTypeAndCodec) {
  TRAWL_NEED_PYTHON("h5py, zstandard, lz4.block, numpy");
  for (const Codec codec : {Codec::none, Codec::gzip, Codec::lz4, Codec::zstd, Codec::packed}) {
    for (const std::uint64_t rows : {0, 1, 257}) {
      SCOPED_TRACE(fmt::format("{} {}", name_of(codec), rows));
      Random random(rows);
      const TempFolder folder;
      const Table table = random_table(rows, 100, random);
      write_table(folder / "data.h5", table, codec);
      std::string expected;
      for (const TableColumn& column : table.columns) {
        expected += column.schema.name + "\n";
        for (const Value& value : column.values) expected += line_of(value) + "\n";
      }
      const std::string program = python_of_the_page() + std::string(printer);
      EXPECT_EQ(test::run_python(folder.path(), program), expected);
    }
  }
}

TEST(DatasetPage, PythonFindsUnitsAndIndex) {
  TRAWL_NEED_PYTHON("h5py, numpy");
  Random random(3);
  const TempFolder folder;
  const Table table = random_table(257, 100, random);
  write_table(folder / "data.h5", table, Codec::zstd);
  const std::string output = test::run_python(folder.path(), R"(
import h5py, json
with h5py.File("data.h5") as f:
    print(f["columns"]["timestamp i64%2F0"].attrs["unit"].decode())
    header = json.loads(f["index/header"][()])
    print(header["rows"], len(header["columns"]), f["index/zones"].shape[0], f["index/zones"]["nulls"].sum())
    raw = open("data.h5", "rb").read()
    c = f["index/chunks"][:]
    part = header["parts"][c[-1]["part"]]["path"]
    i = f[part].id.get_num_chunks() - 1
    assert f[part].id.read_direct_chunk(f[part].id.get_chunk_info(i).chunk_offset)[1] == \
        raw[c[-1]["address"]:c[-1]["address"] + c[-1]["stored_bytes"]]
)");
  std::size_t nulls = 0;
  for (const TableColumn& column : table.columns) {
    nulls += static_cast<std::size_t>(
        std::count_if(column.values.begin(), column.values.end(), is_null));
  }
  EXPECT_EQ(output, fmt::format("microseconds since 1970-01-01T00:00:00Z\n257 {} {} {}\n",
                                table.columns.size(), table.columns.size() * 3, nulls));
}

}  // namespace
}  // namespace trawl::store
