// Reads CSV (RFC 4180) with a header, plain or compressed, without ever losing a row silently.
//
// A record is well-formed when it has as many fields as the header, legal quoting, valid UTF-8 and
// no NUL bytes. Anything else is malformed, with a reason, and is delivered like any other record:
// - Lines end with LF or CRLF; the last one may lack its end. A carriage return elsewhere is legal
// only in quotes.
// - A UTF-8 byte order mark before the header is skipped. UTF-16 is refused.
// - Empty lines are no records when the header has several columns; with one column, an empty line
// is a NULL row.
// - A quote that is illegal or never closed breaks one line only: the record ends at the first line
// end after the
//   offending quote (for a quoted field: the quote that opens it), and reading goes on with the
//   next line. So a lost quote quarantines the line it stands on and cannot swallow the lines after
//   it.
// - A record longer than csv_max_record_bytes is malformed; only its beginning is kept as raw text,
// and its reason
//   says so. A quoted field must be closed within that length.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/base/column.hpp>
#include <trawl/base/schema.hpp>

namespace trawl::store {

// Longest record, without its line end: 64 MiB. It bounds the memory of a reader.
inline constexpr std::size_t csv_max_record_bytes = std::size_t{64} << 20;

struct CsvField {
  std::string_view text;  // unescaped; valid until the next record
  bool quoted = false;
};

// One record, good or malformed. Lines count from 1; byte offsets are into the decompressed text.
// Columns in problems count bytes of their line, "byte" counts bytes of the record, both from 1.
struct CsvRecord {
  std::uint64_t line = 0;
  std::uint64_t offset = 0;
  std::string_view
      raw;  // as it stands in the file, without the line end; valid until the next record
  std::vector<CsvField> fields;  // as many as the header has, when well-formed
  std::string problem;           // empty: well-formed; else why it is not
};

// Streams records of a file; gzip (any number of members) and zstd (any number of frames) are
// decompressed on the way, told by their first bytes, not by their name. Local. Memory: a few MiB,
// up to twice the longest record.
class CsvReader {
 public:
  // DataError: cannot be opened, is empty, UTF-16, header malformed (quoting, duplicate or empty
  // names).
  explicit CsvReader(const std::filesystem::path& path);
  ~CsvReader();
  const std::vector<std::string>& header() const;
  // False at the end of the file. DataError on damaged compression.
  bool next(CsvRecord& record);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct IngestOptions {
  std::vector<std::string> null_texts{};  // NULL besides the empty unquoted field, quoted or not
  // From --schema: names and types that override inference; lanes and categories are inferred all
  // the same. nullable = false: a row with NULL there is quarantined.
  std::vector<ColumnSchema> given{};
  std::size_t max_categories =
      65536;  // more distinct texts are a text column; not for given categoricals
};

struct InferredCsv {
  Schema schema;              // with categories and the narrowest lanes
  std::uint64_t records = 0;  // data records, well-formed or not
};

// Local. First pass over the whole file: the narrowest type that holds every value of each column
// exactly. Malformed records, and rows with a field that is no value of its given type, take no
// part. Quoted fields count by their text like unquoted ones, but a quoted empty field is the text
// '', never NULL. Spaces count: ' 5' is a text.
// - int64: -?(0|[1-9][0-9]*) within the range; -0 and 007 are not integers.
// - float64: decimals and exponents (each becomes the nearest double), also beside integers when
// every integer is
//   exact as a double, else text. nan, inf, infinity (any case) only in columns that also hold
//   numbers.
// - boolean: true, false in any case. date: YYYY-MM-DD. timestamp: as parse_timestamp; dates beside
// timestamps too.
// - categorical: at most max_categories texts of at most 256 bytes, no more than half of the values
// (or 16).
// - text: everything else, and columns that are NULL throughout.
// Lanes: integers the first of u8, i8, u16, i16, u32, i32, i64 that holds minimum and maximum;
// float64 is f32 when every value is exact there; categories ascend bytewise. A column without NULL
// is not nullable. O(bytes); the file is read once more when a column turns out to be text after it
// began otherwise. Memory: the distinct texts of columns that may become categorical. DataError as
// CsvReader. InputError: a given column is not in the header.
InferredCsv infer_csv(const std::filesystem::path& path, const IngestOptions& options);

struct QuarantinedRow {
  std::uint64_t line = 0;
  std::uint64_t offset = 0;
  std::string reason;
  std::string raw;
};

struct CsvCounts {
  std::uint64_t records = 0;
  std::uint64_t kept = 0;
  std::uint64_t quarantined = 0;
};

// Local. Second pass: delivers row groups of `group_rows` rows (the last may be shorter), and every
// row that is not kept: malformed, or with a field that its column cannot hold ("column X: 'abc' is
// not an int64"). Views and rows are valid during the call only. With the schema and options of
// infer_csv and an unchanged file, all rows that took part there are kept, and only they. records
// == kept + quarantined on return. O(bytes); memory: one row group. DataError as CsvReader, and
// when the header does not match the schema. InputError: group_rows is 0.
CsvCounts read_csv(const std::filesystem::path& path, const Schema& schema,
                   const IngestOptions& options, std::uint64_t group_rows,
                   const std::function<void(std::span<const ColumnView>)>& on_group,
                   const std::function<void(const QuarantinedRow&)>& on_quarantined);

}  // namespace trawl::store
