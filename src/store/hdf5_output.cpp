// After "HDF5 Virtual File Layer" (The HDF Group, portal.hdfgroup.org), section "Driver Functions".
#include "store/hdf5_output.hpp"

#include <algorithm>
#include <exception>
#include <functional>
#include <iterator>
#include <memory>

#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

#include <trawl/base/error.hpp>

#include "store/hdf5.hpp"

namespace trawl::store {
namespace {

// HDF5 casts between this and its first member.
struct OpenOutput {
  H5FD_t common;
  Hdf5Output* output;
  haddr_t allocated;
};

OpenOutput& opened(H5FD_t* file) {
  return *reinterpret_cast<OpenOutput*>(file);
}
const OpenOutput& opened(const H5FD_t* file) {
  return *reinterpret_cast<const OpenOutput*>(file);
}

// Exceptions must not pass through HDF5: their text goes onto its error stack.
template <class F>
herr_t guarded(F&& f) {
  try {
    f();
    return 0;
  } catch (const std::exception& error) {
    H5Epush2(H5E_DEFAULT, __FILE__, "guarded", __LINE__, H5E_ERR_CLS, H5E_IO, H5E_WRITEERROR, "%s",
             error.what());
    return -1;
  }
}

H5FD_t* open_output(const char*, unsigned, hid_t access_list, haddr_t) {
  const void* info = H5Pget_driver_info(access_list);
  if (info == nullptr) return nullptr;
  auto file = std::make_unique<OpenOutput>();
  file->output = *static_cast<Hdf5Output* const*>(info);
  return &file.release()->common;
}

herr_t close_output(H5FD_t* file) {
  const std::unique_ptr<OpenOutput> owned(&opened(file));
  return guarded([&] { owned->output->file().flush(); });
}

int compare_outputs(const H5FD_t* a, const H5FD_t* b) {
  const Hdf5Output* first = opened(a).output;
  const Hdf5Output* second = opened(b).output;
  return first == second ? 0 : std::less<>{}(first, second) ? -1 : 1;
}

// Those of sec2 that decide what goes where, so that files are the same.
herr_t query_output(const H5FD_t*, unsigned long* flags) {
  if (flags != nullptr) {
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
             H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
  }
  return 0;
}

haddr_t allocated_bytes(const H5FD_t* file, H5FD_mem_t) {
  return opened(file).allocated;
}

herr_t set_allocated_bytes(H5FD_t* file, H5FD_mem_t, haddr_t bytes) {
  opened(file).allocated = bytes;
  return 0;
}

haddr_t end_of_output(const H5FD_t* file, H5FD_mem_t) {
  return opened(file).output->file().end();
}

herr_t read_output(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t at, std::size_t bytes, void* into) {
  return guarded([&] {
    opened(file).output->file().read(at, {static_cast<std::byte*>(into), bytes});
  });
}

herr_t write_output(H5FD_t* file, H5FD_mem_t type, hid_t, haddr_t at, std::size_t bytes,
                    const void* from) {
  return guarded([&] {
    Hdf5Output& output = *opened(file).output;
    output.file().write(at, {static_cast<const std::byte*>(from), bytes});
    if (type == H5FD_MEM_DRAW) output.remember({from, bytes, at});
  });
}

herr_t flush_output(H5FD_t* file, hid_t, hbool_t) {
  return guarded([&] { opened(file).output->file().flush(); });
}

herr_t truncate_output(H5FD_t* file, hid_t, hbool_t) {
  return guarded([&] {
    const OpenOutput& output = opened(file);
    if (output.output->file().end() != output.allocated)
      output.output->file().resize(output.allocated);
  });
}

H5FD_class_t make_driver() {
  H5FD_class_t driver{};
#if H5_VERSION_GE(1, 13, 0)
  driver.version = H5FD_CLASS_VERSION;
  driver.value = static_cast<H5FD_class_value_t>(512);  // of those for use within one program
#endif
  driver.name = "trawl output";
  driver.maxaddr = (haddr_t{1} << 63) - 1;
  driver.fc_degree = H5F_CLOSE_WEAK;
  driver.fapl_size = sizeof(Hdf5Output*);
  driver.open = open_output;
  driver.close = close_output;
  driver.cmp = compare_outputs;
  driver.query = query_output;
  driver.get_eoa = allocated_bytes;
  driver.set_eoa = set_allocated_bytes;
  driver.get_eof = end_of_output;
  driver.read = read_output;
  driver.write = write_output;
  driver.flush = flush_output;
  driver.truncate = truncate_output;
  const H5FD_mem_t map[] = H5FD_FLMAP_DICHOTOMY;
  std::copy(std::begin(map), std::end(map), driver.fl_map);
  return driver;
}

}  // namespace

void Hdf5Output::use(hid_t access_list) {
  static const H5FD_class_t driver = make_driver();
  static const hid_t id = H5FDregister(&driver);
  Hdf5Output* self = this;
  check(id < 0 ? -1 : H5Pset_driver(access_list, id, &self), "cannot write", "HDF5 driver");
}

}  // namespace trawl::store
