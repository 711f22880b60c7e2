// trawl index: screens for datasets that have none.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <trawl/base/json.hpp>
#include <trawl/base/log.hpp>
#include <trawl/base/text.hpp>
#include <trawl/base/timer.hpp>
#include <trawl/store/dataset.hpp>
#include <trawl/store/sidecar.hpp>

#include "command/collective.hpp"
#include "command/commands.hpp"
#include "command/dataset_output.hpp"
#include "command/index_catalog.hpp"
#include "command/shares.hpp"
#include "command/text_table.hpp"

namespace trawl::command {

namespace {

struct IndexParams {
  std::vector<std::string> inputs;
  std::string table;
  std::vector<std::string> columns;
  bool filter = false;
  bool sketch = false;
  int sketch_bytes = 2;
  bool sidecar = false;
  bool catalog = false;
  bool overwrite = false;
  int threads = 0;
};

void describe(IndexParams& p, Options& visit) {
  visit.argument("input", p.inputs, "INPUT...", "files, folders, globs in quotes");
  visit.section("What to index");
  visit.required("columns", p.columns, "COLUMNS", "columns, separated by commas");
  visit.flag(
      "filter", p.filter,
      "membership filters, one per row group: for = and IN. The default when --sketch is not "
      "given");
  visit.flag("sketch", p.sketch,
             "column sketches: for ranges, and for = that no filter answers. Numbers, dates and "
             "timestamps");
  describe_sketch_bytes(p.sketch_bytes, visit);
  visit.flag("catalog", p.catalog,
             "one filter per dataset instead, all in one file `trawl.catalog`: searches leave "
             "datasets that cannot hold the value unopened");
  visit.option("table", p.table, "PATH",
               "table inside foreign HDF5 files that hold several, as /group/table");
  visit.section("Output");
  visit.flag("sidecar", p.sidecar,
             "write FILE.trawl-index beside each file and leave the file alone; needed for files "
             "that trawl did not write");
  visit.flag("overwrite", p.overwrite, "replace a sidecar or catalog that is there already");
  visit.section("Speed");
  visit.option("threads", p.threads, Range{0, 1024}, "N",
               "datasets that a rank indexes at once; 0: as many as it has cores");
}

ScreenColumns screens_of(const IndexParams& p) {
  ScreenColumns screens;
  if (p.filter || !p.sketch) screens.filter = p.columns;
  if (p.sketch) screens.sketch = p.columns;
  screens.sketch_bytes = p.sketch_bytes;
  return screens;
}

struct Indexed {
  std::size_t index = 0;
  std::string path;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::string error;
};

// Reads all row groups; `columns` empty: every column.
template <class Take>
void for_each_group(const store::Dataset& dataset, const std::vector<std::size_t>& columns,
                    const Take& take) {
  std::vector<ColumnBuffer> buffers(columns.size());
  std::vector<ColumnView> views(columns.size());
  for (std::uint64_t group = 0; group < dataset.info().row_groups(); ++group) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      dataset.read(group, columns[i], buffers[i]);
      views[i] = buffers[i].view;
    }
    dataset.check_intact();
    take(std::span<const ColumnView>(views));
  }
}

store::WrittenDataset write_sidecar(const store::DatasetRef& ref, const store::Dataset& dataset,
                                    const IndexParams& p) {
  const Schema& schema = dataset.info().schema;
  std::vector<std::size_t> columns;
  std::vector<ColumnSchema> indexed;
  for (const std::string& name : column_names(p.columns)) {
    const auto column = schema.find(name);
    if (!column || std::ranges::find(columns, *column) != columns.end()) continue;
    columns.push_back(*column);
    indexed.push_back(schema[*column]);
  }
  // Checks the names against the whole schema first.
  ScreenBuilder(screens_of(p), schema, dataset.info().row_group_rows, {});
  store::SidecarWriter writer(ref, dataset.info(), columns, p.overwrite);
  ScreenBuilder screens(screens_of(p), Schema(indexed), dataset.info().row_group_rows,
                        [&](store::Screen screen, std::size_t column, Bytes chunk) {
                          writer.append_screen(screen, column, chunk);
                        });
  for_each_group(dataset, columns, [&](std::span<const ColumnView> views) {
    writer.append(views);
    screens.add(views);
  });
  screens.finish([&](store::Screen screen, std::size_t column, std::string layout) {
    writer.describe_screen(screen, column, std::move(layout));
  });
  return writer.finish();
}

// The screens asked for, and those that the file has already.
ScreenColumns all_screens(const store::Dataset& dataset, const IndexParams& p) {
  ScreenColumns screens = screens_of(p);
  const Schema& schema = dataset.info().schema;
  for (std::size_t column = 0; column < schema.size(); ++column) {
    if (dataset.screen(store::Screen::filter, column) != nullptr)
      screens.filter.push_back(schema[column].name);
    if (const auto* sketch = dataset.screen(store::Screen::sketch, column)) {
      screens.sketch.push_back(schema[column].name);
      const bool narrow =
          sketch->layout == core::ColumnSketch::layout(core::ColumnSketch::Width::one_byte);
      if (!p.sketch && narrow) screens.sketch_bytes = 1;  // stays as it is
    }
  }
  return screens;
}

