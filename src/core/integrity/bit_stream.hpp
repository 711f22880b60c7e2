// Numbers of a few bits each, one behind the other, the lowest bit of a byte first.
#pragma once

#include <cstdint>
#include <vector>

#include "core/integrity/node_bytes.hpp"

namespace trawl::core::integrity {

// How far a number is from what was expected, in a Golomb code of limited length: those of
// Weinberger, Seroussi and Sapiro, "The LOCO-I lossless image compression algorithm" (IEEE Trans.
// Image Proc. 9, 2000), section III.B, with 2^`fine` numbers for each length.
struct StepCode {
  int fine;
  static constexpr int longest = 20;    // ones, behind which the step stands in full,
  static constexpr int full_bits = 15;  // in so many bits
};

class BitWriter {
 public:
  explicit BitWriter(std::vector<std::byte>& out) : out_(out) {}

  // The lowest `count` bits, at most 32.
  void put(std::uint64_t bits, int count) {
    held_ |= (bits & ((std::uint64_t{1} << count) - 1)) << size_;
    size_ += count;
    if (size_ < 32) return;
    append(out_, static_cast<std::uint32_t>(held_));
    held_ >>= 32;
    size_ -= 32;
  }
  // Requires abs(step) < 2^14.
  void put_step(int step, StepCode code) {
    // 0, -1, 1, -2, ... are 0, 1, 2, 3, ...
    const auto number = static_cast<std::uint32_t>(step >= 0 ? 2 * step : -2 * step - 1);
    const auto ones = static_cast<int>(number >> code.fine);
    if (ones >= code.longest) {
      put(~std::uint64_t{0}, code.longest);
      return put(number, code.full_bits);
    }
    put(~std::uint64_t{0}, ones);
    put(0, 1);
    put(number, code.fine);
  }
  // Zeros up to a whole byte. Once, after the last bit.
  void finish() {
    for (; size_ > 0; size_ -= 8, held_ >>= 8) out_.push_back(static_cast<std::byte>(held_ & 0xff));
  }

 private:
  std::vector<std::byte>& out_;
  std::uint64_t held_ = 0;
  int size_ = 0;  // bits held, fewer than 32
};

// DataError, of the reader, where bytes end too early.
class BitReader {
 public:
  explicit BitReader(Reader& reader) : reader_(reader) {}

  std::uint64_t take(int count) {
    for (; size_ < count; size_ += 8)
      held_ |= std::to_integer<std::uint64_t>(reader_.take(1).front()) << size_;
    const std::uint64_t bits = held_ & ((std::uint64_t{1} << count) - 1);
    held_ >>= count;
    size_ -= count;
    return bits;
  }
  int take_step(StepCode code) {
    int ones = 0;
    while (ones < code.longest && take(1) == 1) ++ones;
    const auto number = static_cast<int>(
        ones == code.longest ? take(code.full_bits)
                             : static_cast<std::uint64_t>(ones) << code.fine | take(code.fine));
    return number % 2 == 0 ? number / 2 : -(number / 2) - 1;
  }

 private:
  Reader& reader_;
  std::uint64_t held_ = 0;
  int size_ = 0;
};

}  // namespace trawl::core::integrity
