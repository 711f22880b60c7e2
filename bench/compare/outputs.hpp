// Writes the generated data in the forms that the engines of the comparison load.
//
// Every part of the data is a folder below `out` that gets its name when it is complete, so that a
// folder that is there can be trusted.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "command/dataset_output.hpp"
#include "generator.hpp"

namespace trawl::bench {

namespace fs = std::filesystem;

// Local. Calls `write(folder)` with a temporary folder and renames it to `path`. InputError: `path`
// exists and `overwrite` is false.
void make_part(const fs::path& path, bool overwrite,
               const std::function<void(const fs::path&)>& write);

// part-000.h5, ...: one dataset each, written as the commands of the program write theirs. Only the
// options of `output` count, not where it points.
void write_tables(const Transactions& source, const command::DatasetOutput& output, int threads,
                  const fs::path& folder);
void write_notes(const DataParams& params, const command::DatasetOutput& output, int threads,
                 const fs::path& folder);

// part-000/user_id.i64, ...: little-endian values without any header, and columns.json with types
// and categories.
void write_columns(const Transactions& source, int threads, const fs::path& folder);

// part-000.csv, ...: with a header line; timestamps as whole microseconds.
void write_csv(const Transactions& source, int threads, const fs::path& folder);
void write_notes_csv(const DataParams& params, int threads, const fs::path& folder);

// keys.h5 (dataset file with one column `key`), keys.i64 (little-endian), keys.csv (header `key`).
void write_keys(const DataParams& params, const fs::path& folder);

// Counts of all queries by brute force over the generator: nothing of any engine takes part. JSON.
std::string truth_text(const Transactions& source, int threads);

}  // namespace trawl::bench
