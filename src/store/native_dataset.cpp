#include "store/native_dataset.hpp"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include <fmt/format.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/error.hpp>

#include "store/codec.hpp"
#include "store/lanes.hpp"

namespace trawl::store {
namespace {

// Memory of this thread, without initialising it; valid until the next call with the same number.
template <int number>
std::byte* thread_space(std::size_t bytes) {
  thread_local std::unique_ptr<std::byte[]> space;
  thread_local std::size_t size = 0;
  if (size < bytes) {
    space.reset();
    space = std::make_unique_for_overwrite<std::byte[]>(bytes);
    size = bytes;
  }
  return space.get();
}
constexpr int stored_space = 0;
constexpr int decoded_space = 1;

// The file that this thread read last, of the dataset with this serial number (from 1): the columns
// of a row group are read one after the other.
struct LastFile {
  std::uint64_t serial = 0;
  Fd fd;
};
LastFile& last_file() {
  thread_local LastFile last;
  return last;
}

std::uint64_t next_serial() {
  static std::atomic<std::uint64_t> serial{0};
  return ++serial;
}

}  // namespace

NativeDataset::NativeDataset(const DatasetRef& ref, Fd fd, const Seal& seal, Index index)
    : path_(ref.location), serial_(next_serial()), seal_(seal), index_(std::move(index)) {
  first_chunk_.assign(index_.header.parts.size() + 1, 0);
  for (const ChunkRecord& record : index_.chunks) ++first_chunk_[record.part + 1];
  for (std::size_t part = 1; part < first_chunk_.size(); ++part) {
    first_chunk_[part] += first_chunk_[part - 1];
  }
  std::size_t texts = 0;
  for (const IndexedColumn& column : index_.header.columns) {
    text_column_.push_back(texts);
    texts += is_text(column.schema.type) ? 1 : 0;
  }
  describe(ref, fd);
  describe_screens();
  last_file() = {serial_, std::move(fd)};
}

// The open file, for this thread, until it reads another dataset. DataError also when it is no
// longer the file that was opened first.
const Fd& NativeDataset::file() const {
  LastFile& last = last_file();
  if (last.serial == serial_) return last.fd;
  SizedFd file = open_with_size(path_);
  const auto seal = read_seal(file, path_);
  if (!seal || *seal != seal_) {
    throw DataError(
        fmt::format("dataset changed since it was opened: {} (its seal differs)", path_.string()));
  }
  last = {serial_, std::move(file.fd)};
  return last.fd;
}

// Null: to be read with pread.
const MappedFile* NativeDataset::map() const {
  if (seal_.bytes <= small_bytes) return nullptr;
  std::call_once(map_once_, [this] {
    if (auto map = MappedFile::map(file(), seal_.bytes)) map_.emplace(std::move(*map));
    if (map_) mapped_.store(&*map_, std::memory_order_release);
  });
  return mapped();
}

void NativeDataset::describe(const DatasetRef& ref, const Fd& fd) {
  const IndexHeader& header = index_.header;
  std::vector<std::uint64_t> part_bytes(header.parts.size());
  for (const ChunkRecord& record : index_.chunks) part_bytes[record.part] += record.stored;
  std::vector<ColumnSchema> columns;
  for (const IndexedColumn& column : header.columns) {
    columns.push_back(column.schema);
    if (column.categories) columns.back().categories = read_categories(column, fd);
    std::uint64_t bytes = part_bytes[column.values];
    if (column.bytes) bytes += part_bytes[*column.bytes];
    if (column.validity) bytes += part_bytes[*column.validity];
    if (column.categories) bytes += column.categories->place.bytes;
    info_.column_bytes.push_back(bytes);
    info_.distinct.push_back(column.distinct);
  }
  info_.name = ref.name;
  info_.kind = "trawl";
  info_.schema = Schema(std::move(columns));
  info_.rows = header.rows;
  info_.row_group_rows = header.row_group_rows;
  info_.codec = name_of(header.codec);
  info_.clustered_by = header.clustered_by;
  info_.bytes = seal_.bytes;
  info_.digest = seal_.content_digest;
  info_.index_digest = seal_.index_digest;
}

void NativeDataset::describe_screens() {
  screens_.resize(index_.header.columns.size() * screens);
  for (const IndexedScreen& screen : index_.header.screens) {
    const Part& part = index_.header.parts[screen.part];
    screens_[screen.column * screens + static_cast<std::size_t>(screen.screen)] = {
        {screen.layout, part.chunks(), part.chunk}, screen.part, true};
  }
}

namespace {

// Tables of categories, so that equal ones of thousands of datasets are read into one. Small ones,
// and few: others are made each time. Thread-safe.
class KnownCategories {
 public:
  using Table = std::shared_ptr<const Categories>;

