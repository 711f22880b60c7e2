// The only way this room talks to HDF5: owned ids, checked calls, one lock.
#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <hdf5.h>

namespace trawl::store {

// Held around every HDF5 call. The library keeps global state and, where it is thread-safe at all,
// runs one call at a time anyway. Also switches off HDF5's own error printing for this thread and
// sets the library up on first use: no plugins are loaded (whatever HDF5_PLUGIN_PATH says), the LZ4
// and Zstandard filters of this program are known.
class Hdf5Lock {
 public:
  Hdf5Lock();

 private:
  std::unique_lock<std::recursive_mutex> lock_;
};

// Owns an HDF5 id.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);

  Handle() = default;
  Handle(hid_t id, Close close) : id_(id), close_(close) {}
  ~Handle() { reset(); }
  Handle(Handle&& other) noexcept
      : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept;
  hid_t get() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }
  // Closes; whether that worked. The destructor cannot tell, so writers close with this.
  bool reset() noexcept;

 private:
  hid_t id_ = H5I_INVALID_HID;
  Close close_ = nullptr;
};

// Reason of the last failed HDF5 call of this thread: the innermost text of its error stack, which
// it clears.
std::string hdf5_reason();

// DataError "<action>: <where> (<reason>)" when `id` or `status` says that the call failed.
Handle owned(hid_t id, Handle::Close close, std::string_view action, std::string_view where);
void check(herr_t status, std::string_view action, std::string_view where);

// Opens for reading, without file locks. DataError names the file.
Handle open_hdf5(const std::filesystem::path& path);

// A string attribute of an object (fixed or variable length); empty when there is none of that kind
// and name.
std::string string_attribute(hid_t object, const char* name);
// A fixed-length UTF-8 attribute, which h5py reads as bytes.
void write_attribute(hid_t object, const char* name, std::string_view text, std::string_view where);

// The enumeration FALSE = 0, TRUE = 1 over int8, which is what h5py makes of numpy.bool_.
Handle bool_type();
// A fixed-length, zero-padded UTF-8 string of max(1, bytes) bytes.
Handle string_type(std::size_t bytes);

}  // namespace trawl::store
