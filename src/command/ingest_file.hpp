// One CSV file -> one dataset, and a quarantine file when rows could not be kept.
#pragma once

#include <cstdint>
#include <string>

#include <trawl/base/file.hpp>
#include <trawl/base/json.hpp>
#include <trawl/store/csv.hpp>
#include <trawl/store/writer.hpp>

#include "command/dataset_output.hpp"

namespace trawl::command {

struct IngestJob {
  std::string file;     // as the user named it
  std::string dataset;  // its name without .csv and without .gz or .zst
  fs::path folder;
  fs::path path() const { return folder / (dataset + ".h5"); }
  fs::path quarantine_path() const { return folder / "quarantine" / (dataset + ".jsonl"); }
};

// What became of one file; `error` is empty when it was ingested.
struct IngestReport {
  std::size_t index = 0;  // of the file among the arguments
  std::uint64_t records = 0;
  std::uint64_t kept = 0;
  std::uint64_t quarantined = 0;
  std::uint64_t bytes = 0;  // of the dataset
  std::string digest;
  std::string error;
};

// "data/flights-2001-01.csv.zst" -> "flights-2001-01".
std::string dataset_name_of(const fs::path& file);

// Local. Reads the file twice: to infer the types, and to write. DataError when it cannot be read
// or written; then no dataset is left. The quarantine file is published before the dataset: rows
// are never missing without a trace.
IngestReport ingest_file(const IngestJob& job, const store::IngestOptions& options,
                         const DatasetOutput& output);

// One line of JSON each way, to send reports from rank to rank.
std::string format_report(const IngestReport& report);
IngestReport parse_report(std::string_view line);

}  // namespace trawl::command
