// Where one CSV record ends and what its fields are: RFC 4180 over text in memory.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/store/csv.hpp>

namespace trawl::store {

// How far a record reaches.
struct RecordExtent {
  std::size_t raw = 0;    // bytes of the record, without its line end
  std::size_t taken = 0;  // bytes up to the beginning of the next record
  bool cut = false;       // the line goes on: skip to its end
};

// What a line without line end holds besides fields and commas.
struct LineMarks {
  bool structure = false;  // a quote or carriage return: needs parse_record
  bool nul = false;
  bool not_ascii = false;
};

// Splits at every comma. The fields are right only when no mark `structure` is returned. O(line / 8
// + fields).
LineMarks split_line(std::string_view line, std::vector<CsvField>& fields);

// Parses the record that begins `text`; sets fields and, for illegal quoting and records beyond
// csv_max_record_bytes, problem. `record.line` must be set: problems on later lines of a record
// name their line. Nothing when the end of the record is not in `text` and `last` (no more text
// follows) is false. `scratch` holds unescaped fields. The outcome does not depend on how much text
// follows the record.
std::optional<RecordExtent> parse_record(std::string_view text, bool last, std::string& scratch,
                                         CsvRecord& record);

// Why the bytes cannot be a record (NUL, not UTF-8), or empty.
std::string problem_of_bytes(std::string_view raw);

}  // namespace trawl::store
