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

// HDF5 casts between this and its first member.
struct Hdf5Output::Open {
  H5FD_t common;
  Hdf5Output* output;  // null: gone
  haddr_t allocated;
};

Hdf5Output::~Hdf5Output() {
  if (open_ != nullptr) open_->output = nullptr;
}

// The driver's functions, as HDF5 calls them.
struct Hdf5Driver {
  using Open = Hdf5Output::Open;

  static Open& opened(H5FD_t* file) { return *reinterpret_cast<Open*>(file); }
  static const Open& opened(const H5FD_t* file) { return *reinterpret_cast<const Open*>(file); }

  // f(the file). Exceptions must not pass through HDF5: their text goes onto its error stack.
  template <class F>
  static herr_t guarded(H5FD_t* file, const F& f) {
    try {
      Hdf5Output* output = opened(file).output;
      if (output == nullptr) throw DataError("the file could not be closed before");
      f(*output);
      return 0;
    } catch (const std::exception& error) {
      H5Epush2(H5E_DEFAULT, __FILE__, "guarded", __LINE__, H5E_ERR_CLS, H5E_IO, H5E_WRITEERROR,
               "%s", error.what());
      return -1;
    }
  }

  static H5FD_t* open(const char*, unsigned, hid_t access_list, haddr_t) {
    const void* info = H5Pget_driver_info(access_list);
    if (info == nullptr) return nullptr;
    auto file = std::make_unique<Open>();
    file->output = *static_cast<Hdf5Output* const*>(info);
    file->output->open_ = file.get();
    return &file.release()->common;
  }

  static herr_t close(H5FD_t* file) {
    const std::unique_ptr<Open> owned(&opened(file));
    return guarded(file, [](Hdf5Output& output) {
      output.open_ = nullptr;
      output.file_.flush();
    });
  }

  // No two are the same.
  static int compare(const H5FD_t* a, const H5FD_t* b) {
    return a == b ? 0 : std::less<>{}(a, b) ? -1 : 1;
  }

  // Those of sec2 that decide what goes where, so that files are the same.
  static herr_t query(const H5FD_t*, unsigned long* flags) {
    if (flags != nullptr) {
      *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
               H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
    }
    return 0;
  }

  static haddr_t allocated(const H5FD_t* file, H5FD_mem_t) { return opened(file).allocated; }

  static herr_t set_allocated(H5FD_t* file, H5FD_mem_t, haddr_t bytes) {
    opened(file).allocated = bytes;
    return 0;
  }

  static haddr_t end(const H5FD_t* file, H5FD_mem_t) {
    const Hdf5Output* output = opened(file).output;
    return output == nullptr ? HADDR_UNDEF : output->file_.end();
  }

  static herr_t read(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t at, std::size_t bytes, void* into) {
    return guarded(file, [&](Hdf5Output& output) {
      output.file_.read(at, {static_cast<std::byte*>(into), bytes});
    });
  }

  static herr_t write(H5FD_t* file, H5FD_mem_t type, hid_t, haddr_t at, std::size_t bytes,
                      const void* from) {
    return guarded(file, [&](Hdf5Output& output) {
      output.file_.write(at, {static_cast<const std::byte*>(from), bytes});
      if (type == H5FD_MEM_DRAW) output.last_ = {from, bytes, at};
    });
  }

  static herr_t flush(H5FD_t* file, hid_t, hbool_t) {
    return guarded(file, [](Hdf5Output& output) { output.file_.flush(); });
  }

  static herr_t truncate(H5FD_t* file, hid_t, hbool_t) {
    return guarded(file, [&](Hdf5Output& output) {
      const haddr_t bytes = opened(file).allocated;
      if (output.file_.end() != bytes) output.file_.resize(bytes);
    });
  }

  static H5FD_class_t make() {
    H5FD_class_t driver{};
#if H5_VERSION_GE(1, 13, 0)
    driver.version = H5FD_CLASS_VERSION;
    driver.value = static_cast<H5FD_class_value_t>(512);  // of those for use within one program
#endif
    driver.name = "trawl output";
    driver.maxaddr = (haddr_t{1} << 63) - 1;
    driver.fc_degree = H5F_CLOSE_WEAK;
    driver.fapl_size = sizeof(Hdf5Output*);
    driver.open = open;
    driver.close = close;
    driver.cmp = compare;
    driver.query = query;
    driver.get_eoa = allocated;
    driver.set_eoa = set_allocated;
    driver.get_eof = end;
    driver.read = read;
    driver.write = write;
    driver.flush = flush;
    driver.truncate = truncate;
    const H5FD_mem_t map[] = H5FD_FLMAP_DICHOTOMY;
    std::copy(std::begin(map), std::end(map), driver.fl_map);
    return driver;
  }
};

void Hdf5Output::use(hid_t access_list) {
  static const H5FD_class_t driver = Hdf5Driver::make();
  static const hid_t id = H5FDregister(&driver);
  Hdf5Output* self = this;
  check(id < 0 ? -1 : H5Pset_driver(access_list, id, &self), "cannot write", "HDF5 driver");
}

}  // namespace trawl::store
