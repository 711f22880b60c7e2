// Texts in canonical bytes: u32 size, then as many bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/exact/byte_stream.hpp"

namespace trawl::stats {

inline void append_text(std::vector<std::byte>& out, std::string_view text) {
  core::exact::append(out, static_cast<std::uint32_t>(text.size()));
  const Bytes bytes = bytes_of(text);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

// Reads one from the front of `bytes` and moves them behind it; DataError naming `what`.
inline std::string read_text(Bytes& bytes, const char* what) {
  core::exact::ByteReader reader(bytes, what);
  const std::size_t size = reader.next<std::uint32_t>();
  const Bytes rest = reader.rest();
  if (rest.size() < size) {
    throw DataError("damaged bytes of " + std::string(what) + ": they end too early");
  }
  bytes = rest.subspan(size);
  return {reinterpret_cast<const char*>(rest.data()), size};
}

}  // namespace trawl::stats
