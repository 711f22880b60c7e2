// A catalog: what the datasets below one folder are, and which keys each of them holds, in one
// file, so that datasets that cannot hold a match need not be opened.
//
// It is a dataset itself, `trawl.catalog`: one row per dataset with its path from there, rows,
// digests and schema; and a column `keys.NAME` per key column NAME, which estimates its
// distinct values and carries the membership filters of all datasets (Screen::keys), laid out by
// trawl/core/filter/filter_bank.hpp with datasets for row groups.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <trawl/store/dataset.hpp>
#include <trawl/store/writer.hpp>

namespace trawl::store {

inline constexpr std::string_view catalog_name = "trawl.catalog";

struct CatalogEntry {
  DatasetInfo info;          // name: path from the folder; without schema, column_bytes, distinct
  std::uint64_t schema = 0;  // number among Catalog::schemas()
};

class Catalog {
 public:
  // Local. Reads all entries. DataError: not a catalog, or damaged.
  explicit Catalog(const std::filesystem::path& path);
  Catalog(Catalog&&) noexcept;
  ~Catalog();

  const std::string& digest() const;  // of all of it
  std::span<const CatalogEntry> entries() const { return entries_; }
  std::span<const Schema> schemas() const { return schemas_; }

  // The number of the entry about the file at `location`. O(1).
  std::optional<std::size_t> find(const std::filesystem::path& location) const;
  // Local. Whether the file is still what the entry says, by its seal (512 bytes): content and
  // index have the digests recorded. False also when it cannot be read.
  bool is_current(std::size_t entry, const std::filesystem::path& location) const;

  // The filters of a key column; null: it has none.
  const ScreenInfo* keys(std::string_view column) const;
  // One chunk of those, its digest checked. DataError when it is damaged.
  Bytes read_keys(std::string_view column, std::uint64_t chunk,
                  std::vector<std::byte>& space) const;

 private:
  std::size_t keys_column(std::string_view column) const;

  std::string folder_;  // absolute, with a slash behind
  std::unique_ptr<Dataset> dataset_;
  std::vector<CatalogEntry> entries_;
  std::vector<Schema> schemas_;
  std::unordered_map<std::string, std::size_t> by_path_;
};

// Names, types and lanes, as JSON.
std::string schema_text(const Schema& schema);

// Local. Written like a dataset: under a temporary name, sealed, fsynced, renamed.
class CatalogWriter {
 public:
  struct Row {
    std::string path;                                // from the folder
    DatasetInfo info;                                // its schema is not asked
    std::string schema;                              // schema_text of it
    std::vector<std::optional<std::uint64_t>> keys;  // distinct values per key column, about
  };
  // `rows`: at least one, in the order of the filters. `columns`: names of the key columns.
  // InputError when there is a catalog in `folder` already and `overwrite` is false.
  CatalogWriter(const std::filesystem::path& folder, std::span<const Row> rows,
                std::vector<std::string> columns, bool overwrite);

  // `column` counts the key columns. As DatasetWriter.
  void append_keys(std::size_t column, Bytes chunk);
  void describe_keys(std::size_t column, std::string layout);
  WrittenDataset finish() { return writer_->finish(); }

 private:
  std::unique_ptr<DatasetWriter> writer_;
};

// Local. The path of the catalog that may know the dataset in `file`: of its folder, or of the
// nearest folder above up to `top`. Empty: there is none.
std::string catalog_of(const std::filesystem::path& file, const std::filesystem::path& top);

}  // namespace trawl::store