// Trawl's own file, written anew with everything it had and the screens.
store::WrittenDataset write_inside(const store::DatasetRef& ref, const store::Dataset& dataset,
                                   const IndexParams& p) {
  DatasetOutput output;
  output.write.codec = store::codec_named(dataset.info().codec);
  output.write.row_group_rows = dataset.info().row_group_rows;
  output.write.clustered_by = dataset.info().clustered_by;
  output.write.overwrite = true;
  output.screens = all_screens(dataset, p);
  CountingWriter writer(ref.location, dataset.info().schema, output);
  std::vector<std::size_t> columns(dataset.info().schema.size());
  for (std::size_t i = 0; i < columns.size(); ++i) columns[i] = i;
  for_each_group(dataset, columns,
                 [&](std::span<const ColumnView> views) { writer.append(views); });
  return writer.finish();
}

Indexed index_one(const store::DatasetRef& ref, std::size_t number, const IndexParams& p) {
  Indexed result;
  result.index = number;
  try {
    const auto dataset = store::open_dataset(ref);
    result.rows = dataset->info().rows;
    if (!p.sidecar && dataset->info().kind != "trawl") {
      throw InputError(fmt::format(
          "trawl did not write this file, so it is not changed: {}. Add --sidecar.", ref.location));
    }
    const store::WrittenDataset written =
        p.sidecar ? write_sidecar(ref, *dataset, p) : write_inside(ref, *dataset, p);
    result.path = written.path.string();
    result.bytes = written.bytes;
  } catch (const DataError& error) {
    result.error = error.what();
  }
  return result;
}

std::string to_line(const Indexed& i) {
  return Json::array({i.index, i.path, i.rows, i.bytes, i.error})
             .dump(-1, ' ', false, Json::error_handler_t::replace) +
         "\n";
}

// Collective. All results, in the order of the datasets, on all ranks.
std::vector<Indexed> index_all(const std::vector<store::DatasetRef>& refs, const IndexParams& p,
                               const comm::Comm& world) {
  std::vector<std::uint64_t> weights;
  for (const store::DatasetRef& ref : refs) weights.push_back(ref.bytes + 1);
  const auto mine = share_of(weights, world.size(), world.rank());
  std::vector<Indexed> own(mine.size());
  const int threads = thread_count(p.threads, world);
  world.agree("indexing", [&] {
    for_each_parallel(mine.size(), threads,
                      [&](std::size_t i) { own[i] = index_one(refs[mine[i]], mine[i], p); });
  });
  std::string lines;
  for (const Indexed& indexed : own) lines += to_line(indexed);
  std::vector<Indexed> all;
  for (const std::string& text : world.all_gather_text(lines)) {
    for (const std::string& line : split(text, '\n')) {
      if (line.empty()) continue;
      const Json j = parse_json(line, "report of a rank");
      all.push_back({j[0], j[1], j[2], j[3], j[4]});
    }
  }
  std::ranges::sort(all, {}, &Indexed::index);
  return all;
}

ExitCode run(const IndexParams& p, const Context& context) {
  const Stopwatch watch;
  const comm::Comm& world = context.world;
  const auto refs = store::parse_refs(
      from_root(world, [&] { return store::format_refs(store::list_inputs(p.inputs, p.table)); }));
  if (p.catalog) {
    world.agree("reading the options", [&] {
      if (p.filter || p.sketch || p.sidecar || !p.table.empty())
        throw InputError(
            "--catalog goes without --filter, --sketch, --sidecar and --table. Make the indexes of "
            "row groups first, then the catalog");
    });
    return write_catalog(
        {refs, column_names(p.columns), p.overwrite, thread_count(p.threads, world)}, world);
  }
  const std::vector<Indexed> all = index_all(refs, p, world);
  TextTable table({"file", ">rows", ">bytes"});
  std::uint64_t rows = 0, failed = 0;
  for (const Indexed& indexed : all) {
    rows += indexed.rows;
    if (indexed.error.empty()) {
      table.add({indexed.path, with_thousands(indexed.rows), human_bytes(indexed.bytes)});
    } else {
      ++failed;
      log::warning(fmt::format("failed: {}", indexed.error));
    }
  }
  print_from_root(world, table.text(""));
  log::story(fmt::format("{} rows in {} datasets indexed, {} failed ({})", with_thousands(rows),
                         with_thousands(all.size() - failed), failed,
                         human_seconds(watch.seconds())));
  return failed > 0 ? ExitCode::incomplete : ExitCode::complete;
}

}  // namespace

Command index_command() {
  return make_command<IndexParams>(
      {.name = "index",
       .summary =
           "give datasets membership filters and column sketches, so that searches read less",
       .details =
           "A membership filter tells, per row group, which values are not there: one block of a "
           "few kilobytes answers `column = value` for hundreds of row groups. A column sketch has "
           "two bytes per row (or one) that decide most ranges without the values. Both only ever "
           "reject what they prove: results, and what verify accepts, stay the same.\n\n"
           "Files that trawl wrote are written anew, with the index inside (their digest changes). "
           "With --sidecar the index goes into a file beside them, bound to the digest of the "
           "data; "
           "searches find it there, and ignore it when the data has changed. The same screens can "
           "be made when data is written: --filter and --sketch of ingest and generate.\n\n"
           "For thousands of files, --catalog writes one file into the folder that they share. It "
           "holds, per dataset, its digests and a filter of all its keys, laid out so that one "
           "read answers for 256 datasets. Searches in that folder look there first; a dataset "
           "whose digest is another one by now is opened as if there were no catalog.",
       .example = "trawl index --columns user_id data\n"
                  "trawl index --columns user_id --catalog data\n"
                  "trawl index --columns amount,time --sketch data\n"
                  "mpirun -n 4 trawl index --columns id --sidecar 'particles/*.h5'",
       .exit_codes = {ExitCode::incomplete}},
      run);
}

}  // namespace trawl::command
