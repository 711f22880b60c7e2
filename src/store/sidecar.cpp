#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/log.hpp>
#include <trawl/base/mapped_file.hpp>
#include <trawl/store/sidecar.hpp>

#include "store/index_writer.hpp"
#include "store/layout.hpp"

namespace trawl::store {
namespace {

std::vector<std::string> names_of(const DatasetInfo& dataset,
                                  const std::vector<std::size_t>& columns) {
  std::vector<std::string> names;
  for (const std::size_t column : columns) names.push_back(dataset.schema[column].name);
  return names;
}

fs::path sidecar_of_file(const DatasetRef& ref) {
  if (ref.location.starts_with("gen:")) {
    throw InputError(fmt::format(
        "a generated source has no file to lay an index beside: {}. Write it with `trawl generate "
        "... --filter ...`.",
        ref.location));
  }
  return sidecar_path(ref);
}

// What is in a sidecar, and the bytes of its screens.
class Sidecar {
 public:
  explicit Sidecar(const fs::path& path) : path_(path), fd_(open_for_reading(path)) {
    const std::uint64_t bytes = file_bytes(fd_, path);
    std::string block(std::min<std::uint64_t>(bytes, seal_bytes), '\0');
    read_exactly(fd_, 0, block.data(), block.size(), path);
    const auto seal = parse_seal(block, bytes, path);
    if (!seal) throw DataError(fmt::format("not an index: {}", path.string()));
    index_ = read_index(fd_, *seal, path);
    digest_ = seal->index_digest;
    if (auto map = MappedFile::map(fd_, seal->bytes)) {
      map_.emplace(std::move(*map));
      fd_.reset();  // thousands of datasets may be open
    }
    for (const ChunkRecord& record : index_.chunks) {
      while (first_chunk_.size() <= record.part) first_chunk_.push_back(0);
      if (record.chunk == 0)
        first_chunk_[record.part] = static_cast<std::size_t>(&record - index_.chunks.data());
    }
    for (const IndexedScreen& screen : index_.header.screens) {
      const Part& part = index_.header.parts[screen.part];
      infos_.push_back({screen.layout, part.chunks(), part.chunk});
    }
  }

  const IndexHeader& header() const { return index_.header; }
  const std::string& digest() const { return digest_; }

  std::optional<std::size_t> find(std::string_view name) const {
    for (std::size_t i = 0; i < index_.header.columns.size(); ++i) {
      if (index_.header.columns[i].schema.name == name) return i;
    }
    return std::nullopt;
  }

  Zone zone(std::uint64_t group, std::size_t column, std::uint64_t rows) const {
    const std::uint64_t groups = index_.header.row_groups();
    const Type type = index_.header.columns[column].schema.type;
    const TextRecord* text = nullptr;
    if (is_text(type)) {
      const auto before =
          std::count_if(index_.header.columns.begin(),
                        index_.header.columns.begin() + static_cast<std::ptrdiff_t>(column),
                        [](const IndexedColumn& c) { return is_text(c.schema.type); });
      text = &index_.texts[static_cast<std::uint64_t>(before) * groups + group];
    }
    return load_zone(index_.zones[column * groups + group], text, type, rows);
  }

  // Position in header().screens.
  std::optional<std::size_t> find_screen(Screen screen, std::size_t column) const {
    for (std::size_t i = 0; i < index_.header.screens.size(); ++i) {
      const IndexedScreen& known = index_.header.screens[i];
      if (known.screen == screen && known.column == column) return i;
    }
    return std::nullopt;
  }
  const ScreenInfo& info(std::size_t screen) const { return infos_[screen]; }

  Bytes read(std::size_t screen, std::uint64_t chunk, std::vector<std::byte>& space) const {
    const std::uint32_t part = index_.header.screens[screen].part;
    const ChunkRecord& record = index_.chunks[first_chunk_[part] + chunk];
    Bytes stored;
    if (map_) {
      stored = map_->read(record.address, record.stored);
    } else {
      space.resize(record.stored);
      read_exactly(fd_, record.address, space.data(), space.size(), path_);
      stored = space;
    }
    if (xxh3(stored) != record.digest) {
      throw DataError(
          fmt::format("index is damaged: {}, offset {} (its digest is not the one "
                      "recorded). Make it again with `trawl index`",
                      path_.string(), record.address));
    }
    return stored;
  }

