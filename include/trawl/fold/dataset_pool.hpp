// Opened datasets with the predicate bound to them: what a rank needs to scan any row group of any
// dataset.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include <trawl/core/predicate/predicate.hpp>
#include <trawl/core/scan_program.hpp>
#include <trawl/store/dataset.hpp>

namespace trawl::fold {

// A predicate and a list of columns, before they meet a schema.
struct Query {
  core::SyntaxPtr syntax;
  std::vector<std::string> select;        // empty: all columns
  std::vector<std::string> numbers = {};  // of `select`: columns that must hold numbers or times
  std::vector<std::string> names = {};  // of `select`: columns that must hold anything but doubles
};

// The same where they met one.
struct BoundQuery {
  core::Predicate predicate;
  std::vector<std::size_t> select;  // positions in the schema
};
// Local. InputError: the predicate or the selection does not fit this schema.
BoundQuery bind(const Query& query, const Schema& schema);

// One bound query serves all datasets of one schema.
struct OpenDataset {
  OpenDataset(std::unique_ptr<store::Dataset> opened, std::shared_ptr<const BoundQuery> query)
      : dataset(std::move(opened)),
        bound(std::move(query)),
        predicate(bound->predicate),
        select(bound->select) {}

  const std::unique_ptr<store::Dataset> dataset;
  const std::shared_ptr<const BoundQuery> bound;
  const core::Predicate& predicate;
  const std::vector<std::size_t>& select;  // positions in the schema
  // Once it was opened to be scanned.
  mutable std::shared_ptr<const core::ScanProgram> program;
  mutable std::mutex program_mutex;  // while it is made

  const store::DatasetInfo& info() const { return dataset->info(); }
};

// Local. Opens, retrying once after a pause (shared file systems fail in passing). DataError.
std::unique_ptr<store::Dataset> open_with_retry(const store::DatasetRef& ref,
                                                const std::string& known_digest = "");

// Keeps datasets open while what they hold (indexes, above all) takes about `capacity` bytes, and
// closes the least recently used ones then. Thread-safe.
class DatasetPool {
 public:
  static constexpr std::size_t default_capacity = std::size_t{160} << 20;

  struct Known {
    std::string digest;
    std::uint64_t rows = 0;
    std::uint64_t row_group_rows = 0;
  };

  DatasetPool(std::vector<store::DatasetRef> refs, Query query,
              std::size_t capacity = default_capacity);

  const std::vector<store::DatasetRef>& refs() const { return refs_; }
  // From now on programs answer key lists by `keys`, and ask column sketches where `use_index`.
  // `keys` must live until forget_keys(). Not while row groups are scanned.
  void use_keys(std::span<const core::KeySet* const> keys, core::ScanOptions options,
                bool use_index = true);
  void forget_keys();
  // What the dataset was when its owner opened it: opening it again need not read all of it, and
  // notices a change.
  void know(std::uint64_t index, Known known);
  // Rows of a row group by what is known, also when the dataset can no longer be opened.
  std::uint64_t group_rows(std::uint64_t index, std::uint64_t group) const;

  // DataError or InputError as above. Several datasets may be opened at once.
  std::shared_ptr<const OpenDataset> open(std::uint64_t index);
  // The same, with its program. After use_keys.
  std::shared_ptr<const OpenDataset> open_to_scan(std::uint64_t index);

 private:
  std::shared_ptr<OpenDataset> make(std::uint64_t index);
  std::shared_ptr<const BoundQuery> bind_once(const Schema& schema);
  std::shared_ptr<const core::ScanProgram> compile(const OpenDataset& open) const;

  std::vector<store::DatasetRef> refs_;
  std::vector<Known> known_;
  Query query_;
  std::size_t capacity_;
  bool use_index_ = true;
  std::vector<const core::KeySet*> keys_;
  core::ScanOptions options_;
  std::mutex mutex_;  // guards what follows; what is above changes only while nothing is opened
  struct Entry {
    std::shared_ptr<OpenDataset> open;
    std::size_t bytes = 0;  // about
    std::list<std::uint64_t>::iterator recent;
  };
  void make_room(std::size_t bytes);
  void keep(std::uint64_t index, std::shared_ptr<OpenDataset> open);

  // The schemas met last, with the query bound to them.
  struct Bound {
    Schema schema;
    std::shared_ptr<const BoundQuery> query;
  };
  static constexpr std::size_t most_bound = 16;
  std::vector<Bound> bound_;
  std::size_t next_bound_ = 0;  // the one to be replaced

  std::set<std::uint64_t> opening_;
  std::condition_variable opened_;
  std::unordered_map<std::uint64_t, Entry> open_;
  std::size_t bytes_ = 0;            // of all entries
  std::list<std::uint64_t> recent_;  // most recently used first
};

// The columns of one row group, read when asked for; buffers are kept from group to group. One per
// thread.
class GroupColumns : public core::ColumnSource {
 public:
  // Begins a row group; `rows` below the group's own number cuts the views (for a --limit inside a
  // row group).
  void begin(const store::Dataset& dataset, std::uint64_t group, std::uint64_t rows);
  std::size_t rows() const override { return rows_; }
  const ColumnView& column(std::size_t column) override;
  const ColumnView& column_rows(std::size_t column, std::span<const std::uint64_t> select) override;
  const core::ColumnSketch* sketch(std::size_t column) override;
  // What of a column was read in this row group, as a guess at what the next ones need.
  struct Need {
    std::size_t column = 0;
    bool values = false;  // all of them
    bool sketch = false;
  };
  std::vector<Need> needs() const;
  std::uint64_t bytes_read() const { return bytes_read_; }  // since construction

 private:
  const store::Dataset* dataset_ = nullptr;
  std::uint64_t group_ = 0;
  std::size_t rows_ = 0;
  std::uint64_t bytes_read_ = 0;
  enum class Loaded { nothing, some_rows, all };
  struct Column {
    ColumnBuffer buffer;
    Loaded loaded = Loaded::nothing;
    std::vector<std::uint64_t> rows;  // some_rows: which
    bool asked_sketch = false;
    std::optional<core::ColumnSketch> sketch;
    std::vector<std::byte> sketch_space;
  };
  const ColumnView& keep(Column& column, std::uint64_t bytes);

  std::vector<Column> columns_;
};

}  // namespace trawl::fold
