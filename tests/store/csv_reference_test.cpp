// The CSV reader against a slow and obvious one, on random texts that are mostly wrong.
#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include <trawl/base/text.hpp>

#include "store/csv_support.hpp"

namespace trawl::store::testing {
namespace {

// Reads one record letter by letter, as the header comment of csv.hpp says.
class Reference {
 public:
  Reference(std::string text, std::size_t columns) : text_(std::move(text)), columns_(columns) {}

  std::vector<ReadRecord> records() {
    std::vector<ReadRecord> all;
    while (at_ < text_.size()) {
      if (columns_ > 1 && line_end_at(at_)) {
        at_ += line_end_at(at_);
        continue;
      }
      ReadRecord record = one();
      if (all.empty() && !header_seen_)
        header_seen_ = true;
      else
        all.push_back(record);
    }
    return all;
  }

 private:
  // Length of the line end at a position; 0: there is none.
  std::size_t line_end_at(std::size_t i) const {
    if (text_.compare(i, 1, "\n") == 0) return 1;
    return text_.compare(i, 2, "\r\n") == 0 ? 2 : 0;
  }

  ReadRecord one() {
    ReadRecord record;
    record.offset = at_;
    record.line = 1 + static_cast<std::uint64_t>(
                          std::count(text_.begin(), text_.begin() + static_cast<long>(at_), '\n'));
    std::size_t i = at_;
    std::size_t broken = std::string::npos;
    for (bool more = true; more && broken == std::string::npos;) {
      std::string field;
      const bool quoted = i < text_.size() && text_[i] == '"';
      if (quoted) {
        const std::size_t open = i++;
        while (i < text_.size() && (text_[i] != '"' || text_.compare(i, 2, "\"\"") == 0)) {
          field += text_[i];
          i += text_[i] == '"' ? 2 : 1;
        }
        if (i >= text_.size()) broken = open;
        ++i;
        if (i < text_.size() && text_[i] != ',' && !line_end_at(i)) broken = open;
      } else {
        while (i < text_.size() && text_[i] != ',' && !line_end_at(i)) {
          if ((text_[i] == '"' || text_[i] == '\r') && broken == std::string::npos) broken = i;
          field += text_[i++];
        }
      }
      record.fields.push_back(field);
      record.quoted.push_back(quoted);
      more = i < text_.size() && text_[i] == ',';
      if (more) ++i;
    }
    std::size_t end = std::min(i, text_.size());
    if (broken != std::string::npos) {
      end = std::min(text_.find('\n', broken), text_.size());
      if (end < text_.size() && end > broken && text_[end - 1] == '\r') --end;
    }
    record.raw = text_.substr(at_, end - at_);
    at_ = end + (end < text_.size() ? line_end_at(end) : 0);
    const bool good = broken == std::string::npos && record.fields.size() == columns_ &&
                      record.raw.find('\0') == std::string::npos && !invalid_utf8(record.raw);
    record.problem = good ? "" : "bad";
    return record;
  }

  std::string text_;
  std::size_t columns_;
  std::size_t at_ = 0;
  bool header_seen_ = false;
};

void expect_equal(const std::vector<ReadRecord>& got, const std::vector<ReadRecord>& wanted) {
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    SCOPED_TRACE(i);
    ASSERT_EQ(got[i].line, wanted[i].line);
    ASSERT_EQ(got[i].offset, wanted[i].offset);
    ASSERT_EQ(got[i].raw, wanted[i].raw);
    ASSERT_EQ(got[i].problem.empty(), wanted[i].problem.empty()) << got[i].problem;
    if (!got[i].problem.empty()) continue;
    ASSERT_EQ(got[i].fields, wanted[i].fields);
    ASSERT_EQ(got[i].quoted, wanted[i].quoted);
  }
}

std::string header_of(std::size_t columns) {
  std::string header = "c0";
  for (std::size_t i = 1; i < columns; ++i) header += ",c" + std::to_string(i);
  return header + "\n";
}

TEST(CsvReference, AgreesOnRandomTexts) {
  const TempFolder folder;
  const std::vector<std::string> letters = {
      "a",       "b",    ",",     ",",    ",",   "\"", "\"",       "\"\"", "\n",
      "\n",      "\r\n", "\",\"", "\"\n", ",\"", "\r", "\xc3\xa9", "\xff", std::string(1, '\0'),
      "12345678"};
  for (std::uint64_t seed = 1; seed <= 6000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const std::size_t columns = 1 + random() % 3;
    // Fewer letters in some texts: long runs without quotes or without line ends.
    const std::size_t used = 6 + random() % (letters.size() - 5);
    std::string text = header_of(columns);
    for (std::uint64_t n = random() % 60; n > 0; --n) text += letters[random() % used];
    expect_equal(read_all(folder.write("x.csv", text)), Reference(text, columns).records());
    if (HasFatalFailure()) FAIL() << text;
  }
}

// Long quoted fields, so that records straddle every refill of the reader's buffer.
TEST(CsvReference, AgreesOnTextsLongerThanTheBuffer) {
  const TempFolder folder;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::string text = header_of(2);
    while (text.size() < 5'000'000) {
      const std::string filler(random() % 200'000, 'x');
      switch (random() % 5) {
        case 0:
          text += "1," + filler + "\n";
          break;
        case 1:
          text += "\"" + filler + "\n\"\"" + filler + "\",2\r\n";
          break;
        case 2:
          text += "3,\"" + filler + "\"\n";
          break;
        case 3:
          text += "\"a\"," + filler + "\"\n";
          break;
        default:
          text += "4,\"lost" + filler + "\n";
      }
    }
    expect_equal(read_all(folder.write("x.csv", text)), Reference(text, 2).records());
  }
}

}  // namespace
}  // namespace trawl::store::testing