  bool damaged() const { return map_ && map_->damaged(); }

 private:
  fs::path path_;
  Fd fd_;
  std::optional<MappedFile> map_;
  Index index_;
  std::string digest_;
  std::vector<std::size_t> first_chunk_;  // per part
  std::vector<ScreenInfo> infos_;         // per screen
};

// A dataset and its sidecar as one. What the dataset itself knows comes first.
class IndexedDataset final : public Dataset {
 public:
  IndexedDataset(std::unique_ptr<Dataset> dataset, Sidecar sidecar)
      : dataset_(std::move(dataset)), sidecar_(std::move(sidecar)) {
    info_ = dataset_->info();
    if (!info_.index_digest.empty()) info_.index_digest += '+';
    info_.index_digest += sidecar_.digest();
    for (const ColumnSchema& column : info_.schema) columns_.push_back(sidecar_.find(column.name));
  }

  std::optional<Zone> zone(std::uint64_t group, std::size_t column) const override {
    auto zone = dataset_->zone(group, column);
    if (zone || !columns_[column]) return zone;
    return sidecar_.zone(group, *columns_[column], info_.group_rows(group));
  }
  std::uint64_t read(std::uint64_t group, std::size_t column, ColumnBuffer& into) const override {
    return dataset_->read(group, column, into);
  }
  std::uint64_t read_rows(std::uint64_t group, std::size_t column,
                          std::span<const std::uint64_t> rows, ColumnBuffer& into,
                          bool& partial) const override {
    return dataset_->read_rows(group, column, rows, into, partial);
  }
  const ScreenInfo* screen(Screen screen, std::size_t column) const override {
    if (const ScreenInfo* own = dataset_->screen(screen, column)) return own;
    const auto found = find(screen, column);
    return found ? &sidecar_.info(*found) : nullptr;
  }
  Bytes read_screen(Screen screen, std::size_t column, std::uint64_t chunk,
                    std::vector<std::byte>& space) const override {
    if (dataset_->screen(screen, column) != nullptr)
      return dataset_->read_screen(screen, column, chunk, space);
    return sidecar_.read(*find(screen, column), chunk, space);
  }
  bool fetch(std::uint64_t begin, std::uint64_t end, std::size_t column) const override {
    return dataset_->fetch(begin, end, column);
  }
  bool fetch_screen(Screen screen, std::size_t column, std::uint64_t begin,
                    std::uint64_t end) const override {
    return dataset_->screen(screen, column) != nullptr &&
           dataset_->fetch_screen(screen, column, begin, end);
  }
  void prefetch_screen(Screen screen, std::size_t column, std::uint64_t chunk) const override {
    if (dataset_->screen(screen, column) != nullptr)
      dataset_->prefetch_screen(screen, column, chunk);
  }
  void check_intact() const override {
    dataset_->check_intact();
    if (sidecar_.damaged()) {
      throw DataError(
          fmt::format("the index beside '{}' shrank while it was read. Make it again "
                      "with `trawl index`, or search with --no-index",
                      info_.name));
    }
  }
  std::string recompute_digest() const override { return dataset_->recompute_digest(); }

 private:
  std::optional<std::size_t> find(Screen screen, std::size_t column) const {
    return columns_[column] ? sidecar_.find_screen(screen, *columns_[column]) : std::nullopt;
  }

