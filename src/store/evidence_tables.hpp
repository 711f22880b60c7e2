// Types of generated evidence with their shares and strengths. They are part of the data: a change
// changes every generated row, which the pinned values of the tests would show.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include <trawl/base/schema.hpp>

namespace trawl::store {

struct EvidenceType {
  const char* name;  // ascending
  std::uint64_t hundredths;
  double strength;  // log-odds that an honest source states, on average
};
inline constexpr std::array<EvidenceType, 5> evidence_type_table = {{{"document", 30, 1.5},
                                                                     {"image", 15, 1.0},
                                                                     {"interview", 10, 0.5},
                                                                     {"sensor", 25, 0.75},
                                                                     {"transaction", 20, 2.0}}};

inline std::shared_ptr<const Categories> evidence_types() {
  static const auto categories = [] {
    Categories names;
    for (const EvidenceType& type : evidence_type_table) names.emplace_back(type.name);
    return std::make_shared<const Categories>(std::move(names));
  }();
  return categories;
}

// The type at i is drawn below thresholds[i] of 2^32.
inline constexpr auto evidence_type_thresholds = [] {
  std::array<std::uint64_t, evidence_type_table.size()> thresholds{};
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < thresholds.size(); ++i) {
    sum += evidence_type_table[i].hundredths;
    thresholds[i] = (sum << 32) / 100;
  }
  return thresholds;
}();
static_assert(evidence_type_thresholds.back() == std::uint64_t{1} << 32, "shares are not 100 %");

// The type of a 64-bit draw.
inline std::uint8_t evidence_type_of(std::uint64_t random) {
  std::uint8_t type = 0;
  for (const std::uint64_t threshold : evidence_type_thresholds)
    type = static_cast<std::uint8_t>(type + (random >> 32 >= threshold ? 1 : 0));
  return type;
}

inline double evidence_strength(std::uint8_t type) {
  return evidence_type_table[type].strength;
}

}  // namespace trawl::store
