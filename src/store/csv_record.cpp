#include "store/csv_record.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include <fmt/format.h>

#include <trawl/base/text.hpp>

namespace trawl::store {
namespace {

constexpr std::uint64_t ones = 0x0101010101010101u;
constexpr std::uint64_t low_bits = 0x7f7f7f7f7f7f7f7fu;
constexpr std::uint64_t high_bits = 0x8080808080808080u;

// Bytes in memory order, lowest byte first, on every host.
std::uint64_t load_word(const char* from, std::size_t bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, from, bytes);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

// High bit of every byte of `word` that equals `letter`; exact (no carries between bytes).
std::uint64_t bytes_equal(std::uint64_t word, char letter) {
  const std::uint64_t x = word ^ (ones * static_cast<unsigned char>(letter));
  return ~(((x & low_bits) + low_bits) | x | low_bits);
}

// Whether any byte is 0 (Warren, Hacker's Delight, section 6-1).
std::uint64_t any_zero(std::uint64_t word) {
  return (word - ones) & ~word & high_bits;
}

class WordScan {
 public:
  void see(std::uint64_t word) {
    structure_ |= any_zero(word ^ (ones * '"')) | any_zero(word ^ (ones * '\r'));
    nul_ |= any_zero(word);
    high_ |= word & high_bits;
  }
  LineMarks marks() const { return {structure_ != 0, nul_ != 0, high_ != 0}; }

 private:
  std::uint64_t structure_ = 0, nul_ = 0, high_ = 0;
};

enum class Step { next_field, end_of_record, need_more, broken };

// Characters that end an unquoted run.
constexpr auto is_special = [] {
  std::array<bool, 256> table{};
  for (const unsigned char c : {',', '"', '\r', '\n'}) table[c] = true;
  return table;
}();

class RecordParser {
 public:
  RecordParser(std::string_view text, bool last, CsvRecord& record) : record_(record) {
    // Two bytes more, for the line end: a record of exactly the limit is fine.
    clamped_ = text.size() > csv_max_record_bytes + 2;
    text_ = text.substr(0, csv_max_record_bytes + 2);
    last_ = last || clamped_;
  }

  std::optional<RecordExtent> run() {
    record_.fields.clear();
    Step step = Step::next_field;
    while (step == Step::next_field) {
      step = at_ < text_.size() && text_[at_] == '"' ? quoted_field() : unquoted_field();
    }
    if (step == Step::need_more) return std::nullopt;
    if (step == Step::broken) return line_end_after(offending_);
    if (at_ > csv_max_record_bytes) return too_long(at_);
    return RecordExtent{at_, after_line_end(at_), false};
  }

 private:
  Step quoted_field() {
    const std::size_t open = at_;
    std::size_t from = open + 1;
    for (;;) {
      const std::size_t quote = text_.find('"', from);
      if (quote == std::string_view::npos) return never_closed(open);
      if (quote + 1 == text_.size() && !last_) return Step::need_more;
      if (quote + 1 < text_.size() && text_[quote + 1] == '"') {
        from = quote + 2;
        continue;
      }
      record_.fields.push_back({text_.substr(open + 1, quote - open - 1), true});
      at_ = quote + 1;
      return after_quoted(open);
    }
  }

  Step after_quoted(std::size_t open) {
    if (at_ == text_.size()) return end_of_text();
    if (text_[at_] == ',') return ++at_, Step::next_field;
    if (text_[at_] == '\n') return Step::end_of_record;
    if (text_[at_] == '\r') {
      if (at_ + 1 == text_.size() && !last_) return Step::need_more;
      if (at_ + 1 < text_.size() && text_[at_ + 1] == '\n') return Step::end_of_record;
    }
    const bool same_line = text_.substr(open, at_ - open).find('\n') == std::string_view::npos;
    // A quote that closes wrongly on a later line was most likely never closed on its own.
    return break_at(open, same_line ? fmt::format("character after closing quote at {}", place(at_))
                                    : fmt::format("quote opened at {} is not closed properly: "
                                                  "character after the next quote at {}",
                                                  place(open), place(at_)));
  }

  Step unquoted_field() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && !is_special[static_cast<unsigned char>(text_[at_])]) ++at_;
    if (at_ == text_.size())
      return record_.fields.push_back({text_.substr(begin), false}), end_of_text();
    const char c = text_[at_];
    if (c == '"')
      return break_at(at_, fmt::format("quote inside an unquoted field at {}", place(at_)));
    if (c == '\r') {
      if (at_ + 1 == text_.size() && !last_) return Step::need_more;
      if (at_ + 1 == text_.size() || text_[at_ + 1] != '\n') {
        return break_at(at_, fmt::format("carriage return without line feed at {}", place(at_)));
      }
    }
    record_.fields.push_back({text_.substr(begin, at_ - begin), false});
    if (c != ',') return Step::end_of_record;
    ++at_;
    return Step::next_field;
  }

  Step end_of_text() const { return last_ ? Step::end_of_record : Step::need_more; }

