// What commands that write datasets have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <trawl/base/column.hpp>
#include <trawl/base/file.hpp>
#include <trawl/core/stats/distinct_sketch.hpp>
#include <trawl/store/writer.hpp>

#include "command/options.hpp"

namespace trawl::command {

// Options of every command that writes datasets.
struct DatasetOutput {
  fs::path out;
  store::WriteOptions write;
};
void describe(DatasetOutput& p, Options& visit);

// Makes `folder` (and those above it). InputError when that cannot be done.
void make_folder(const fs::path& folder);

// A writer that also estimates the distinct values of every column.
class CountingWriter {
 public:
  CountingWriter(const fs::path& path, const Schema& schema, const store::WriteOptions& options)
      : writer_(path, schema, options), sketches_(schema.size()) {}
  void append(std::span<const ColumnView> columns);
  store::WrittenDataset finish();

 private:
  store::DatasetWriter writer_;
  std::vector<core::DistinctSketch> sketches_;
};

// The estimate as a count.
std::uint64_t distinct_count(const core::DistinctSketch& sketch);

}  // namespace trawl::command
