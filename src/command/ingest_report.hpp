// What `trawl ingest` says about its files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <trawl/base/error.hpp>

#include "command/ingest_file.hpp"

namespace trawl::command {

// Over all files; records == kept + quarantined.
struct IngestTotals {
  std::uint64_t records = 0;
  std::uint64_t kept = 0;
  std::uint64_t quarantined = 0;
  std::uint64_t failed = 0;
};

IngestTotals totals_of(const std::vector<IngestReport>& reports);

// One line per file and one for the total, then failures and quarantine files by name.
std::string ingest_table(const std::vector<IngestJob>& jobs,
                         const std::vector<IngestReport>& reports, const IngestTotals& totals);

// One JSON object on one line.
std::string ingest_json(const std::vector<IngestJob>& jobs,
                        const std::vector<IngestReport>& reports, const IngestTotals& totals,
                        ExitCode code, double seconds);

}  // namespace trawl::command
