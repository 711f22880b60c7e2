#include "command/ingest_report.hpp"

#include <fmt/format.h>

#include <trawl/base/text.hpp>

#include "command/text_table.hpp"

namespace trawl::command {

namespace {

Json json_of(const IngestJob& job, const IngestReport& r) {
  Json json;
  json["file"] = job.file;
  json["dataset"] = job.dataset;
  if (!r.error.empty()) {
    json["error"] = r.error;
    return json;
  }
  json["path"] = job.path().string();
  json["input_rows"] = r.records;
  json["kept"] = r.kept;
  json["quarantined"] = r.quarantined;
  if (r.quarantined > 0) json["quarantine"] = job.quarantine_path().string();
  json["bytes"] = r.bytes;
  json["digest"] = r.digest;
  return json;
}

std::string_view status_of(ExitCode code) {
  return code == ExitCode::complete      ? "complete"
         : code == ExitCode::quarantined ? "quarantined"
                                         : "incomplete";
}

}  // namespace

IngestTotals totals_of(const std::vector<IngestReport>& reports) {
  IngestTotals totals;
  for (const IngestReport& report : reports) {
    totals.records += report.records;
    totals.kept += report.kept;
    totals.quarantined += report.quarantined;
    totals.failed += report.error.empty() ? 0 : 1;
  }
  return totals;
}

std::string ingest_table(const std::vector<IngestJob>& jobs,
                         const std::vector<IngestReport>& reports, const IngestTotals& totals) {
  TextTable table({"file", ">input rows", ">kept", ">quarantined", "dataset"});
  std::string failures;
  for (const IngestReport& r : reports) {
    const IngestJob& job = jobs[r.index];
    if (!r.error.empty()) {
      table.add({job.file, "-", "-", "-", "failed"});
      failures += fmt::format("failed: {}\n", r.error);
      continue;
    }
    table.add({job.file, with_thousands(r.records), with_thousands(r.kept),
               with_thousands(r.quarantined), job.path().string()});
    if (r.quarantined > 0)
      failures += fmt::format("quarantined rows: {}\n", job.quarantine_path().string());
  }
  table.add({"total", with_thousands(totals.records), with_thousands(totals.kept),
             with_thousands(totals.quarantined), ""});
  return table.text() + failures;
}

std::string ingest_json(const std::vector<IngestJob>& jobs,
                        const std::vector<IngestReport>& reports, const IngestTotals& totals,
                        ExitCode code, double seconds) {
  Json json;
  json["command"] = "ingest";
  json["status"] = status_of(code);
  json["input_rows"] = totals.records;
  json["kept"] = totals.kept;
  json["quarantined"] = totals.quarantined;
  json["failed_files"] = totals.failed;
  json["files"] = Json::array();
  for (const IngestReport& report : reports)
    json["files"].push_back(json_of(jobs[report.index], report));
  json["seconds"] = seconds;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace trawl::command
