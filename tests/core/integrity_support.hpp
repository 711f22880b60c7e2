// Helpers of the tests of core/integrity.
#pragma once

#include <set>
#include <string>
#include <vector>

#include <trawl/core/integrity/sum_tree.hpp>

namespace trawl::core {

inline std::vector<std::byte> unhex(std::string_view text) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < text.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  return bytes;
}

inline Sha256Digest digest_of(std::string_view text) {
  Sha256Digest digest;
  const auto bytes = unhex(text);
  for (std::size_t i = 0; i < digest.size(); ++i)
    digest[i] = std::to_integer<std::uint8_t>(bytes[i]);
  return digest;
}

inline std::vector<std::byte> bytes_in(std::string_view text) {
  const Bytes bytes = bytes_of(text);
  return {bytes.begin(), bytes.end()};
}

}  // namespace trawl::core
