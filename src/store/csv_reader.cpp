#include <algorithm>
#include <cstring>
#include <set>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/store/csv.hpp>

#include "store/csv_record.hpp"
#include "store/csv_stream.hpp"

namespace trawl::store {

struct CsvReader::State {
  explicit State(const std::filesystem::path& file) : path(file), stream(open_stream(file)) {}

  std::filesystem::path path;
  std::unique_ptr<ByteStream> stream;
  std::vector<char> buffer = std::vector<char>(std::size_t{1} << 20);
  std::size_t begin = 0, end = 0;  // the text in the buffer that is not yet delivered
  bool at_end = false;             // nothing follows buffer[end)
  std::uint64_t offset = 0;        // of buffer[begin) in the decompressed text
  std::uint64_t line = 1;
  bool inside_cut_line = false;
  std::vector<std::string> header;
  std::string scratch;

  std::string_view text() const { return {buffer.data() + begin, end - begin}; }
  void refill();
  bool refill_if_empty();
  std::size_t line_bytes();
  void skip_byte_order_mark();
  void skip_cut_line();
  void take(std::size_t bytes, std::uint64_t lines);
  bool next(CsvRecord& record);
  bool take_plain_line(std::size_t bytes, CsvRecord& record);
  void take_any_record(CsvRecord& record);
  void read_header();
};

// Doubles the text in the buffer at least, unless the file ends: parsing again from the record's
// beginning stays linear.
void CsvReader::State::refill() {
  std::memmove(buffer.data(), buffer.data() + begin, end - begin);
  end -= begin;
  begin = 0;
  const std::size_t wanted = std::max(buffer.size(), 2 * end);
  if (buffer.size() < wanted) buffer.resize(wanted);
  while (end < buffer.size() && !at_end) {
    const std::size_t got = stream->read(buffer.data() + end, buffer.size() - end);
    end += got;
    at_end = got == 0;
  }
}

bool CsvReader::State::refill_if_empty() {
  if (begin == end && !at_end) refill();
  return begin < end;
}

// Bytes before the next line feed, or of all the text there is. Not more than a little beyond the
// longest record.
std::size_t CsvReader::State::line_bytes() {
  std::size_t searched = 0;
  for (;;) {
    const std::string_view rest = text();
    const std::size_t found = rest.find('\n', searched);
    if (found != std::string_view::npos) return found;
    if (at_end || rest.size() > csv_max_record_bytes + 2) return rest.size();
    searched = rest.size();
    refill();
  }
}

void CsvReader::State::skip_byte_order_mark() {
  if (!refill_if_empty())
    throw DataError(fmt::format("empty file: '{}' has no CSV header", path.string()));
  if (text().starts_with("\xff\xfe") || text().starts_with("\xfe\xff")) {
    throw DataError(fmt::format(
        "not UTF-8: '{}' is UTF-16 by its first bytes. Convert it, for example with iconv.",
        path.string()));
  }
  if (text().starts_with("\xef\xbb\xbf")) take(3, 0);
}

void CsvReader::State::skip_cut_line() {
  while (inside_cut_line && refill_if_empty()) {
    const std::size_t found = text().find('\n');
    inside_cut_line = found == std::string_view::npos;
    if (inside_cut_line)
      take(end - begin, 0);
    else
      take(found + 1, 1);
  }
}

void CsvReader::State::take(std::size_t bytes, std::uint64_t lines) {
  begin += bytes;
  offset += bytes;
  line += lines;
}

bool CsvReader::State::next(CsvRecord& record) {
  skip_cut_line();
  while (refill_if_empty()) {
    const std::size_t bytes = line_bytes();
    const bool empty = bytes == 0 || (bytes == 1 && text().starts_with("\r\n"));
    if (empty && header.size() > 1) {
      take(bytes + 1, 1);
      continue;
    }
    record.line = line;
    record.offset = offset;
    if (!take_plain_line(bytes, record)) take_any_record(record);
    if (record.problem.empty() && !header.empty() && record.fields.size() != header.size()) {
      record.problem = fmt::format("{} field{}, header has {}", record.fields.size(),
                                   record.fields.size() == 1 ? "" : "s", header.size());
    }
    return true;
  }
  return false;
}

// The fast path: a line without quotes. False, and nothing taken, for any other.
bool CsvReader::State::take_plain_line(std::size_t bytes, CsvRecord& record) {
  if (bytes > csv_max_record_bytes) return false;
  std::string_view raw = text().substr(0, bytes);
  const bool ended = bytes < end - begin;
  if (ended && raw.ends_with('\r')) raw.remove_suffix(1);
  const LineMarks marks = split_line(raw, record.fields);
  if (marks.structure) return false;
  record.raw = raw;
  record.problem.clear();
  if (marks.nul || marks.not_ascii) record.problem = problem_of_bytes(raw);
  take(bytes + (ended ? 1 : 0), ended ? 1 : 0);
  return true;
}

void CsvReader::State::take_any_record(CsvRecord& record) {
  std::optional<RecordExtent> extent;
  while (!(extent = parse_record(text(), at_end, scratch, record))) refill();
  record.raw = text().substr(0, extent->raw);
  if (record.problem.empty()) record.problem = problem_of_bytes(record.raw);
  const std::string_view taken = text().substr(0, extent->taken);
  inside_cut_line = extent->cut;
  take(taken.size(), static_cast<std::uint64_t>(std::count(taken.begin(), taken.end(), '\n')));
}

void CsvReader::State::read_header() {
  const auto refuse = [&](std::uint64_t at, std::string_view why) {
    throw DataError(fmt::format(
        "malformed CSV header: '{}' line {} ({}). The first line must name every column.",
        path.string(), at, why));
  };
  skip_byte_order_mark();
  CsvRecord record;
  if (!next(record)) refuse(line, "there is none");
  if (!record.problem.empty()) refuse(record.line, record.problem);
  std::set<std::string_view> seen;
  for (const CsvField& field : record.fields) {
    if (field.text.empty())
      refuse(record.line, fmt::format("column {} has no name", seen.size() + 1));
    if (!seen.insert(field.text).second)
      refuse(record.line, fmt::format("two columns are named '{}'", field.text));
  }
  for (const CsvField& field : record.fields) header.emplace_back(field.text);
}

CsvReader::CsvReader(const std::filesystem::path& path) : state_(std::make_unique<State>(path)) {
  state_->read_header();
}
CsvReader::~CsvReader() = default;

const std::vector<std::string>& CsvReader::header() const {
  return state_->header;
}
bool CsvReader::next(CsvRecord& record) {
  return state_->next(record);
}

}  // namespace trawl::store