  std::unique_ptr<Dataset> dataset_;
  Sidecar sidecar_;
  std::vector<std::optional<std::size_t>> columns_;  // in the sidecar, per column of the dataset
};

// Why the sidecar says nothing about this dataset; empty: it does.
std::string misfit(const IndexHeader& header, const DatasetRef& ref, const DatasetInfo& info) {
  if (header.indexes.empty()) return "it is a dataset, not an index";
  if (header.table != ref.table) return fmt::format("it indexes table '{}'", header.table);
  if (header.indexes != info.digest || header.rows != info.rows ||
      header.row_group_rows != info.row_group_rows) {
    return "the dataset has changed since";
  }
  for (const IndexedColumn& column : header.columns) {
    const auto found = info.schema.find(column.schema.name);
    if (!found || info.schema[*found].type != column.schema.type)
      return fmt::format("column '{}' is another one", column.schema.name);
  }
  return {};
}

}  // namespace

fs::path sidecar_path(const DatasetRef& ref) {
  return ref.location + std::string(sidecar_ending);
}

bool has_sidecar(const DatasetRef& ref) {
  std::error_code error;
  return !ref.no_index && fs::exists(sidecar_path(ref), error);
}

struct SidecarWriter::State {
  State(const DatasetRef& ref, const DatasetInfo& dataset, std::vector<std::size_t> columns,
        bool overwrite)
      : file(sidecar_of_file(ref), overwrite, OutputFile::Alignment::pages),
        screens(file, names_of(dataset, columns)) {
    file.create_group(index_group);
    index.header.indexes = dataset.digest;
    index.header.table = ref.table;
    index.header.rows = dataset.rows;
    index.header.row_group_rows = dataset.row_group_rows;
    for (const std::size_t column : columns) {
      IndexedColumn indexed;
      indexed.schema = dataset.schema[column];
      indexed.schema.categories = nullptr;
      index.header.columns.push_back(std::move(indexed));
    }
    zones.resize(columns.size());
    texts.resize(columns.size());
  }

  OutputFile file;
  ScreenParts screens;
  Index index;
  std::vector<std::vector<ZoneRecord>> zones;  // per column, by row group
  std::vector<std::vector<TextRecord>> texts;
};

SidecarWriter::SidecarWriter(const DatasetRef& ref, const DatasetInfo& dataset,
                             std::vector<std::size_t> columns, bool overwrite)
    : state_(std::make_unique<State>(ref, dataset, std::move(columns), overwrite)) {}

SidecarWriter::~SidecarWriter() = default;

void SidecarWriter::append(std::span<const ColumnView> columns) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    TextRecord* text = is_text(columns[i].type) ? &state_->texts[i].emplace_back() : nullptr;
    store_zone(zone_of(columns[i]), state_->zones[i].emplace_back(), text);
  }
}

void SidecarWriter::append_screen(Screen screen, std::size_t column, Bytes chunk) {
  state_->screens.append(screen, column, chunk);
}

void SidecarWriter::describe_screen(Screen screen, std::size_t column, std::string layout) {
  state_->screens.describe(screen, column, std::move(layout));
}

WrittenDataset SidecarWriter::finish() {
  Index& index = state_->index;
  for (const auto& zones : state_->zones)
    index.zones.insert(index.zones.end(), zones.begin(), zones.end());
  for (const auto& texts : state_->texts)
    index.texts.insert(index.texts.end(), texts.begin(), texts.end());
  state_->screens.add_to(index);
  const Seal seal = write_index(state_->file, index);
  state_->screens.close();
  return seal_and_publish(state_->file, index, seal);
}

std::unique_ptr<Dataset> with_sidecar(const DatasetRef& ref, std::unique_ptr<Dataset> dataset) {
  if (!has_sidecar(ref)) return dataset;
  const fs::path path = sidecar_path(ref);
  std::string problem;
  try {
    Sidecar sidecar(path);
    problem = misfit(sidecar.header(), ref, dataset->info());
    if (problem.empty())
      return std::make_unique<IndexedDataset>(std::move(dataset), std::move(sidecar));
  } catch (const DataError& damage) {
    problem = damage.what();
  }
  log::any_rank(fmt::format("index not used: {} ({}). Make it again with `trawl index`",
                            path.string(), problem));
  return dataset;
}

}  // namespace trawl::store
