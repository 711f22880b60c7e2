#include "store/hdf5.hpp"

#include <cstdint>
#include <vector>

#include <fmt/format.h>

#include <trawl/base/error.hpp>

#include "store/filters.hpp"

namespace trawl::store {
namespace {

std::recursive_mutex& library_mutex() {
  static std::recursive_mutex mutex;
  return mutex;
}

void set_up_library() {
  // When leaving the program HDF5 would close once more what it could not close before (disk full),
  // and crash.
  H5dont_atexit();
  H5open();
  H5PLset_loading_state(0);
  register_filters();
}

herr_t keep_text(unsigned, const H5E_error2_t* error, void* text) {
  if (error->desc != nullptr && *error->desc != '\0') {
    *static_cast<std::string*>(text) = error->desc;
  }
  return 0;
}

std::string read_string(hid_t attribute, hid_t type) {
  if (H5Tis_variable_str(type) > 0) {
    const Handle memory(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(memory.get(), H5T_VARIABLE);
    H5Tset_cset(memory.get(), H5Tget_cset(type));
    char* text = nullptr;
    if (H5Aread(attribute, memory.get(), &text) < 0 || text == nullptr) return {};
    std::string result = text;
    H5free_memory(text);
    return result;
  }
  const std::size_t bytes = H5Tget_size(type);
  if (bytes > 65536) return {};
  std::string result(bytes, '\0');
  if (H5Aread(attribute, type, result.data()) < 0) return {};
  return result.substr(0, result.find('\0'));
}

}  // namespace

Hdf5Lock::Hdf5Lock() : lock_(library_mutex()) {
  static const bool ready = (set_up_library(), true);
  // In a thread-safe library every thread has its own error stack and its own printing.
  thread_local const bool quiet = H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0;
  static_cast<void>(ready);
  static_cast<void>(quiet);
}

Handle& Handle::operator=(Handle&& other) noexcept {
  if (this != &other) {
    reset();
    id_ = std::exchange(other.id_, H5I_INVALID_HID);
    close_ = other.close_;
  }
  return *this;
}

bool Handle::reset() noexcept {
  if (id_ < 0) return true;
  const Hdf5Lock lock;
  return close_(std::exchange(id_, H5I_INVALID_HID)) >= 0;
}

std::string hdf5_reason() {
  std::string text = "HDF5 gives no reason";
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_text, &text);
  H5Eclear2(H5E_DEFAULT);
  return text;
}

Handle owned(hid_t id, Handle::Close close, std::string_view action, std::string_view where) {
  if (id < 0) throw DataError(fmt::format("{}: {} ({})", action, where, hdf5_reason()));
  return Handle(id, close);
}

void check(herr_t status, std::string_view action, std::string_view where) {
  if (status < 0) throw DataError(fmt::format("{}: {} ({})", action, where, hdf5_reason()));
}

Handle open_hdf5(const std::filesystem::path& path) {
  const Hdf5Lock lock;
  const Handle access = owned(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "cannot open", path.native());
  // The only driver that cannot be led to other files.
  check(H5Pset_fapl_sec2(access.get()), "cannot open", path.native());
  // Readers need no lock, and many parallel file systems have none to give.
  check(H5Pset_file_locking(access.get(), false, true), "cannot open", path.native());
  check(H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG), "cannot open", path.native());
  return owned(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.get()), H5Fclose,
               "cannot be opened as HDF5", path.native());
}

std::string string_attribute(hid_t object, const char* name) {
  const Hdf5Lock lock;
  if (H5Aexists(object, name) <= 0) return {};
  const Handle attribute(H5Aopen(object, name, H5P_DEFAULT), H5Aclose);
  if (!attribute) return {};
  const Handle type(H5Aget_type(attribute.get()), H5Tclose);
  const Handle space(H5Aget_space(attribute.get()), H5Sclose);
  if (!type || !space || H5Tget_class(type.get()) != H5T_STRING ||
      H5Sget_simple_extent_npoints(space.get()) != 1) {
    return {};
  }
  return read_string(attribute.get(), type.get());
}

void write_attribute(hid_t object, const char* name, std::string_view text,
                     std::string_view where) {
  const Hdf5Lock lock;
  const Handle type = string_type(text.size());
  const Handle space = owned(H5Screate(H5S_SCALAR), H5Sclose, "cannot write attribute", where);
  const Handle attribute =
      owned(H5Acreate2(object, name, type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
            "cannot write attribute", where);
  const std::string padded = text.empty() ? std::string(1, '\0') : std::string(text);
  check(H5Awrite(attribute.get(), type.get(), padded.data()), "cannot write attribute", where);
}

Handle bool_type() {
  Handle type = owned(H5Tenum_create(H5T_STD_I8LE), H5Tclose, "cannot make a type", "boolean");
  const std::int8_t no = 0;
  const std::int8_t yes = 1;
  check(H5Tenum_insert(type.get(), "FALSE", &no), "cannot make a type", "boolean");
  check(H5Tenum_insert(type.get(), "TRUE", &yes), "cannot make a type", "boolean");
  return type;
}

Handle string_type(std::size_t bytes) {
  Handle type = owned(H5Tcopy(H5T_C_S1), H5Tclose, "cannot make a type", "string");
  check(H5Tset_size(type.get(), bytes == 0 ? 1 : bytes), "cannot make a type", "string");
  check(H5Tset_strpad(type.get(), H5T_STR_NULLPAD), "cannot make a type", "string");
  check(H5Tset_cset(type.get(), H5T_CSET_UTF8), "cannot make a type", "string");
  return type;
}

}  // namespace trawl::store
