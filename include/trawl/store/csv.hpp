// Reads CSV (RFC 4180) with a header, plain or compressed, without ever losing a row silently.
#pragma once

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

struct CsvField {
  std::string_view text;  // unescaped; valid until the next record
  bool quoted = false;
};

// One record, good or malformed. Lines count from 1; byte offsets are into the decompressed text.
struct CsvRecord {
  std::uint64_t line = 0;
  std::uint64_t offset = 0;
  std::string_view raw;             // as it stands in the file, without the line end
  std::vector<CsvField> fields;
  std::string problem;              // empty: well-formed; else why it is not
};

// Streams records of a file; .gz and .zst are decompressed on the way, by their first bytes, not by their name.
class CsvReader {
 public:
  // DataError: cannot be opened, is empty, header malformed (duplicate or empty names).
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
  std::vector<std::string> null_texts;        // besides the empty unquoted field
  std::vector<ColumnSchema> given;            // from --schema: names and types that override inference
  std::size_t max_categories = 65536;
};

struct InferredCsv {
  Schema schema;                   // with categories and the narrowest lanes
  std::uint64_t records = 0;       // data records, well-formed or not
};

// First pass over the whole file: the narrowest type that holds every value of each column exactly.
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

// Second pass: delivers row groups of `group_rows` rows (the last may be shorter) and every malformed row.
// records == kept + quarantined on return.
CsvCounts read_csv(const std::filesystem::path& path, const Schema& schema, const IngestOptions& options,
                   std::uint64_t group_rows, const std::function<void(std::span<const ColumnView>)>& on_group,
                   const std::function<void(const QuarantinedRow&)>& on_quarantined);

}  // namespace trawl::store
