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

#include "command/clustering.hpp"
#include "command/options.hpp"
#include "command/screen_builder.hpp"

namespace trawl::command {

// Options of every command that writes datasets.
struct DatasetOutput {
  fs::path out;
  store::WriteOptions write;
  ClusterOptions cluster;
  ScreenColumns screens;
};
void describe(DatasetOutput& p, Options& visit);

// Makes `folder` (and those above it). InputError when that cannot be done.
void make_folder(const fs::path& folder);

// A writer that also brings rows into cluster order, estimates the distinct values of every column,
// and builds screens.
class CountingWriter {
 public:
  // InputError as DatasetWriter and ScreenBuilder.
  CountingWriter(const fs::path& path, const Schema& schema, const DatasetOutput& output);
  void append(std::span<const ColumnView> columns);
  store::WrittenDataset finish();

 private:
  void write(std::span<const ColumnView> columns);

  Clustering clustering_;
  store::DatasetWriter writer_;
  ScreenBuilder screens_;
  std::vector<core::DistinctSketch> sketches_;
};

// The estimate as a count.
std::uint64_t distinct_count(const core::DistinctSketch& sketch);

}  // namespace trawl::command
