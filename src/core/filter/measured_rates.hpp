// False-positive rates by bits per key, between measured ones.
#pragma once

#include <algorithm>
#include <span>

namespace trawl::core {

struct MeasuredRate {
  double bits_per_key;
  double rate;
};

// Ascending bits, descending rates; begins with {0, 1}. Linear between lines: the rate is convex in
// the bits, so this never promises too low a rate. Only + - * /, which round equally on every
// machine, unlike logarithms.
class MeasuredRates {
 public:
  constexpr explicit MeasuredRates(std::span<const MeasuredRate> lines) : lines_(lines) {}

  // Behind the last line: its rate.
  double rate_at(double bits_per_key) const {
    if (bits_per_key > lines_.back().bits_per_key) return lines_.back().rate;
    std::size_t after = 1;
    while (lines_[after].bits_per_key < bits_per_key) ++after;
    const auto& [bits, rate] = lines_[after - 1];
    const double share = (bits_per_key - bits) / (lines_[after].bits_per_key - bits);
    return rate + share * (lines_[after].rate - rate);
  }

  // The least bits that promise a rate; below that of the last line: its bits.
  double bits_for(double wanted) const {
    std::size_t after = 1;
    while (after + 1 < lines_.size() && lines_[after].rate > wanted) ++after;
    const auto& [bits, rate] = lines_[after - 1];
    const double share = std::clamp((rate - wanted) / (rate - lines_[after].rate), 0.0, 1.0);
    return bits + share * (lines_[after].bits_per_key - bits);
  }

 private:
  std::span<const MeasuredRate> lines_;
};

}  // namespace trawl::core
