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
      {{"zstd", Codec::zstd}, {"lz4", Codec::lz4}, {"gzip", Codec::gzip}, {"none", Codec::none}},
      "how columns are compressed; gzip is what every HDF5 program can read");
  visit.option("row-group-rows", p.write.row_group_rows, Range{1, 1 << 26}, "ROWS",
               "rows of a row group, the unit of pruning and checksums");
  visit.flag("overwrite", p.write.overwrite, "replace files that are there already");
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw InputError(fmt::format("cannot make folder: {} ({})", folder.string(), error.message()));
  }
}

void CountingWriter::append(std::span<const ColumnView> columns) {
  writer_.append(columns);
  for (std::size_t i = 0; i < columns.size(); ++i) sketches_[i].add(columns[i]);
}

store::WrittenDataset CountingWriter::finish() {
  std::vector<std::optional<std::uint64_t>> distinct;
  for (const auto& sketch : sketches_) distinct.emplace_back(distinct_count(sketch));
  return writer_.finish(distinct);
}

std::uint64_t distinct_count(const core::DistinctSketch& sketch) {
  return static_cast<std::uint64_t>(std::llround(sketch.estimate()));
}

}  // namespace trawl::command