  // The categories that were made of these bytes; null: not known.
  Table find(const std::string& digest, std::uint64_t width, std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(digest);
    const bool same =
        found != known_.end() && found->second.width == width && found->second.bytes == bytes;
    return same ? found->second.table : nullptr;
  }
  void keep(const std::string& digest, std::uint64_t width, std::string bytes, Table table) {
    constexpr std::size_t most = 256, most_bytes = 16 << 10;
    if (bytes.size() > most_bytes) return;
    const std::lock_guard lock(mutex_);
    if (known_.size() >= most) known_.clear();
    known_.try_emplace(digest, Known{width, std::move(bytes), std::move(table)});
  }

 private:
  struct Known {
    std::uint64_t width;
    std::string bytes;
    Table table;
  };
  std::mutex mutex_;
  std::unordered_map<std::string, Known> known_;  // by digest
};

KnownCategories& known_categories() {
  static KnownCategories known;
  return known;
}

}  // namespace

std::shared_ptr<const Categories> NativeDataset::read_categories(const IndexedColumn& column,
                                                                 const Fd& fd) const {
  const CategoriesPlace& where = *column.categories;
  if (where.place.offset > seal_.bytes || where.place.bytes > seal_.bytes - where.place.offset) {
    throw DataError(fmt::format("categories are damaged: {}, column '{}' (outside the file)",
                                path_.string(), column.schema.name));
  }
  std::string table(where.place.bytes, '\0');
  read_exactly(fd, where.place.offset, table.data(), table.size(), path_);
  if (auto known = known_categories().find(where.digest, where.width, table)) return known;
  if (fmt::format("{:016x}", xxh3(bytes_of(table))) != where.digest) {
    throw DataError(fmt::format("categories are damaged: {}, column '{}', offset {} (wrong digest)",
                                path_.string(), column.schema.name, where.place.offset));
  }
  auto categories = std::make_shared<Categories>();
  categories->reserve(where.count);
  for (std::uint64_t i = 0; i < where.count; ++i) {
    const std::string_view padded = std::string_view(table).substr(i * where.width, where.width);
    categories->emplace_back(padded.substr(0, padded.find_last_not_of('\0') + 1));
    if (i > 0 && (*categories)[i - 1] >= categories->back()) {
      throw DataError(fmt::format("categories are damaged: {}, column '{}' (they do not ascend)",
                                  path_.string(), column.schema.name));
    }
  }
  known_categories().keep(where.digest, where.width, std::move(table), categories);
  return categories;
}

void NativeDataset::fail(const Target& target, std::uint64_t offset, std::string_view why) const {
  throw DataError(
      fmt::format("chunk is damaged: {}, column '{}', row group {}, offset {} ({}). "
                  "Restore the file or write it anew",
                  path_.string(), info_.schema[target.column].name, target.group, offset, why));
}

const TextRecord* NativeDataset::text_record(std::uint64_t group, std::size_t column) const {
  if (!is_text(info_.schema[column].type)) return nullptr;
  return &index_.texts[text_column_[column] * info_.row_groups() + group];
}

std::optional<Zone> NativeDataset::zone(std::uint64_t group, std::size_t column) const {
  return load_zone(index_.zones[column * info_.row_groups() + group], text_record(group, column),
                   info_.schema[column].type, info_.group_rows(group));
}

// O(1) where no chunk is missing, O(log chunks) in validity.
const ChunkRecord* NativeDataset::find_chunk(std::uint32_t part, std::uint64_t chunk) const {
  const ChunkRecord* begin = index_.chunks.data() + first_chunk_[part];
  const ChunkRecord* end = index_.chunks.data() + first_chunk_[part + 1];
  if (index_.header.parts[part].role != Role::validity) return begin + chunk;
  const ChunkRecord* found =
      std::lower_bound(begin, end, chunk,
                       [](const ChunkRecord& r, std::uint64_t wanted) { return r.chunk < wanted; });
  return found != end && found->chunk == chunk ? found : nullptr;
}

// The bytes of a chunk as stored, with the digest that was recorded: of the mapped file, or in this
// thread's space until its next call.
Bytes NativeDataset::stored_bytes(const ChunkRecord& record, const Target& target) const {
  constexpr std::uint64_t few = 16 << 10;  // copied in less time than the system maps a page
  if (record.stored <= few) {
    std::byte* const space = thread_space<stored_space>(record.stored);
    if (read_if_cached(file(), record.address, {space, record.stored}))
      return check(record, target, {space, record.stored});
  }
  if (const MappedFile* from = map())
    return check(record, target, from->read(record.address, record.stored));
  return read_stored(record, target, thread_space<stored_space>(record.stored));
}

Bytes NativeDataset::check(const ChunkRecord& record, const Target& target, Bytes stored) const {
  if (xxh3(stored) != record.digest)
    fail(target, record.address, "its digest is not the one recorded");
  return stored;
}

// The same, copied to where it is wanted.
Bytes NativeDataset::read_stored(const ChunkRecord& record, const Target& target,
                                 std::byte* into) const {
  read_exactly(file(), record.address, into, record.stored, path_);
  return check(record, target, {into, record.stored});
}

void NativeDataset::read_chunk(const ChunkRecord& record, const Target& target,
                               std::byte* into) const {
  if (is_plain(record)) {
    if (const MappedFile* from = map()) {
      const Bytes stored = check(record, target, from->read(record.address, record.stored));
      std::memcpy(into, stored.data(), stored.size());
    } else {
      read_stored(record, target, into);
    }
    return;
  }
  const Bytes stored = stored_bytes(record, target);
  const Part& part = index_.header.parts[record.part];
  if (const char* problem = decode_chunk(index_.header.codec, part.packing, record.skipped,
                                         part.element_bytes, stored, into, record.raw)) {
    fail(target, record.address, problem);
  }
}

// Whether a chunk is stored as it is in memory.
bool NativeDataset::is_plain(const ChunkRecord& record) const {
  const Part& part = index_.header.parts[record.part];
  switch (index_.header.codec) {
    case Codec::none:
      return true;
    case Codec::packed:
      return record.stored == record.raw &&
             record.skipped == skip_all(part.packing, part.element_bytes);
    default:
      return false;
  }
}

// The values of a plain chunk where they lie in the mapped file; null when they have to be copied.
const std::byte* NativeDataset::mapped_values(const ChunkRecord& record, const Target& target,
                                              std::size_t alignment) const {
  if (!is_plain(record) || record.address % alignment != 0) return nullptr;
  const MappedFile* from = map();
  if (from == nullptr) return nullptr;
  return check(record, target, from->read(record.address, record.stored)).data();
}

std::uint64_t NativeDataset::read_values(const Target& target, ColumnBuffer& into) const {
  const ColumnSchema& schema = info_.schema[target.column];
  const std::uint32_t part = index_.header.columns[target.column].values;
  const ChunkRecord& record = *find_chunk(part, target.group);
  into.view.values = mapped_values(record, target, lane_bytes(schema.lane));
  if (into.view.values == nullptr) {
    void* values = into.allocate(schema.lane, index_.header.parts[part].chunk);
    read_chunk(record, target, static_cast<std::byte*>(values));
    into.view.values = values;
  }
  if (!codes_in_range(into.view)) fail(target, record.address, "a value is out of range");
  return record.stored;
}

std::uint64_t NativeDataset::read_validity(const Target& target, ColumnBuffer& into) const {
  const auto part = index_.header.columns[target.column].validity;
  const ChunkRecord* record = part ? find_chunk(*part, target.group) : nullptr;
  if (record == nullptr) return 0;
  std::byte* flags = thread_space<decoded_space>(record->raw);
  read_chunk(*record, target, flags);
  std::uint64_t* valid = into.allocate_valid(into.view.rows);
  if (!pack_bits(flags, into.view.rows, valid))
    fail(target, record->address, "a value is out of range");
  into.view.valid = valid;
  return record->stored;
}

std::uint64_t NativeDataset::read_ends(const Target& target, ColumnBuffer& into) const {
  const IndexedColumn& column = index_.header.columns[target.column];
  const std::uint64_t total = index_.header.parts[*column.bytes].elements;
  const ChunkRecord& record = *find_chunk(column.values, target.group);
  // A copy, also of a mapped file: texts are cut by what was checked, whatever becomes of the file.
  std::uint64_t* ends = into.allocate_ends(index_.header.parts[column.values].chunk);
  read_chunk(record, target, reinterpret_cast<std::byte*>(ends));
  into.view.base = text_record(target.group, target.column)->begin;
  into.view.ends = ends;
  const std::uint64_t last = ends[into.view.rows - 1];
  const bool is_last = target.group + 1 == info_.row_groups();
  const std::uint64_t next = is_last ? total : text_record(target.group + 1, target.column)->begin;
  if (!ascending(into.view.base, {ends, into.view.rows}) || last != next || last > total) {
    fail(target, record.address, "the ends of its texts are out of order");
  }
  return record.stored;
}

// The bytes [begin, end) of a part where they lie in the mapped file, when its chunks lie there one
// behind the other; null when they have to be copied.
const std::byte* NativeDataset::mapped_text(std::uint32_t part, std::uint64_t begin,
                                            std::uint64_t end, const Target& target) const {
  if (index_.header.codec != Codec::none || map() == nullptr) return nullptr;
  const std::uint64_t chunk_bytes = index_.header.parts[part].chunk;
  const std::uint64_t first = begin / chunk_bytes, last = (end - 1) / chunk_bytes;
  const ChunkRecord* records = find_chunk(part, first);
  for (std::uint64_t i = 1; i <= last - first; ++i) {
    if (records[i].address != records[i - 1].address + chunk_bytes) return nullptr;
  }
  for (std::uint64_t i = 0; i <= last - first; ++i) stored_bytes(records[i], target);
  return mapped()->at(records->address) + begin % chunk_bytes;
}

std::uint64_t NativeDataset::read_text(const Target& target, ColumnBuffer& into) const {
  std::uint64_t read = read_ends(target, into);
  const std::uint64_t begin = into.view.base;
  const std::uint64_t end = into.view.ends[into.view.rows - 1];
  if (begin == end) {
    into.view.bytes = into.allocate_bytes(0);
    return read;
  }
  const std::uint32_t part = *index_.header.columns[target.column].bytes;
  const std::uint64_t chunk_bytes = index_.header.parts[part].chunk;
  for (std::uint64_t chunk = begin / chunk_bytes; chunk <= (end - 1) / chunk_bytes; ++chunk)
    read += find_chunk(part, chunk)->stored;
  const std::byte* stored = mapped_text(part, begin, end, target);
  into.view.bytes = stored != nullptr
                        ? reinterpret_cast<const char*>(stored)
                        : copy_text(part, begin, end, target, into.allocate_bytes(end - begin));
  return read;
}

const char* NativeDataset::copy_text(std::uint32_t part, std::uint64_t begin, std::uint64_t end,
                                     const Target& target, char* into) const {
  auto* bytes = reinterpret_cast<std::byte*>(into);
  const std::uint64_t chunk_bytes = index_.header.parts[part].chunk;
  for (std::uint64_t chunk = begin / chunk_bytes; chunk <= (end - 1) / chunk_bytes; ++chunk) {
    const ChunkRecord& record = *find_chunk(part, chunk);
    const std::uint64_t from = std::max(begin, chunk * chunk_bytes);
    const std::uint64_t to = std::min(end, (chunk + 1) * chunk_bytes);
    if (to - from == chunk_bytes) {
      read_chunk(record, target, bytes + (from - begin));
    } else {
      std::byte* space = thread_space<decoded_space>(record.raw);
      read_chunk(record, target, space);
      std::memcpy(bytes + (from - begin), space + (from - chunk * chunk_bytes), to - from);
    }
  }
  return into;
}

// Of the row group's column, without values.
ColumnView NativeDataset::empty_view(const Target& target) const {
  const ColumnSchema& schema = info_.schema[target.column];
  ColumnView view;
  view.type = schema.type;
  view.lane = schema.lane;
  view.rows = info_.group_rows(target.group);
  view.categories = schema.categories.get();
  return view;
}

std::uint64_t NativeDataset::read(std::uint64_t group, std::size_t column,
                                  ColumnBuffer& into) const {
  const Target target{group, column};
  into.view = empty_view(target);
  const std::uint64_t bytes =
      into.view.lane == Lane::text ? read_text(target, into) : read_values(target, into);
  return bytes + read_validity(target, into);
}

const ScreenInfo* NativeDataset::screen(Screen screen, std::size_t column) const {
  const Screened& known = screened(screen, column);
  return known.known ? &known.info : nullptr;
}

Bytes NativeDataset::read_screen(Screen screen, std::size_t column, std::uint64_t chunk,
                                 std::vector<std::byte>& space) const {
  const ChunkRecord& record = *find_chunk(screened(screen, column).part, chunk);
  if (const MappedFile* from = map())
    return check(record, {chunk, column}, from->read(record.address, record.stored));
  space.resize(record.stored);
  return read_stored(record, {chunk, column}, space.data());
}

void NativeDataset::check_intact() const {
  const MappedFile* map = mapped();
  if (map != nullptr && map->damaged()) {
    throw DataError(fmt::format(
        "dataset cannot be read: {} (it shrank, or its disk failed, while it was read). Restore "
        "the file and search again",
        path_.string()));
  }
}

std::string NativeDataset::recompute_digest() const {
  const SizedFd file = open_with_size(path_);
  const auto seal = read_seal(file, path_);
  if (!seal || *seal != seal_) {
    throw DataError(
        fmt::format("dataset changed since it was opened: {} (its seal differs)", path_.string()));
  }
  read_index(file.fd, *seal, path_);
  return digest_from(file.fd, seal_bytes, path_);
}

}  // namespace trawl::store
