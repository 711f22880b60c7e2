#include "command/dataset_output.hpp"

#include <cmath>
#include <system_error>

#include <fmt/format.h>

#include <trawl/base/error.hpp>

namespace trawl::command {

using store::Codec;

void describe(DatasetOutput& p, Options& visit) {
  visit.section("Output");
  visit.required("out", p.out, "DIR", "folder for the datasets; made when it is not there");
  visit.choice(
      "codec", p.write.codec,
      {{"packed", Codec::packed},
       {"zstd", Codec::zstd},
       {"lz4", Codec::lz4},
       {"gzip", Codec::gzip},
       {"none", Codec::none}},
      "how columns are compressed; gzip is what every HDF5 program can read, none is fastest");
  visit.option("row-group-rows", p.write.row_group_rows, Range{1, 1 << 26}, "ROWS",
               "rows of a row group, the unit of pruning and checksums");
  visit.flag("overwrite", p.write.overwrite, "replace files that are there already");
  describe(p.cluster, visit);
  describe(p.screens, visit);
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw InputError(fmt::format("cannot make folder: {} ({})", folder.string(), error.message()));
  }
}

namespace {

// Columns with sketches are worth reading row by row.
store::WriteOptions write_options(const DatasetOutput& output) {
  store::WriteOptions options = output.write;
  if (!output.cluster.by.empty()) options.clustered_by = column_names(output.cluster.by);
  options.paged = column_names(output.screens.sketch);
  return options;
}

}  // namespace

CountingWriter::CountingWriter(const fs::path& path, const Schema& schema,
                               const DatasetOutput& output)
    : clustering_(output.cluster, schema, output.write.row_group_rows,
                  [this](std::span<const ColumnView> columns) { write(columns); }),
      writer_(path, schema, write_options(output)),
      screens_(output.screens, schema, output.write.row_group_rows,
               [this](store::Screen screen, std::size_t column, Bytes chunk) {
                 writer_.append_screen(screen, column, chunk);
               }),
      sketches_(schema.size()) {}

void CountingWriter::append(std::span<const ColumnView> columns) {
  clustering_.append(columns);
}

void CountingWriter::write(std::span<const ColumnView> columns) {
  writer_.append(columns);
  screens_.add(columns);
  for (std::size_t i = 0; i < columns.size(); ++i) sketches_[i].add(columns[i]);
}

store::WrittenDataset CountingWriter::finish() {
  clustering_.finish();
  screens_.finish([this](store::Screen screen, std::size_t column, std::string layout) {
    writer_.describe_screen(screen, column, std::move(layout));
  });
  std::vector<std::optional<std::uint64_t>> distinct;
  for (const auto& sketch : sketches_) distinct.emplace_back(distinct_count(sketch));
  return writer_.finish(distinct);
}

std::uint64_t distinct_count(const core::DistinctSketch& sketch) {
  return static_cast<std::uint64_t>(std::llround(sketch.estimate()));
}

}  // namespace trawl::command
