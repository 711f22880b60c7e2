// Few rows of a row group: the pages that they are on, without the others.
#include <algorithm>
#include <cstring>
#include <vector>

#include <trawl/base/error.hpp>

#include "store/native_dataset.hpp"

namespace trawl::store {
namespace {

struct Run {  // of pages, half open
  std::size_t begin;
  std::size_t end;
};

// The pages on which `rows` has a row of `width` bytes; false where they are more than a quarter of
// all, so that the whole chunk is read sooner.
bool few_pages(std::span<const std::uint64_t> rows, std::size_t width, std::vector<Run>& runs) {
  runs.clear();
  const std::size_t words_per_page = page_bytes / width / 64;  // of `rows`; at least 8
  const std::size_t pages = (rows.size() + words_per_page - 1) / words_per_page;
  std::size_t wanted = 0;
  for (std::size_t page = 0; page < pages; ++page) {
    std::uint64_t any = 0;
    const std::size_t begin = page * words_per_page;
    const std::size_t end = std::min(begin + words_per_page, rows.size());
    for (std::size_t word = begin; word < end; ++word) any |= rows[word];
    if (any == 0) continue;
    if (++wanted * 4 > pages) return false;
    if (!runs.empty() && runs.back().end == page) {
      ++runs.back().end;
    } else {
      runs.push_back({page, page + 1});
    }
  }
  return true;
}

}  // namespace

// Checks pages [begin, end) of `values` against the digests that were recorded.
void NativeDataset::check_pages(const Target& target, const ChunkRecord& record, Bytes values,
                                Bytes digests, std::size_t begin, std::size_t end) const {
  for (std::size_t page = begin; page < end; ++page) {
    const std::size_t at = page * page_bytes;
    std::uint64_t wanted = 0;
    std::memcpy(&wanted, digests.data() + page * sizeof wanted, sizeof wanted);
    if (xxh3(values.subspan(at, std::min(page_bytes, values.size() - at))) != wanted)
      fail(target, record.address + at, "the digest of a page is not the one recorded");
  }
}

// Single pages are copied when they are in the system's cache: of a mapping, the system maps
// sixteen where one is touched, and has to unmap them. Page after page from disk would take longer
// than the whole chunk.
std::uint64_t NativeDataset::read_rows(std::uint64_t group, std::size_t column,
                                       std::span<const std::uint64_t> rows, ColumnBuffer& into,
                                       bool& partial) const {
  partial = false;
  thread_local std::vector<Run> runs;
  const IndexedColumn& indexed = index_.header.columns[column];
  const Part& part = index_.header.parts[indexed.values];
  if (!indexed.pages || !few_pages(rows, part.element_bytes, runs))
    return read(group, column, into);
  const Target target{group, column};
  const ChunkRecord& record = *find_chunk(indexed.values, group);
  auto* const values =
      static_cast<std::byte*>(into.allocate(info_.schema[column].lane, part.chunk));
  const std::size_t bytes = info_.group_rows(group) * part.element_bytes;
  const auto range_of = [&](const Run& run) {
    const std::size_t begin = run.begin * page_bytes;
    return std::span(values, bytes).subspan(begin, std::min(bytes, run.end * page_bytes) - begin);
  };
  const Fd& from = file();
  const bool cached = std::ranges::all_of(runs, [&](const Run& run) {
    return read_if_cached(from, record.address + run.begin * page_bytes, range_of(run));
  });
  if (!cached) return read(group, column, into);
  const Bytes digests = stored_bytes(*find_chunk(*indexed.pages, group), target);
  std::uint64_t checked = 0;
  for (const Run& run : runs) {
    check_pages(target, record, {values, bytes}, digests, run.begin, run.end);
    checked += range_of(run).size();
  }
  into.view = empty_view(target);
  into.view.values = values;
  partial = true;
  return checked + read_validity(target, into);
}

}  // namespace trawl::store
