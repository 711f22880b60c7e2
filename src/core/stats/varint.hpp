// Unsigned integers in as few bytes as they need: 7 bits each, the lowest first, the top bit of all
// but the last set (LEB128).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <trawl/base/digest.hpp>
#include <trawl/base/error.hpp>

namespace trawl::core {

inline void append_varint(std::vector<std::byte>& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::byte>(value | 0x80));
  out.push_back(static_cast<std::byte>(value));
}

// From the front of `bytes`, which moves on behind it. DataError, naming `what`, when they end too
// early, or when fewer would have done.
inline std::uint64_t read_varint(Bytes& bytes, const char* what) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<std::uint64_t>(bytes.front());
    bytes = bytes.subspan(1);
    if (shift == 63 && byte > 1) break;
    value |= (byte & 0x7f) << shift;
    if (byte >= 0x80) continue;
    if (byte == 0 && shift > 0) break;
    return value;
  }
  throw DataError("damaged bytes of " + std::string(what) + ": no integer");
}

}  // namespace trawl::core
