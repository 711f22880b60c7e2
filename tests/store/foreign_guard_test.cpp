// What files of others may not hold: each refused by name, beside columns that could be read.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "store/foreign_support.hpp"

namespace trawl::store {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct Refused {
  const char* name;
  const char* program;
  const char* where;
  const char* why;
};

const std::vector<Refused> refused_columns = {
    Refused{"external_link", "f['bad'] = h5py.ExternalLink('other.h5', '/x')", "/bad",
            "an external link"},
    Refused{"soft_link", "f['bad'] = h5py.SoftLink('/good')", "/bad", "a soft link"},
    Refused{"external_storage",
            "f.create_dataset('bad', (3,), 'u1', external=[('/etc/passwd', 0, 3)])", "/bad",
            "external storage"},
    Refused{"virtual_dataset",
            "l = h5py.VirtualLayout((3,), 'i8'); l[:] = h5py.VirtualSource('other.h5', 'x', (3,))\n"
            "f.create_virtual_dataset('bad', l)",
            "/bad", "a virtual dataset"},
    Refused{"committed_type", "f['bad'] = np.dtype('i4')", "/bad", "committed datatype"},
    Refused{"references", "f.create_dataset('bad', (3,), h5py.ref_dtype)", "'bad'", "references"},
    Refused{"region_references", "f.create_dataset('bad', (3,), h5py.regionref_dtype)", "'bad'",
            "references"},
    Refused{"sequences", "f.create_dataset('bad', (3,), h5py.vlen_dtype('i4'))", "'bad'",
            "variable-length"},
    Refused{"sequences_of_compounds",
            "f.create_dataset('bad', (3,), h5py.vlen_dtype(np.dtype([('a', 'i4')])))", "'bad'",
            "variable-length"},
    Refused{"arrays",
            "h5py.h5d.create(f.id, b'bad', h5py.h5t.array_create(h5py.h5t.NATIVE_INT32, (2,)), "
            "h5py.h5s.create_simple((3,)))",
            "'bad'", "arrays"},
    Refused{"opaque", "f.create_dataset('bad', data=np.zeros(3, 'V4'))", "'bad'", "opaque"},
    Refused{"half_floats", "f['bad'] = np.zeros(3, 'f2')", "'bad'", "half-precision"},
    Refused{"long_doubles", "f['bad'] = np.zeros(3, 'longdouble')", "'bad'", "a float of 16 bytes"},
    Refused{"enumerations", "f.create_dataset('bad', (3,), h5py.enum_dtype({'RED': 0, 'BLUE': 1}))",
            "'bad'", "an enumeration"},
    Refused{"two_dimensions", "f['bad'] = np.zeros((3, 2))", "/bad", "2 dimensions"},
    Refused{"scalar", "f['bad'] = 7", "/bad", "0 dimensions"},
    Refused{"no_dataspace", "f['bad'] = h5py.Empty('i4')", "/bad", "0 dimensions"},
    Refused{"other_length", "f['longer'] = np.zeros(4)", "'longer' has 4", "differ in length"},
    Refused{"complex", "f['bad'] = np.zeros(3, 'c8')", "'bad'", "complex numbers"},
    Refused{"huge_claim", "f.create_dataset('bad', (2**40,), 'i8', chunks=(1024,))", "/bad",
            "claims"},
    Refused{"huge_chunks", "f.create_dataset('bad', (3,), 'i8', chunks=(2**28,), maxshape=(None,))",
            "/bad", "too big"},
    Refused{"unknown_filter", "f.create_dataset('bad', (3,), 'i4', chunks=(3,), compression='lzf')",
            "/bad", "filter"}};

const std::vector<Refused> refused_members = {
    Refused{"nested", "[('x', 'i4')]", "'bad'", "a nested compound"},
    Refused{"complex", "'c16'", "'bad'", "complex numbers"},
    Refused{"array", "'i4', (2,)", "'bad'", "arrays"},
    Refused{"reference", "h5py.ref_dtype", "'bad'", "references"},
    Refused{"half", "'f2'", "'bad'", "half-precision"}};

class Guards : public Foreign {
 protected:
  void SetUp() override { TRAWL_NEED_PYTHON(h5py_modules); }
  static std::string file(const Refused& refused) {
    return fmt::format("f = h5py.File('{}.h5', 'w')\n", refused.name);
  }
};

// One program for all files, because Python starts slowly.
TEST_F(Guards, RefuseColumnsByName) {
  std::string program = "import h5py, numpy as np\n";
  for (const Refused& refused : refused_columns) {
    program += file(refused) + "f['good'] = np.arange(3)\n" + refused.program + "\nf.close()\n";
  }
  test::run_python(folder.path(), program);
  for (const Refused& refused : refused_columns) {
    SCOPED_TRACE(refused.name);
    for (const char* table : {"", "/"}) {
      EXPECT_THAT(refusal(table, std::string(refused.name) + ".h5"),
                  AllOf(HasSubstr(refused.where), HasSubstr(refused.why)));
    }
  }
}

TEST_F(Guards, RefuseMembersByName) {
  std::string program = "import h5py, numpy as np\n";
  for (const Refused& refused : refused_members) {
    program +=
        file(refused) +
        fmt::format(
            "f.create_dataset('table', (3,), np.dtype([('good', 'i4'), ('bad', {})]))\nf.close()\n",
            refused.program);
  }
  test::run_python(folder.path(), program);
  for (const Refused& refused : refused_members) {
    SCOPED_TRACE(refused.name);
    EXPECT_THAT(refusal("", std::string(refused.name) + ".h5"),
                AllOf(HasSubstr("/table"), HasSubstr(refused.where), HasSubstr(refused.why)));
  }
}

}  // namespace
}  // namespace trawl::store
