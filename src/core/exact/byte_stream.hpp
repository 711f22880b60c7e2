// Little-endian integers in canonical bytes.
#pragma once

#include <bit>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include <trawl/base/digest.hpp>
#include <trawl/base/error.hpp>

namespace trawl::core::exact {

static_assert(std::endian::native == std::endian::little, "canonical bytes are little-endian");

template <class T>
void append(std::vector<std::byte>& out, T value) {
  static_assert(std::is_integral_v<T>);
  const std::size_t at = out.size();
  out.resize(at + sizeof(T));
  std::memcpy(out.data() + at, &value, sizeof(T));
}

// Reads from the front; DataError naming `what` when the bytes end too early.
class ByteReader {
 public:
  ByteReader(Bytes bytes, const char* what) : bytes_(bytes), what_(what) {}

  template <class T>
  T next() {
    static_assert(std::is_integral_v<T>);
    if (bytes_.size() < sizeof(T)) {
      throw DataError("damaged bytes of " + std::string(what_) + ": they end too early");
    }
    T value;
    std::memcpy(&value, bytes_.data(), sizeof(T));
    bytes_ = bytes_.subspan(sizeof(T));
    return value;
  }
  Bytes rest() const { return bytes_; }

 private:
  Bytes bytes_;
  const char* what_;
};

}  // namespace trawl::core::exact
