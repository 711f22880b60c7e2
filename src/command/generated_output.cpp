#include "command/generated_output.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include <fmt/format.h>

#include <trawl/base/log.hpp>
#include <trawl/base/text.hpp>
#include <trawl/base/timer.hpp>

#include "command/collective.hpp"
#include "command/shares.hpp"
#include "command/text_file.hpp"

namespace trawl::command {
namespace {

using store::GeneratedSource;

fs::path dataset_path(const GeneratedSource& source, const fs::path& folder,
                      std::uint64_t dataset) {
  return folder / (source.name_of(dataset) + ".h5");
}

// Old datasets that this run does not replace would be searched together with the new ones.
void refuse_leftovers(const GeneratedSource& source, const fs::path& folder) {
  const std::string prefix = fmt::format("{}-", source.kind());
  std::set<std::string> written;
  for (std::uint64_t d = 0; d < source.shape().datasets; ++d)
    written.insert(dataset_path(source, "", d).string());
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(prefix) || !name.ends_with(".h5") || written.contains(name)) continue;
    throw InputError(
        fmt::format("folder holds a dataset that this run does not write: {} (the two would be "
                    "searched together). Remove it, or choose another folder.",
                    entry.path().string()));
  }
}

void prepare_folder(const GeneratedSource& source, const DatasetOutput& output,
                    const char* truth_file) {
  make_folder(output.out);
  refuse_leftovers(source, output.out);
  check_output(output.out / truth_file, output.write.overwrite);
  for (std::uint64_t d = 0; d < source.shape().datasets; ++d)
    check_output(dataset_path(source, output.out, d), output.write.overwrite);
  // Half-replaced data must not stand beside the truth about the old.
  fs::remove(output.out / truth_file);
}

std::uint64_t write_dataset(const GeneratedSource& source, std::uint64_t dataset,
                            const DatasetOutput& output) {
  const Schema& schema = source.schema();
  CountingWriter writer(dataset_path(source, output.out, dataset), schema, output);
  std::vector<ColumnBuffer> buffers(schema.size());
  std::vector<ColumnView> views(schema.size());
  const std::uint64_t rows = source.shape().rows, step = output.write.row_group_rows;
  for (std::uint64_t begin = 0; begin < rows; begin += step) {
    const std::uint64_t end = std::min(rows, begin + step);
    for (std::size_t column = 0; column < schema.size(); ++column) {
      source.fill(dataset, begin, end, column, buffers[column]);
      views[column] = buffers[column].view;
    }
    writer.append(views);
  }
  return writer.finish().bytes;
}

// Collective. Bytes written by all ranks.
std::uint64_t write_datasets(const GeneratedSource& source, const GeneratedOutput& output,
                             const comm::Comm& world) {
  const std::vector<std::uint64_t> weights(source.shape().datasets, source.shape().rows);
  const auto mine = share_of(weights, world.size(), world.rank());
  std::vector<std::uint64_t> bytes(mine.size());
  const int threads = thread_count(output.threads, world);
  world.agree("writing the datasets", [&] {
    for_each_parallel(mine.size(), threads, [&](std::size_t i) {
      bytes[i] = write_dataset(source, mine[i], output.files);
    });
  });
  std::uint64_t total = 0;
  for (const std::uint64_t b : bytes) total += b;
  return world.sum(total);
}

}  // namespace

void describe(GeneratedOutput& p, Options& visit) {
  describe(p.files, visit);
  visit.section("Speed");
  visit.option("threads", p.threads, Range{0, 1024}, "N",
               "datasets that a rank writes at once; 0: as many as it has cores");
}

void write_generated(const GeneratedSource& source, const GeneratedOutput& output,
                     const char* truth_file, const std::function<std::string()>& truth,
                     const std::string& what, const comm::Comm& world) {
  const Stopwatch watch;
  const fs::path& folder = output.files.out;
  const GeneratedSource::Shape shape = source.shape();
  on_root(world, [&] { prepare_folder(source, output.files, truth_file); });
  const std::uint64_t bytes = write_datasets(source, output, world);
  on_root(world, [&] {
    write_file_atomically(folder / truth_file, truth(), output.files.write.overwrite);
  });
  log::story(fmt::format("{} rows in {} datasets written to {} ({}, {}), {} in {}",
                         with_thousands(shape.datasets * shape.rows),
                         with_thousands(shape.datasets), folder.string(), human_bytes(bytes),
                         human_seconds(watch.seconds()), what, (folder / truth_file).string()));
}

}  // namespace trawl::command
