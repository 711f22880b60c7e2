#include <set>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/store/writer.hpp>

#include "store/column_writer.hpp"
#include "store/layout.hpp"
#include "store/output_file.hpp"

namespace trawl::store {
namespace {

// A compound type of the records of the index, with the offsets they have in memory.
struct Field {
  const char* name;
  std::size_t offset;
  hid_t type;
};

Handle record_type(std::size_t bytes, std::initializer_list<Field> fields) {
  Handle type = owned(H5Tcreate(H5T_COMPOUND, bytes), H5Tclose, "cannot make a type", "index");
  for (const Field& field : fields) {
    check(H5Tinsert(type.get(), field.name, field.offset, field.type), "cannot make a type",
          field.name);
  }
  return type;
}

Handle chunk_type() {
  return record_type(sizeof(ChunkRecord),
                     {{"address", offsetof(ChunkRecord, address), H5T_STD_U64LE},
                      {"xxh3", offsetof(ChunkRecord, digest), H5T_STD_U64LE},
                      {"stored_bytes", offsetof(ChunkRecord, stored), H5T_STD_U32LE},
                      {"raw_bytes", offsetof(ChunkRecord, raw), H5T_STD_U32LE},
                      {"part", offsetof(ChunkRecord, part), H5T_STD_U32LE},
                      {"chunk", offsetof(ChunkRecord, chunk), H5T_STD_U32LE}});
}

Handle zone_type() {
  return record_type(sizeof(ZoneRecord),
                     {{"min", offsetof(ZoneRecord, min), H5T_STD_U64LE},
                      {"max", offsetof(ZoneRecord, max), H5T_STD_U64LE},
                      {"nulls", offsetof(ZoneRecord, nulls), H5T_STD_U32LE},
                      {"nans", offsetof(ZoneRecord, nans), H5T_STD_U32LE},
                      {"flags", offsetof(ZoneRecord, flags), H5T_STD_U32LE},
                      {"reserved", offsetof(ZoneRecord, reserved), H5T_STD_U32LE}});
}

Handle text_type() {
  const Handle bound = string_type(Zone::text_bytes);
  return record_type(sizeof(TextRecord),
                     {{"begin", offsetof(TextRecord, begin), H5T_STD_U64LE},
                      {"min", offsetof(TextRecord, min), bound.get()},
                      {"max", offsetof(TextRecord, max), bound.get()},
                      {"min_bytes", offsetof(TextRecord, min_bytes), H5T_STD_U32LE},
                      {"max_bytes", offsetof(TextRecord, max_bytes), H5T_STD_U32LE}});
}

template <class Record>
Bytes table_bytes(const std::vector<Record>& records) {
  return std::as_bytes(std::span(records));
}

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

}  // namespace

struct DatasetWriter::State {
  State(std::filesystem::path path, const Schema& schema, WriteOptions write_options)
      : options(write_options),
        file((check_schema(schema, options), std::move(path)), options.overwrite) {
    file.create_group(columns_group);
    file.create_group(validity_group);
    for (const ColumnSchema& column : schema) columns.emplace_back(file, column, options.codec);
  }

  void create_columns(std::uint64_t chunk_rows) {
    if (std::exchange(created, true)) return;
    for (ColumnWriter& column : columns) column.create(chunk_rows);
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
    create_columns(group_rows);  // a dataset of one short row group gets chunks no longer than that
    for (std::size_t i = 0; i < views.size(); ++i) columns[i].append(views[i]);
    rows += group_rows;
  }

  // Writes what the columns still hold, and /index.
  Seal write_index(std::span<const std::optional<std::uint64_t>> distinct) {
    Index index;
    index.header.rows = rows;
    index.header.row_group_rows = options.row_group_rows;
    index.header.codec = options.codec;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      columns[i].finish(index, distinct.empty() ? std::nullopt : distinct[i]);
    }
    const std::string header = format_header(index.header);
    file.create_group("/index");
    Seal seal;
    seal.rows = rows;
    seal.places.header = file.write_table("/index/header", string_type(header.size()).get(), 1,
                                          bytes_of(header), true);
    seal.places.chunks = write_records("/index/chunks", chunk_type(), index.chunks);
    seal.places.zones = write_records("/index/zones", zone_type(), index.zones);
    seal.places.texts = write_records("/index/texts", text_type(), index.texts);
    seal.index_digest = index_digest(bytes_of(header), table_bytes(index.chunks),
                                     table_bytes(index.zones), table_bytes(index.texts));
    parts = std::move(index.header.parts);
    return seal;
  }

  template <class Record>
  Place write_records(const char* name, const Handle& type, const std::vector<Record>& records) {
    return file.write_table(name, type.get(), records.size(), table_bytes(records));
  }

  void write_root_attributes() {
    const Hdf5Lock lock;
    const std::string& where = file.temporary().native();
    const Handle root =
        owned(H5Gopen2(file.id(), "/", H5P_DEFAULT), H5Gclose, "cannot write dataset", where);
    write_attribute(root.get(), "format", "trawl dataset", where);
    write_attribute(root.get(), "version", "1", where);
  }

  // What lies in the file now, read through HDF5 and through the index: closing alone proves
  // nothing.
  void check_written(const Seal& seal, const Fd& fd) const {
    const Index index = read_index(fd, seal, file.temporary());
    std::vector<std::byte> stored;
    for (const ChunkRecord& record : index.chunks) {
      stored.resize(record.stored);
      read_exactly(fd, record.address, stored.data(), stored.size(), file.temporary());
      if (xxh3(stored) != record.digest) {
        throw DataError(fmt::format("cannot write dataset: {} (a chunk at offset {} is lost)",
                                    file.path().string(), record.address));
      }
    }
    check_extents();
  }

  void check_extents() const {
    const Hdf5Lock lock;
    const Handle reopened = open_hdf5(file.temporary());
    for (const Part& part : parts) {
      const Handle dataset = owned(H5Dopen2(reopened.get(), part.path.c_str(), H5P_DEFAULT),
                                   H5Dclose, "cannot read back", part.path);
      const Handle space =
          owned(H5Dget_space(dataset.get()), H5Sclose, "cannot read back", part.path);
      if (H5Sget_simple_extent_npoints(space.get()) != static_cast<hssize_t>(part.elements)) {
        throw DataError(fmt::format("cannot write dataset: {} ({} is incomplete)",
                                    file.path().string(), part.path));
      }
    }
  }

  WrittenDataset finish(std::span<const std::optional<std::uint64_t>> distinct) {
    create_columns(options.row_group_rows);
    Seal seal = write_index(distinct);
    write_root_attributes();
    for (ColumnWriter& column : columns) column.close();
    file.close();
    const Fd fd = open_for_reading(file.temporary());
    seal.bytes = file_bytes(fd, file.temporary());
    check_written(seal, fd);
    seal.content_digest = digest_from(fd, seal_bytes, file.temporary());
    file.publish(seal);
    return {file.path(), rows, seal.bytes, seal.content_digest};
  }

  WriteOptions options;
  OutputFile file;
  std::vector<ColumnWriter> columns;
  std::vector<Part> parts;
  std::uint64_t rows = 0;
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

WrittenDataset DatasetWriter::finish(std::span<const std::optional<std::uint64_t>> distinct) {
  if (!distinct.empty() && distinct.size() != state_->columns.size()) {
    throw InputError("distinct counts of another number of columns");
  }
  WrittenDataset written = write_step(*state_, [&] { return state_->finish(distinct); });
  state_->finished = true;
  return written;
}

}  // namespace trawl::store
