// A sealed file of trawl's own: read by recorded address, without HDF5 and its lock.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <trawl/base/file.hpp>
#include <trawl/base/mapped_file.hpp>
#include <trawl/store/dataset.hpp>

#include "store/index.hpp"

namespace trawl::store {

class NativeDataset : public Dataset {
 public:
  // Files up to this size are read with pread: mapping and unmapping one costs more. Tests change
  // it, to have small files mapped.
  static inline std::uint64_t small_bytes = std::uint64_t{256} << 10;

  // `index`: that of the file, read and checked (read_index). DataError when the categories are
  // damaged. The file is closed soon, and opened again when its chunks are wanted: thousands of
  // datasets may be open, and of most a screen proves that nothing in them is wanted.
  NativeDataset(const DatasetRef& ref, Fd fd, const Seal& seal, Index index);

  std::optional<Zone> zone(std::uint64_t group, std::size_t column) const override;
  std::uint64_t read(std::uint64_t group, std::size_t column, ColumnBuffer& into) const override;
  std::uint64_t read_rows(std::uint64_t group, std::size_t column,
                          std::span<const std::uint64_t> rows, ColumnBuffer& into,
                          bool& partial) const override;
  const ScreenInfo* screen(Screen screen, std::size_t column) const override;
  Bytes read_screen(Screen screen, std::size_t column, std::uint64_t chunk,
                    std::vector<std::byte>& space) const override;
  bool fetch(std::uint64_t begin, std::uint64_t end, std::size_t column) const override;
  bool fetch_screen(Screen screen, std::size_t column, std::uint64_t begin,
                    std::uint64_t end) const override;
  void prefetch_screen(Screen screen, std::size_t column, std::uint64_t chunk) const override;
  void check_intact() const override;
  std::string recompute_digest() const override;

 private:
  struct Target {  // whom an error is about
    std::uint64_t group;
    std::size_t column;
  };
  // A screen of a column, and where it lies.
  struct Screened {
    ScreenInfo info;
    std::uint32_t part = 0;
    bool known = false;
  };
  void describe(const DatasetRef& ref, const Fd& fd);
  const Fd& file() const;
  const MappedFile* map() const;
  const MappedFile* mapped() const { return mapped_.load(std::memory_order_acquire); }
  void prefetch_chunk(const ChunkRecord& record) const;
  bool fetch_chunks(std::uint32_t part, std::uint64_t begin, std::uint64_t end) const;
  bool fetch_column(std::uint64_t begin, std::uint64_t end, std::size_t column) const;
  bool fetch_range(std::uint64_t offset, std::uint64_t bytes) const;
  void describe_screens();
  const Screened& screened(Screen screen, std::size_t column) const {
    return screens_[column * screens + static_cast<std::size_t>(screen)];
  }
  ColumnView empty_view(const Target& target) const;
  void check_pages(const Target& target, const ChunkRecord& record, Bytes values, Bytes digests,
                   std::size_t begin, std::size_t end) const;
  std::shared_ptr<const Categories> read_categories(const IndexedColumn& column,
                                                    const Fd& fd) const;
  const TextRecord* text_record(std::uint64_t group, std::size_t column) const;
  const ChunkRecord* find_chunk(std::uint32_t part, std::uint64_t chunk) const;
  Bytes stored_bytes(const ChunkRecord& record, const Target& target) const;
  Bytes read_stored(const ChunkRecord& record, const Target& target, std::byte* into) const;
  Bytes check(const ChunkRecord& record, const Target& target, Bytes stored) const;
  void read_chunk(const ChunkRecord& record, const Target& target, std::byte* into) const;
  bool is_plain(const ChunkRecord& record) const;
  const std::byte* mapped_values(const ChunkRecord& record, const Target& target,
                                 std::size_t alignment) const;
  std::uint64_t read_values(const Target& target, ColumnBuffer& into) const;
  std::uint64_t read_validity(const Target& target, ColumnBuffer& into) const;
  std::uint64_t read_ends(const Target& target, ColumnBuffer& into) const;
  std::uint64_t read_text(const Target& target, ColumnBuffer& into) const;
  const std::byte* mapped_text(std::uint32_t part, std::uint64_t begin, std::uint64_t end,
                               const Target& target) const;
  const char* copy_text(std::uint32_t part, std::uint64_t begin, std::uint64_t end,
                        const Target& target, char* into) const;
  [[noreturn]] void fail(const Target& target, std::uint64_t offset, std::string_view why) const;

  fs::path path_;
  const std::uint64_t serial_;  // of this object in this process
  Seal seal_;
  // Made when a chunk is wanted; none: chunks are read with pread.
  mutable std::once_flag map_once_;
  mutable std::optional<MappedFile> map_;
  mutable std::atomic<const MappedFile*> mapped_{nullptr};
  Index index_;
  std::vector<std::uint64_t>
      first_chunk_;                       // per part, and one past the last: range in index_.chunks
  std::vector<Screened> screens_;         // per column and kind
  std::vector<std::size_t> text_column_;  // per column: how many columns with text bounds before it
};

}  // namespace trawl::store
