#include <algorithm>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/fold/dataset_pool.hpp>

namespace trawl::fold {

std::unique_ptr<store::Dataset> open_with_retry(const store::DatasetRef& ref,
                                                const std::string& known_digest) {
  try {
    return store::open_dataset(ref, known_digest);
  } catch (const DataError&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return store::open_dataset(ref, known_digest);
  }
}

namespace {

const ColumnSchema* find_column(const Schema& schema, const std::string& name) {
  const auto column = schema.find(name);
  return column ? &schema[*column] : nullptr;
}

void check_types(const Query& query, const Schema& schema) {
  for (const std::string& name : query.numbers) {
    const ColumnSchema* column = find_column(schema, name);
    if (column != nullptr && is_text(column->type)) {
      throw InputError(fmt::format("column '{}' holds {}, and a feature must hold numbers", name,
                                   name_of(column->type)));
    }
  }
  for (const std::string& name : query.names) {
    const ColumnSchema* column = find_column(schema, name);
    if (column != nullptr && column->type == Type::float64) {
      throw InputError(
          fmt::format("column '{}' holds doubles, which are no names of entities or levels", name));
    }
  }
}

}  // namespace

BoundQuery bind(const Query& query, const Schema& schema) {
  BoundQuery bound{core::bind(query.syntax, schema), {}};
  for (const std::string& name : query.select) {
    const auto column = schema.find(name);
    if (!column) {
      throw InputError(
          fmt::format("cannot select '{}': there is no such column. Did you mean '{}'?", name,
                      schema.nearest(name)));
    }
    if (std::ranges::find(bound.select, *column) != bound.select.end()) {
      throw InputError(fmt::format("column '{}' is selected twice. Name it once", name));
    }
    bound.select.push_back(*column);
  }
  check_types(query, schema);
  if (query.select.empty()) {
    for (std::size_t column = 0; column < schema.size(); ++column) bound.select.push_back(column);
  }
  return bound;
}

DatasetPool::DatasetPool(std::vector<store::DatasetRef> refs, Query query, std::size_t capacity)
    : refs_(std::move(refs)), known_(refs_.size()), query_(std::move(query)), capacity_(capacity) {}

namespace {

// Which columns have sketches, and those of the first row group for estimates.
void add_sketches(const store::Dataset& dataset, const std::vector<std::size_t>& columns,
                  core::ScanOptions& options, std::vector<std::vector<std::byte>>& space) {
  options.sketched.resize(dataset.info().schema.size());
  options.samples.resize(dataset.info().schema.size());
  for (const std::size_t column : columns) {
    if (dataset.screen(store::Screen::sketch, column) == nullptr) continue;
    options.sketched[column] = true;
    try {
      options.samples[column] = core::ColumnSketch::view(
          dataset.read_screen(store::Screen::sketch, column, 0, space[column]),
          dataset.info().group_rows(0));
    } catch (const DataError&) {  // scans will find that, and do without
    }
  }
}

}  // namespace

std::shared_ptr<const core::ScanProgram> DatasetPool::compile(const OpenDataset& open) const {
  core::ScanOptions options = options_;
  options.distinct = open.info().distinct;
  options.paged = open.info().codec == "none";
  std::vector<std::vector<std::byte>> space(open.info().schema.size());
  if (use_index_) add_sketches(*open.dataset, open.predicate.columns, options, space);
  return std::make_shared<core::ScanProgram>(open.predicate, open.info().schema, keys_,
                                             std::move(options));
}

void DatasetPool::use_keys(std::span<const core::KeySet* const> keys, core::ScanOptions options,
                           bool use_index) {
  const std::lock_guard lock(mutex_);
  use_index_ = use_index;
  keys_.assign(keys.begin(), keys.end());
  options_ = options;
  for (auto& [index, entry] : open_) entry.open->program.reset();
}

void DatasetPool::forget_keys() {
  const std::lock_guard lock(mutex_);
  for (auto& [index, entry] : open_) entry.open->program.reset();
  keys_.clear();
}

void DatasetPool::know(std::uint64_t index, Known known) {
  const std::lock_guard lock(mutex_);
  known_[index] = std::move(known);
}

std::uint64_t DatasetPool::group_rows(std::uint64_t index, std::uint64_t group) const {
  const Known& known = known_[index];
  const std::uint64_t begin = group * known.row_group_rows;
  return std::min(known.row_group_rows, known.rows - begin);
}

std::shared_ptr<OpenDataset> DatasetPool::make(std::uint64_t index) {
  const Known& known = known_[index];
  auto dataset = open_with_retry(refs_[index], known.digest);
  const store::DatasetInfo& info = dataset->info();
  if (!known.digest.empty() && (info.digest != known.digest || info.rows != known.rows)) {
    throw DataError(fmt::format(
        "'{}' changed while it was searched: its digest was {} and is now {}. Search again",
        refs_[index].location, known.digest, info.digest));
  }
  auto bound = bind_once(info.schema);
  return std::make_shared<OpenDataset>(std::move(dataset), std::move(bound));
}

namespace {

// Categories are compared by place: equal tables are one (store::open_dataset).
bool same(const Schema& a, const Schema& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const ColumnSchema& x, const ColumnSchema& y) {
                      return x.type == y.type && x.lane == y.lane && x.nullable == y.nullable &&
                             x.categories == y.categories && x.name == y.name;
                    });
}

}  // namespace

