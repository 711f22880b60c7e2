// Text that people read and write: times, sizes, UTF-8.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trawl {

// Microseconds since 1970-01-01T00:00:00Z of `YYYY-MM-DD`, proleptic Gregorian calendar, years 0001
// .. 9999.
std::optional<std::int64_t> parse_date(std::string_view text);
// The same for `YYYY-MM-DD[(T| )HH:MM[:SS[.f{1,6}]][Z|(+|-)HH[:]MM]]`; without a zone the time is
// UTC. No leap seconds.
std::optional<std::int64_t> parse_timestamp(std::string_view text);
std::string format_date(std::int64_t microseconds);  // 2025-12-31
std::string format_timestamp(
    std::int64_t microseconds);  // 2025-12-31T23:59:59Z, with .ffffff only when not zero

// All of `text` as a decimal integer: optional '-', digits; nothing else.
std::optional<std::int64_t> parse_int64(std::string_view text);
// All of `text` as a decimal or scientific number (fast_float; round to nearest even), or nan, inf,
// infinity.
std::optional<double> parse_double(std::string_view text);

// Offset of the first byte that is not valid UTF-8 (RFC 3629), or nothing.
std::optional<std::size_t> invalid_utf8(std::string_view text);
// Bytes of the code point that begins at `offset`; 1 for a byte that begins none.
std::size_t code_point_bytes(std::string_view text, std::size_t offset);

std::string with_thousands(std::uint64_t count);  // 1,234,567
std::string human_bytes(std::uint64_t bytes);     // 1.4 GB, decimal units
std::string human_seconds(double seconds);        // 0.12 s, 4 min 05 s
std::vector<std::string> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);

}  // namespace trawl