  Step never_closed(std::size_t open) {
    if (!last_) return Step::need_more;
    return break_at(open, fmt::format("quote opened at {} is never closed{}", place(open),
                                      clamped_ ? " within 64 MiB" : ""));
  }

  Step break_at(std::size_t position, std::string problem) {
    offending_ = position;
    record_.problem = std::move(problem);
    return Step::broken;
  }

  std::optional<RecordExtent> line_end_after(std::size_t position) {
    const std::size_t end = text_.find('\n', position);
    if (end != std::string_view::npos) {
      const std::size_t raw = end > position && text_[end - 1] == '\r' ? end - 1 : end;
      if (raw > csv_max_record_bytes) return too_long(raw);
      return RecordExtent{raw, end + 1, false};
    }
    if (!last_) return std::nullopt;
    if (text_.size() > csv_max_record_bytes) return too_long(text_.size());
    return RecordExtent{text_.size(), text_.size(), false};
  }

  // The record reaches to `end` at least.
  RecordExtent too_long(std::size_t end) {
    record_.fields.clear();
    record_.problem = "record is longer than 64 MiB; only its first 64 MiB are kept here";
    const std::size_t taken = after_line_end(end);
    return {csv_max_record_bytes, taken, taken == end && clamped_};
  }

  std::size_t after_line_end(std::size_t end) const {
    if (end < text_.size() && text_[end] == '\r') ++end;
    if (end < text_.size() && text_[end] == '\n') ++end;
    return end;
  }

  std::string place(std::size_t position) const {
    const std::string_view before = text_.substr(0, position);
    const auto lines = static_cast<std::uint64_t>(std::count(before.begin(), before.end(), '\n'));
    const std::size_t line_begin = lines == 0 ? 0 : before.rfind('\n') + 1;
    const std::size_t column = position - line_begin + 1;
    return lines == 0 ? fmt::format("column {}", column)
                      : fmt::format("column {} of line {}", column, record_.line + lines);
  }

  CsvRecord& record_;
  std::string_view text_;
  bool last_ = false;
  bool clamped_ = false;
  std::size_t at_ = 0;
  std::size_t offending_ = 0;
};

// Doubled quotes become single ones; fields without any keep pointing into the text.
void unescape(std::vector<CsvField>& fields, std::string& scratch) {
  std::size_t bytes = 0;
  const auto doubled = [](const CsvField& field) {
    return field.quoted && field.text.find('"') != std::string_view::npos;
  };
  for (const CsvField& field : fields) bytes += doubled(field) ? field.text.size() : 0;
  if (bytes == 0) return;
  scratch.clear();
  scratch.reserve(bytes);  // so that the views below stay valid
  for (CsvField& field : fields) {
    if (!doubled(field)) continue;
    const std::size_t begin = scratch.size();
    for (std::size_t i = 0; i < field.text.size(); i += field.text[i] == '"' ? 2 : 1) {
      scratch.push_back(field.text[i]);
    }
    field.text = std::string_view(scratch).substr(begin);
  }
}

}  // namespace

LineMarks split_line(std::string_view line, std::vector<CsvField>& fields) {
  fields.clear();
  WordScan scan;
  std::size_t begin = 0;
  const auto cut_at_commas = [&](std::uint64_t word, std::size_t base) {
    for (std::uint64_t commas = bytes_equal(word, ','); commas != 0; commas &= commas - 1) {
      const std::size_t comma = base + static_cast<std::size_t>(std::countr_zero(commas)) / 8;
      fields.push_back({line.substr(begin, comma - begin), false});
      begin = comma + 1;
    }
  };
  std::size_t at = 0;
  for (; at + 8 <= line.size(); at += 8) {
    const std::uint64_t word = load_word(line.data() + at, 8);
    scan.see(word);
    cut_at_commas(word, at);
  }
  if (const std::size_t rest = line.size() - at; rest > 0) {
    const std::uint64_t word = load_word(line.data() + at, rest) | ((ones * 'a') << (8 * rest));
    scan.see(word);
    cut_at_commas(word, at);
  }
  fields.push_back({line.substr(begin), false});
  return scan.marks();
}

std::optional<RecordExtent> parse_record(std::string_view text, bool last, std::string& scratch,
                                         CsvRecord& record) {
  record.problem.clear();
  const std::optional<RecordExtent> extent = RecordParser(text, last, record).run();
  if (extent && record.problem.empty()) unescape(record.fields, scratch);
  if (!record.problem.empty()) record.fields.clear();
  return extent;
}

std::string problem_of_bytes(std::string_view raw) {
  if (const std::size_t nul = raw.find('\0'); nul != std::string_view::npos) {
    return fmt::format("NUL at byte {}", nul + 1);
  }
  if (const std::optional<std::size_t> bad = invalid_utf8(raw)) {
    return fmt::format("not UTF-8 at byte {}", *bad + 1);
  }
  return {};
}

}  // namespace trawl::store