// Thousands of datasets have few schemas.
std::shared_ptr<const BoundQuery> DatasetPool::bind_once(const Schema& schema) {
  {
    const std::lock_guard lock(mutex_);
    for (const Bound& known : bound_) {
      if (same(known.schema, schema)) return known.query;
    }
  }
  auto query = std::make_shared<const BoundQuery>(bind(query_, schema));
  const std::lock_guard lock(mutex_);
  if (bound_.size() < most_bound) {
    bound_.push_back({schema, query});
  } else {
    bound_[next_bound_] = {schema, query};
    next_bound_ = (next_bound_ + 1) % most_bound;
  }
  return query;
}

namespace {

// What an open dataset holds in memory: its index, and for files read through HDF5 a file
// descriptor and HDF5's caches.
std::size_t bytes_held(const store::DatasetInfo& info) {
  constexpr std::size_t fixed = 8192, per_chunk = 128, through_hdf5 = std::size_t{2} << 20;
  const std::size_t chunks = info.row_groups() * info.schema.size();
  return fixed + chunks * per_chunk + (info.kind.starts_with("hdf5") ? through_hdf5 : 0);
}

}  // namespace

void DatasetPool::make_room(std::size_t bytes) {
  while (!recent_.empty() && bytes_ + bytes > capacity_) {
    const auto oldest = open_.find(recent_.back());
    bytes_ -= oldest->second.bytes;
    open_.erase(oldest);
    recent_.pop_back();
  }
}

std::shared_ptr<const OpenDataset> DatasetPool::open(std::uint64_t index) {
  std::unique_lock lock(mutex_);
  opened_.wait(lock, [&] { return !opening_.contains(index); });
  if (const auto found = open_.find(index); found != open_.end()) {
    recent_.splice(recent_.begin(), recent_, found->second.recent);
    return found->second.open;
  }
  opening_.insert(index);
  lock.unlock();
  std::shared_ptr<OpenDataset> open;
  std::exception_ptr error;
  try {
    open = make(index);
  } catch (...) {
    error = std::current_exception();
  }
  lock.lock();
  opening_.erase(index);
  opened_.notify_all();
  if (error) std::rethrow_exception(error);
  keep(index, open);
  return open;
}

std::shared_ptr<const OpenDataset> DatasetPool::open_to_scan(std::uint64_t index) {
  auto open = this->open(index);
  const std::lock_guard lock(open->program_mutex);
  if (!open->program) open->program = compile(*open);
  return open;
}

void DatasetPool::keep(std::uint64_t index, std::shared_ptr<OpenDataset> open) {
  const std::size_t bytes = bytes_held(open->info());
  make_room(bytes);
  recent_.push_front(index);
  open_.emplace(index, Entry{std::move(open), bytes, recent_.begin()});
  bytes_ += bytes;
}

void GroupColumns::begin(const store::Dataset& dataset, std::uint64_t group, std::uint64_t rows) {
  dataset_ = &dataset;
  group_ = group;
  rows_ = static_cast<std::size_t>(rows);
  if (columns_.size() < dataset.info().schema.size()) columns_.resize(dataset.info().schema.size());
  for (Column& column : columns_) {
    column.loaded = Loaded::nothing;
    column.asked_sketch = false;
    column.sketch.reset();
  }
}

const ColumnView& GroupColumns::keep(Column& column, std::uint64_t bytes) {
  bytes_read_ += bytes;
  if (column.buffer.view.rows > rows_) column.buffer.view.rows = rows_;
  return column.buffer.view;
}

const ColumnView& GroupColumns::column(std::size_t column) {
  Column& known = columns_[column];
  if (known.loaded == Loaded::all) return known.buffer.view;
  const std::uint64_t bytes = dataset_->read(group_, column, known.buffer);
  known.loaded = Loaded::all;
  return keep(known, bytes);
}

const ColumnView& GroupColumns::column_rows(std::size_t column,
                                            std::span<const std::uint64_t> select) {
  Column& known = columns_[column];
  if (known.loaded == Loaded::all) return known.buffer.view;
  if (known.loaded == Loaded::some_rows) {
    const bool there = std::equal(select.begin(), select.end(), known.rows.begin(),
                                  [](std::uint64_t s, std::uint64_t k) { return (s & ~k) == 0; });
    return there ? known.buffer.view : this->column(column);
  }
  bool partial = false;
  const std::uint64_t bytes = dataset_->read_rows(group_, column, select, known.buffer, partial);
  known.loaded = partial ? Loaded::some_rows : Loaded::all;
  if (partial) known.rows.assign(select.begin(), select.end());
  return keep(known, bytes);
}

std::vector<GroupColumns::Need> GroupColumns::needs() const {
  std::vector<Need> needs;
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    const Column& known = columns_[column];
    const Need need{column, known.loaded == Loaded::all, known.sketch.has_value()};
    if (need.values || need.sketch) needs.push_back(need);
  }
  return needs;
}

const core::ColumnSketch* GroupColumns::sketch(std::size_t column) {
  Column& known = columns_[column];
  if (!known.asked_sketch) {
    known.asked_sketch = true;
    if (dataset_->screen(store::Screen::sketch, column) != nullptr) {
      try {
        Bytes stored =
            dataset_->read_screen(store::Screen::sketch, column, group_, known.sketch_space);
        bytes_read_ += stored.size();
        if (reinterpret_cast<std::uintptr_t>(stored.data()) % 2 != 0) {  // codes of two bytes
          known.sketch_space.assign(stored.begin(), stored.end());
          stored = known.sketch_space;
        }
        known.sketch = core::ColumnSketch::view(stored, rows_);
      } catch (const DataError&) {  // a damaged index proves nothing: the values decide
      }
    }
  }
  return known.sketch ? &*known.sketch : nullptr;
}

}  // namespace trawl::fold
