// Tables of the generated source: actions, countries and words with their shares. They are part of
// the data: a change changes every generated row, which the pinned values of the tests would show.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include <trawl/base/schema.hpp>

namespace trawl::store {

// Codes in the order of the categories, ascending bytewise.
enum class Action : std::uint8_t { cart, click, login, logout, purchase, refund, view };
inline constexpr std::size_t action_count = 7;

std::shared_ptr<const Categories> action_categories();
std::shared_ptr<const Categories> country_categories();

// The action of a 64-bit draw: view 0.55, click 0.25, cart 0.08, purchase 0.05, login 0.04, logout
// 0.02, refund 0.01, each rounded to multiples of 2^-32.
std::uint8_t action_of(std::uint64_t random);

// Country codes by the top 12 bits of a draw: the k-th most frequent country has a share
// proportional to 1/k (Zipf), rounded to multiples of 2^-12.
inline constexpr std::size_t country_slots = 4096;
const std::array<std::uint8_t, country_slots>& country_by_slot();

std::span<const std::string_view> note_words();

}  // namespace trawl::store
