#include <vector>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/store/csv.hpp>

#include "store/csv_sink.hpp"
#include "store/csv_value.hpp"

namespace trawl::store {
namespace {

using OnGroup = std::function<void(std::span<const ColumnView>)>;

void check_header(const std::filesystem::path& path, const std::vector<std::string>& header,
                  const Schema& schema) {
  bool same = header.size() == schema.size();
  for (std::size_t i = 0; same && i < header.size(); ++i) same = header[i] == schema[i].name;
  if (same) return;
  throw DataError(
      fmt::format("the CSV header is not the one the schema was made for: '{}' (columns {}). "
                  "Was the file changed meanwhile? Ingest it again.",
                  path.string(), fmt::join(header, ", ")));
}

// Collects rows into row groups.
class GroupBuilder {
 public:
  GroupBuilder(const Schema& schema, const IngestOptions& options, std::uint64_t group_rows,
               const OnGroup& on_group)
      : null_texts_(options.null_texts), group_rows_(group_rows), on_group_(on_group) {
    for (const ColumnSchema& column : schema) sinks_.emplace_back(column);
  }

  // Empty when the row was kept, else why it cannot be.
  std::string add(const CsvRecord& record) {
    for (std::size_t i = 0; i < sinks_.size(); ++i) {
      const CsvField& field = record.fields[i];
      if (null_texts_.holds(field)) {
        if (!sinks_[i].put_null(rows_)) return sinks_[i].problem_of_null();
      } else if (!sinks_[i].put(rows_, field.text)) {
        return sinks_[i].problem(field.text);
      }
    }
    if (++rows_ == group_rows_) flush();
    return {};
  }

  void flush() {
    if (rows_ == 0) return;
    views_.clear();
    for (ColumnSink& sink : sinks_) views_.push_back(sink.view(rows_));
    on_group_(views_);
    for (ColumnSink& sink : sinks_) sink.clear();
    rows_ = 0;
  }

 private:
  NullTexts null_texts_;
  std::uint64_t group_rows_;
  const OnGroup& on_group_;
  std::vector<ColumnSink> sinks_;
  std::vector<ColumnView> views_;
  std::size_t rows_ = 0;
};

}  // namespace

CsvCounts read_csv(const std::filesystem::path& path, const Schema& schema,
                   const IngestOptions& options, std::uint64_t group_rows, const OnGroup& on_group,
                   const std::function<void(const QuarantinedRow&)>& on_quarantined) {
  if (group_rows == 0) throw InputError("a row group needs at least one row: row-group rows is 0");
  CsvReader reader(path);
  check_header(path, reader.header(), schema);
  GroupBuilder builder(schema, options, group_rows, on_group);
  CsvCounts counts;
  CsvRecord record;
  while (reader.next(record)) {
    ++counts.records;
    std::string reason = record.problem.empty() ? builder.add(record) : record.problem;
    if (reason.empty()) {
      ++counts.kept;
      continue;
    }
    ++counts.quarantined;
    on_quarantined({record.line, record.offset, std::move(reason), std::string(record.raw)});
  }
  builder.flush();
  return counts;
}

}  // namespace trawl::store
