#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/store/writer.hpp>

#include "store/column_writer.hpp"
#include "store/index_writer.hpp"
#include "store/layout.hpp"
#include "store/output_file.hpp"

namespace trawl::store {
namespace {

void check_schema(const Schema& schema, const WriteOptions& options) {
  if (options.row_group_rows < 1 || options.row_group_rows > max_row_group_rows) {
    throw InputError(fmt::format("rows per row group out of range: {} (1 to {})",
                                 options.row_group_rows, max_row_group_rows));
  }
  if (schema.size() == 0) throw InputError("a dataset needs at least one column");
  std::set<std::string_view> names;
  for (const ColumnSchema& column : schema) {
    if (!names.insert(column.name).second) {
      throw InputError(fmt::format("two columns have the same name: '{}'", column.name));
    }
  }
}

std::vector<std::string> names_of(const Schema& schema) {
  std::vector<std::string> names;
  for (const ColumnSchema& column : schema) names.push_back(column.name);
  return names;
}

}  // namespace

struct DatasetWriter::State {
  State(std::filesystem::path path, const Schema& schema, WriteOptions write_options)
      : options(write_options),
        file((check_schema(schema, options), std::move(path)), options.overwrite,
             options.codec == Codec::none ? OutputFile::Alignment::pages
                                          : OutputFile::Alignment::lanes),
        screens(file, names_of(schema)) {
    file.create_group(columns_group);
    file.create_group(validity_group);
    file.create_group(index_group);
    if (!options.paged.empty()) file.create_group(pages_group);
    for (const ColumnSchema& column : schema) {
      const bool paged = std::ranges::find(options.paged, column.name) != options.paged.end();
      columns.emplace_back(file, column, options.codec, paged);
    }
  }

  // `views`: the first row group; empty: there is none.
  void create_columns(std::uint64_t chunk_rows, std::span<const ColumnView> views) {
    if (std::exchange(created, true)) return;
    for (std::size_t i = 0; i < columns.size(); ++i)
      columns[i].create(chunk_rows, views.empty() ? nullptr : &views[i]);
  }

  void check_append(std::span<const ColumnView> views) const {
    if (views.size() != columns.size()) {
      throw InputError(fmt::format("row group with {} columns instead of {}: {}", views.size(),
                                   columns.size(), file.path().string()));
    }
    const std::size_t group_rows = views[0].rows;
    if (group_rows > options.row_group_rows || (group_rows > 0 && last_was_short)) {
      throw InputError(fmt::format("row group with {} rows: {} (all but the last have {})",
                                   group_rows, file.path().string(), options.row_group_rows));
    }
    for (std::size_t i = 0; i < views.size(); ++i) columns[i].check(views[i], group_rows);
  }

  void append(std::span<const ColumnView> views) {
    const std::size_t group_rows = views[0].rows;
    if (group_rows == 0) return;
    last_was_short = group_rows < options.row_group_rows;
    create_columns(group_rows,
                   views);  // a dataset of one short row group gets chunks no longer than that
    for (std::size_t i = 0; i < views.size(); ++i) columns[i].append(views[i]);
    rows += group_rows;
    std::size_t pending = 0;
    for (const ColumnWriter& column : columns) pending += column.pending_bytes();
    if (++pending_groups < stripe_groups && pending < stripe_bytes) return;
    for (ColumnWriter& column : columns) column.flush();
    pending_groups = 0;
  }

  // Chunks of one column lie together for so many row groups: disks, and the system's cache, like
  // long pieces, and a piece of work is that many row groups too.
  static constexpr std::uint64_t stripe_groups = 16;
  static constexpr std::size_t stripe_bytes = std::size_t{64} << 20;

  // What the columns still hold goes into the file first.
  Index make_index(std::span<const std::optional<std::uint64_t>> distinct) {
    Index index;
    index.header.rows = rows;
    index.header.row_group_rows = options.row_group_rows;
    index.header.codec = options.codec;
    index.header.clustered_by = options.clustered_by;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      columns[i].finish(index, distinct.empty() ? std::nullopt : distinct[i]);
    }
    screens.add_to(index);
    return index;
  }

  void write_root_attributes() {
    const Hdf5Lock lock;
    const std::string& where = file.temporary().native();
    const Handle root =
        owned(H5Gopen2(file.id(), "/", H5P_DEFAULT), H5Gclose, "cannot write dataset", where);
    write_attribute(root.get(), "format", "trawl dataset", where);
    write_attribute(root.get(), "version", "1", where);
  }

  WrittenDataset finish(std::span<const std::optional<std::uint64_t>> distinct) {
    create_columns(options.row_group_rows, {});
    const Index index = make_index(distinct);
    const Seal seal = write_index(file, index);
    write_root_attributes();
    for (ColumnWriter& column : columns) column.close();
    screens.close();
    return seal_and_publish(file, index, seal);
  }

  WriteOptions options;
  OutputFile file;
  std::vector<ColumnWriter> columns;
  ScreenParts screens;
  std::uint64_t rows = 0;
  std::uint64_t pending_groups = 0;
  bool created = false;
  bool last_was_short = false;
  bool finished = false;
  bool poisoned = false;
};

namespace {

// Runs a step that writes; a failure makes every later step fail.
template <class State, class F>
auto write_step(State& state, F&& step) {
  if (state.finished)
    throw InputError("dataset is finished already: " + state.file.path().string());
  if (state.poisoned) {
    throw DataError("cannot write dataset: " + state.file.path().string() +
                    " (an earlier write failed)");
  }
  state.poisoned = true;
  if constexpr (std::is_void_v<decltype(step())>) {
    step();
    state.poisoned = false;
  } else {
    auto result = step();
    state.poisoned = false;
    return result;
  }
}

}  // namespace

DatasetWriter::DatasetWriter(std::filesystem::path path, Schema schema, WriteOptions options)
    : state_(std::make_unique<State>(std::move(path), schema, options)) {}

DatasetWriter::~DatasetWriter() = default;

void DatasetWriter::append(std::span<const ColumnView> columns) {
  state_->check_append(columns);
  write_step(*state_, [&] { state_->append(columns); });
}

void DatasetWriter::append_screen(Screen screen, std::size_t column, Bytes chunk) {
  write_step(*state_, [&] { state_->screens.append(screen, column, chunk); });
}

void DatasetWriter::describe_screen(Screen screen, std::size_t column, std::string layout) {
  state_->screens.describe(screen, column, std::move(layout));
}

WrittenDataset DatasetWriter::finish(std::span<const std::optional<std::uint64_t>> distinct) {
  if (!distinct.empty() && distinct.size() != state_->columns.size()) {
    throw InputError("distinct counts of another number of columns");
  }
  WrittenDataset written = write_step(*state_, [&] { return state_->finish(distinct); });
  state_->finished = true;
  return written;
}

}  // namespace trawl::store
