#include "command/ingest_file.hpp"

#include <algorithm>
#include <optional>
#include <span>

#include <fmt/format.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/error.hpp>
#include <trawl/base/text.hpp>

#include "command/text_file.hpp"

namespace trawl::command {

namespace {

std::string quarantine_line(const IngestJob& job, const store::QuarantinedRow& row) {
  std::string line = "{\"file\":";
  append_json_string(line, job.file);
  line += fmt::format(",\"line\":{},\"offset\":{},\"reason\":", row.line, row.offset);
  append_json_string(line, row.reason);
  // JSON is UTF-8; other bytes are kept as hex, so that the row can be had back exactly.
  if (invalid_utf8(row.raw)) {
    line += fmt::format(",\"raw_hex\":\"{}\"", hex(bytes_of(row.raw)));
  } else {
    line += ",\"raw\":";
    append_json_string(line, row.raw);
  }
  return line + "}\n";
}

}  // namespace

std::string dataset_name_of(const fs::path& file) {
  fs::path name = file.filename();
  if (name.extension() == ".gz" || name.extension() == ".zst") name = name.stem();
  if (name.extension() == ".csv") name = name.stem();
  return name.string();
}

IngestReport ingest_file(const IngestJob& job, const store::IngestOptions& options,
                         const DatasetOutput& output) {
  const store::WriteOptions& write = output.write;
  const store::InferredCsv inferred = store::infer_csv(job.file, options);
  CountingWriter writer(job.path(), inferred.schema, output);
  TextFile quarantine(job.quarantine_path());
  const store::CsvCounts counts = store::read_csv(
      job.file, inferred.schema, options, write.row_group_rows,
      [&](std::span<const ColumnView> columns) { writer.append(columns); },
      [&](const store::QuarantinedRow& row) { quarantine.append(quarantine_line(job, row)); });
  if (counts.records != counts.kept + counts.quarantined || counts.records != inferred.records) {
    throw DataError(fmt::format("file changed while it was read: {} ({} records, then {})",
                                job.file, inferred.records, counts.records));
  }
  if (counts.quarantined > 0) quarantine.publish(write.overwrite);
  const store::WrittenDataset written = writer.finish();
  IngestReport report;
  report.records = counts.records;
  report.kept = counts.kept;
  report.quarantined = counts.quarantined;
  report.bytes = written.bytes;
  report.digest = written.digest;
  return report;
}

std::string format_report(const IngestReport& report) {
  const Json json = {{"index", report.index}, {"records", report.records},
                     {"kept", report.kept},   {"quarantined", report.quarantined},
                     {"bytes", report.bytes}, {"digest", report.digest},
                     {"error", report.error}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

IngestReport parse_report(std::string_view line) {
  const Json json = parse_json(line, "report of a rank");
  IngestReport report;
  report.index = json.at("index");
  report.records = json.at("records");
  report.kept = json.at("kept");
  report.quarantined = json.at("quarantined");
  report.bytes = json.at("bytes");
  report.digest = json.at("digest");
  report.error = json.at("error");
  return report;
}

}  // namespace trawl::command
