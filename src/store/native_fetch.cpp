// Having the disk read what a sealed file's readers will need.
#include <fcntl.h>

#include <trawl/base/error.hpp>

#include "store/native_dataset.hpp"

namespace trawl::store {
namespace {

// Whoever reads what cannot be fetched will say why.
template <class F>
bool best_effort(F&& fetch) {
  try {
    return fetch();
  } catch (const DataError&) {
    return false;
  }
}

}  // namespace

void NativeDataset::prefetch_chunk(const ChunkRecord& record) const {
  if (const MappedFile* mapped = map()) {
    mapped->prefetch(record.address, record.stored);
  } else {
    ::posix_fadvise(file().get(), static_cast<off_t>(record.address),
                    static_cast<off_t>(record.stored), POSIX_FADV_WILLNEED);
  }
}

void NativeDataset::prefetch_screen(Screen screen, std::size_t column, std::uint64_t chunk) const {
  best_effort([&] {
    prefetch_chunk(*find_chunk(screened(screen, column).part, chunk));
    return true;
  });
}

bool NativeDataset::fetch_range(std::uint64_t offset, std::uint64_t bytes) const {
  const MappedFile* mapped = map();
  if (mapped == nullptr) {
    ::posix_fadvise(file().get(), static_cast<off_t>(offset), static_cast<off_t>(bytes),
                    POSIX_FADV_WILLNEED);
    return false;  // nobody can tell
  }
  if (mapped->resident(offset) && mapped->resident(offset + bytes - 1)) return false;
  mapped->fetch(offset, bytes);
  return true;
}

// Neighbours in the file are fetched as one.
bool NativeDataset::fetch_chunks(std::uint32_t part, std::uint64_t begin, std::uint64_t end) const {
  constexpr std::uint64_t gap = 64 << 10;  // read along: as fast as leaving it out
  bool fetched = false;
  std::uint64_t from = 0, to = 0;
  for (std::uint64_t chunk = begin; chunk < end; ++chunk) {
    const ChunkRecord* record = find_chunk(part, chunk);
    if (record == nullptr) continue;
    if (to != 0 && record->address >= to && record->address - to <= gap) {
      to = record->address + record->stored;
      continue;
    }
    if (to != 0) fetched |= fetch_range(from, to - from);
    from = record->address;
    to = from + record->stored;
  }
  return (to != 0 && fetch_range(from, to - from)) || fetched;
}

bool NativeDataset::fetch(std::uint64_t begin, std::uint64_t end, std::size_t column) const {
  return best_effort([&] { return fetch_column(begin, end, column); });
}

bool NativeDataset::fetch_column(std::uint64_t begin, std::uint64_t end, std::size_t column) const {
  const IndexedColumn& indexed = index_.header.columns[column];
  bool fetched = fetch_chunks(indexed.values, begin, end);
  if (indexed.validity) fetched |= fetch_chunks(*indexed.validity, begin, end);
  if (!indexed.bytes || begin >= end) return fetched;
  const Part& bytes = index_.header.parts[*indexed.bytes];
  const std::uint64_t first = text_record(begin, column)->begin;
  const std::uint64_t last =
      end >= info_.row_groups() ? bytes.elements : text_record(end, column)->begin;
  if (first == last) return fetched;
  return fetch_chunks(*indexed.bytes, first / bytes.chunk, (last - 1) / bytes.chunk + 1) || fetched;
}

bool NativeDataset::fetch_screen(Screen screen, std::size_t column, std::uint64_t begin,
                                 std::uint64_t end) const {
  return best_effort([&] { return fetch_chunks(screened(screen, column).part, begin, end); });
}

}  // namespace trawl::store
