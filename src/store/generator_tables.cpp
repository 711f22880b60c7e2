#include "store/generator_tables.hpp"

#include <algorithm>
#include <cstddef>

namespace trawl::store {
namespace {

struct ActionShare {
  Action action;
  std::uint64_t hundredths;
};
constexpr std::array<ActionShare, action_count> action_shares = {{{Action::view, 55},
                                                                  {Action::click, 25},
                                                                  {Action::cart, 8},
                                                                  {Action::purchase, 5},
                                                                  {Action::login, 4},
                                                                  {Action::logout, 2},
                                                                  {Action::refund, 1}}};

// The action at position i is drawn below thresholds[i] of 2^32.
constexpr auto action_thresholds = [] {
  std::array<std::uint64_t, action_count> thresholds{};
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < action_count; ++i) {
    sum += action_shares[i].hundredths;
    thresholds[i] = (sum << 32) / 100;
  }
  return thresholds;
}();
static_assert(action_thresholds.back() == std::uint64_t{1} << 32, "the shares are not 100 %");

// ISO 3166-1 alpha-2, the most frequent first.
constexpr std::array<std::string_view, 60> countries = {
    "US", "CN", "IN", "BR", "GB", "DE", "JP", "FR", "CA", "MX", "RU", "IT", "ES", "AU", "KR",
    "ID", "TR", "NL", "SA", "PL", "CH", "SE", "BE", "AR", "TH", "NO", "AT", "AE", "IL", "IE",
    "ZA", "SG", "DK", "PH", "MY", "EG", "NG", "VN", "BD", "CO", "CL", "FI", "RO", "CZ", "PT",
    "PE", "NZ", "GR", "HU", "UA", "KZ", "MA", "SK", "KE", "EC", "LK", "DO", "GT", "BG", "HR",
};

constexpr std::array<std::string_view, 196> words = {
    "account",  "active",   "adapter",  "address",  "advance", "agent",   "alarm",    "amber",
    "anchor",   "annual",   "answer",   "archive",  "arrival", "article", "audit",    "autumn",
    "balance",  "banner",   "barrel",   "basket",   "battery", "bearing", "billing",  "blanket",
    "border",   "bottle",   "bracket",  "branch",   "bridge",  "bronze",  "budget",   "buffer",
    "button",   "cabin",    "cable",    "calendar", "camera",  "candle",  "canvas",   "carbon",
    "cargo",    "carrier",  "carton",   "castle",   "catalog", "ceramic", "certain",  "chamber",
    "channel",  "charge",   "circuit",  "claim",    "classic", "climate", "coffee",   "collect",
    "column",   "compact",  "concert",  "confirm",  "contact", "copper",  "corner",   "cotton",
    "counter",  "coupon",   "courier",  "credit",   "crystal", "current", "custom",   "damage",
    "deliver",  "deposit",  "desk",     "detail",   "digital", "direct",  "discount", "dispatch",
    "display",  "district", "document", "double",   "draft",   "drawer",  "dress",    "driver",
    "early",    "east",     "editor",   "electric", "engine",  "entry",   "envelope", "escrow",
    "estate",   "evening",  "exchange", "express",  "fabric",  "factor",  "family",   "festival",
    "filter",   "final",    "finger",   "fixed",    "flight",  "folder",  "forest",   "formal",
    "forward",  "freight",  "fresh",    "frozen",   "future",  "garden",  "general",  "gift",
    "glass",    "global",   "grain",    "granite",  "green",   "ground",  "guest",    "harbor",
    "handle",   "heavy",    "hidden",   "holiday",  "hotel",   "import",  "income",   "index",
    "insured",  "interior", "invoice",  "island",   "item",    "jacket",  "journal",  "kettle",
    "kitchen",  "label",    "lamp",     "large",    "leather", "ledger",  "letter",   "level",
    "library",  "light",    "linen",    "local",    "lunar",   "machine", "magnet",   "manual",
    "marble",   "margin",   "market",   "master",   "matter",  "mailbox", "medium",   "member",
    "merchant", "metal",    "method",   "midnight", "mirror",  "mobile",  "model",    "module",
    "monthly",  "morning",  "motor",    "museum",   "narrow",  "native",  "natural",  "network",
    "night",    "normal",   "north",    "notice",   "number",  "office",  "olive",    "online",
    "open",     "orange",   "order",    "outlet",
};

// Cumulative Zipf shares in integers, so that they are the same on every host: country k gets the
// slots up to slots * H(k) / H(60), with H(k) the sum of floor(2^32 / i) for i = 1 .. k.
std::array<std::uint8_t, country_slots> make_country_slots() {
  std::uint64_t total = 0;
  for (std::size_t k = 1; k <= countries.size(); ++k) total += (std::uint64_t{1} << 32) / k;
  const Categories& sorted = *country_categories();
  std::array<std::uint8_t, country_slots> slots{};
  std::uint64_t sum = 0;
  std::size_t slot = 0;
  for (std::size_t k = 1; k <= countries.size(); ++k) {
    sum += (std::uint64_t{1} << 32) / k;
    const auto code =
        std::lower_bound(sorted.begin(), sorted.end(), countries[k - 1]) - sorted.begin();
    for (; slot < sum * country_slots / total; ++slot)
      slots[slot] = static_cast<std::uint8_t>(code);
  }
  return slots;
}

}  // namespace

std::shared_ptr<const Categories> action_categories() {
  static const auto categories = std::make_shared<const Categories>(
      Categories{"cart", "click", "login", "logout", "purchase", "refund", "view"});
  return categories;
}

std::shared_ptr<const Categories> country_categories() {
  static const auto categories = [] {
    Categories sorted(countries.begin(), countries.end());
    std::sort(sorted.begin(), sorted.end());
    return std::make_shared<const Categories>(std::move(sorted));
  }();
  return categories;
}

std::uint8_t action_of(std::uint64_t random) {
  const std::uint64_t drawn = random >> 32;
  std::size_t position = 0;
  for (std::size_t i = 0; i + 1 < action_count; ++i)
    position += drawn >= action_thresholds[i] ? 1 : 0;
  return static_cast<std::uint8_t>(action_shares[position].action);
}

const std::array<std::uint8_t, country_slots>& country_by_slot() {
  static const std::array<std::uint8_t, country_slots> slots = make_country_slots();
  return slots;
}

std::span<const std::string_view> note_words() {
  return words;
}

}  // namespace trawl::store
