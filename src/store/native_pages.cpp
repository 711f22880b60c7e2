// Few rows of a row group: the pages that they are on, without the others.
#include <algorithm>
#include <cstring>

#include <trawl/base/error.hpp>

#include "store/native_dataset.hpp"

namespace trawl::store {
namespace {

// Calls function(begin, end) for the runs of pages [begin, end) on which `rows` has a row of
// `width` bytes, until it says no.
template <class Function>
bool for_each_run(std::span<const std::uint64_t> rows, std::size_t width,
                  const Function& function) {
  const std::size_t words_per_page = page_bytes / width / 64;  // of `rows`; at least 8
  const std::size_t pages = (rows.size() + words_per_page - 1) / words_per_page;
  const auto wanted = [&](std::size_t page) {
    const std::size_t begin = page * words_per_page;
    const auto of_page = rows.subspan(begin, std::min(words_per_page, rows.size() - begin));
    return std::ranges::any_of(of_page, [](std::uint64_t word) { return word != 0; });
  };
  for (std::size_t begin = 0; begin < pages; ++begin) {
    if (!wanted(begin)) continue;
    std::size_t end = begin + 1;
    while (end < pages && wanted(end)) ++end;
    if (!function(begin, end)) return false;
    begin = end;
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
  const IndexedColumn& indexed = index_.header.columns[column];
  if (!indexed.pages) return read(group, column, into);
  const Target target{group, column};
  const Part& part = index_.header.parts[indexed.values];
  const ChunkRecord& record = *find_chunk(indexed.values, group);
  auto* const values =
      static_cast<std::byte*>(into.allocate(info_.schema[column].lane, part.chunk));
  const std::size_t bytes = info_.group_rows(group) * part.element_bytes;
  const auto range_of = [&](std::size_t begin, std::size_t end) {
    return std::span(values, bytes)
        .subspan(begin * page_bytes, std::min(bytes, end * page_bytes) - begin * page_bytes);
  };
  const Fd& from = file();
  const bool cached = for_each_run(rows, part.element_bytes, [&](auto begin, auto end) {
    return read_if_cached(from, record.address + begin * page_bytes, range_of(begin, end));
  });
  if (!cached) return read(group, column, into);
  const Bytes digests = stored_bytes(*find_chunk(*indexed.pages, group), target);
  std::uint64_t checked = 0;
  for_each_run(rows, part.element_bytes, [&](auto begin, auto end) {
    check_pages(target, record, {values, bytes}, digests, begin, end);
    checked += range_of(begin, end).size();
    return true;
  });
  into.view = empty_view(target);
  into.view.values = values;
  partial = true;
  return checked + read_validity(target, into);
}

}  // namespace trawl::store
