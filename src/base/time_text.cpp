#include <chrono>

#include <fmt/format.h>

#include <trawl/base/text.hpp>

namespace trawl {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t minute = 60 * second;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t day = 24 * hour;

// Reads text from the left; every step says whether it found what it was asked for.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}
  bool done() const { return text_.empty(); }
  bool skip(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  // Exactly `digits` digits, at most `high`.
  bool number(std::size_t digits, std::int64_t high, std::int64_t& value) {
    if (text_.size() < digits) return false;
    value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (!is_digit(text_[i])) return false;
      value = 10 * value + (text_[i] - '0');
    }
    text_.remove_prefix(digits);
    return value <= high;
  }
  // One to six digits after the point, as microseconds.
  bool fraction(std::int64_t& value) {
    value = 0;
    std::int64_t unit = second;
    while (!text_.empty() && is_digit(text_[0]) && unit > 1) {
      unit /= 10;
      value += unit * (text_[0] - '0');
      text_.remove_prefix(1);
    }
    return unit < second;
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  std::string_view text_;
};

std::int64_t midnight(year_month_day date) {
  return sys_days(date).time_since_epoch().count() * day;
}

bool in_calendar(std::int64_t time) {
  using std::chrono::year;
  static const std::int64_t first = midnight(year(1) / 1 / 1);
  static const std::int64_t last = midnight(year(9999) / 12 / 31);
  return time >= first && time < last + day;
}

bool read_date(Cursor& cursor, std::int64_t& time) {
  std::int64_t y = 0, m = 0, d = 0;
  if (!cursor.number(4, 9999, y) || y == 0) return false;
  if (!cursor.skip('-') || !cursor.number(2, 12, m)) return false;
  if (!cursor.skip('-') || !cursor.number(2, 31, d)) return false;
  const year_month_day date(std::chrono::year(static_cast<int>(y)),
                            std::chrono::month(static_cast<unsigned>(m)),
                            std::chrono::day(static_cast<unsigned>(d)));
  if (!date.ok()) return false;
  time = midnight(date);
  return true;
}

// HH:MM[:SS[.f{1,6}]], added to `time`.
bool read_clock(Cursor& cursor, std::int64_t& time) {
  std::int64_t h = 0, m = 0, s = 0, f = 0;
  if (!cursor.number(2, 23, h) || !cursor.skip(':') || !cursor.number(2, 59, m)) return false;
  if (cursor.skip(':')) {
    if (!cursor.number(2, 59, s)) return false;
    if (cursor.skip('.') && !cursor.fraction(f)) return false;
  }
  time += h * hour + m * minute + s * second + f;
  return true;
}

// [Z|(+|-)HH[:]MM], taken off `time`.
bool read_zone(Cursor& cursor, std::int64_t& time) {
  if (cursor.done() || cursor.skip('Z')) return true;
  const bool west = cursor.skip('-');
  if (!west && !cursor.skip('+')) return false;
  std::int64_t h = 0, m = 0;
  if (!cursor.number(2, 23, h)) return false;
  cursor.skip(':');
  if (!cursor.number(2, 59, m)) return false;
  time += (west ? 1 : -1) * (h * hour + m * minute);
  return true;
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

// Four digits; a sign only for years that have more, or none of our era (ISO 8601, expanded).
std::string year_text(std::int64_t year) {
  if (year > 9999) return fmt::format("+{}", year);
  return year < 0 ? fmt::format("-{:04}", -year) : fmt::format("{:04}", year);
}

// `number` counts days since 1970-01-01. The library's years end at 32767, those of int64 do not;
// the calendar repeats itself every 400 years.
std::string date_text(std::int64_t number) {
  constexpr std::int64_t cycle = 146'097;  // days in 400 years
  const std::int64_t cycles = floor_div(number, cycle);
  const year_month_day civil{sys_days(days(number - cycles * cycle))};
  const std::int64_t year = static_cast<int>(civil.year()) + 400 * cycles;
  return fmt::format("{}-{:02}-{:02}", year_text(year), static_cast<unsigned>(civil.month()),
                     static_cast<unsigned>(civil.day()));
}

}  // namespace

std::optional<std::int64_t> parse_date(std::string_view text) {
  Cursor cursor(text);
  std::int64_t time = 0;
  if (!read_date(cursor, time) || !cursor.done()) return std::nullopt;
  return time;
}

std::optional<std::int64_t> parse_timestamp(std::string_view text) {
  Cursor cursor(text);
  std::int64_t time = 0;
  if (!read_date(cursor, time)) return std::nullopt;
  if (cursor.done()) return time;
  if (!cursor.skip('T') && !cursor.skip(' ')) return std::nullopt;
  if (!read_clock(cursor, time) || !read_zone(cursor, time)) return std::nullopt;
  // A zone can carry the first and the last hours of the calendar out of it.
  if (!cursor.done() || !in_calendar(time)) return std::nullopt;
  return time;
}

std::string format_date(std::int64_t time) {
  // Dates are midnights; one that is not must not look like one.
  if (time % day != 0) return format_timestamp(time);
  return date_text(time / day);
}

std::string format_timestamp(std::int64_t time) {
  const std::int64_t date = floor_div(time, day);
  // Not `time - date * day`: near the low end of int64 that midnight does not fit.
  const std::int64_t rest = ((time % day) + day) % day;
  std::string text = fmt::format("{}T{:02}:{:02}:{:02}", date_text(date), rest / hour,
                                 rest / minute % 60, rest / second % 60);
  if (rest % second != 0) text += fmt::format(".{:06}", rest % second);
  return text + 'Z';
}

}  // namespace trawl
