// Runs a check with messages as long as in a real run, and with messages cut into tiny pieces.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "comm/limits.hpp"

namespace trawl::test {

// Puts the limits back when it goes.
class KeepLimits {
 public:
  KeepLimits() = default;
  ~KeepLimits() { comm::limits() = before_; }
  KeepLimits(const KeepLimits&) = delete;
  KeepLimits& operator=(const KeepLimits&) = delete;

 private:
  comm::Limits before_ = comm::limits();
};

template <class F>
void whole_and_in_pieces(F&& check) {
  for (const std::size_t bytes : {comm::Limits{}.piece_bytes, std::size_t{16}, std::size_t{8}}) {
    SCOPED_TRACE("pieces of " + std::to_string(bytes) + " bytes");
    const KeepLimits keep;
    comm::limits().piece_bytes = bytes;
    check();
  }
}

}  // namespace trawl::test
