// The membership filters of all row groups of one column, stored block-major: block b of the
// filters of many row groups lies side by side, so that one small read answers for all of them
// (the interleaving of Raptor's HIBF, Mehringer et al., Genome Biology 24:131, 2023).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/base/column.hpp>
#include <trawl/base/digest.hpp>

namespace trawl::core {

// The hash under which filters hold a value: equal values of a type have equal hashes (0.0 and
// -0.0 too); texts and categories by their bytes. Not for NULL and NaN, which equal nothing.
std::uint64_t hash_value(const Value& value);

// How a bank is cut into chunks. Row groups come in bands of `groups_per_band`; a chunk holds
// `blocks_per_chunk` consecutive blocks of all row groups of one band.
struct FilterLayout {
  std::uint64_t blocks = 1;  // of each filter
  std::uint64_t groups_per_band = 1;
  std::uint64_t blocks_per_chunk = 1;

  std::uint64_t chunks_per_band() const {
    return (blocks + blocks_per_chunk - 1) / blocks_per_chunk;
  }
  std::uint64_t chunk_words() const;
  std::string to_json() const;
  // DataError when it is not a layout, or does not fit `chunks` chunks of `chunk_bytes` for
  // `groups` row groups.
  static FilterLayout from_json(std::string_view json, std::uint64_t chunks,
                                std::size_t chunk_bytes, std::uint64_t groups);
};

// Builds the bank of one column. Memory: the filters of one band, 25 MB at 65,536 rows per row
// group and 12 bits per key.
class FilterBankBuilder {
 public:
  static constexpr std::uint64_t groups_per_band = 256;
  static constexpr double default_fpr = 0.004;  // 12 bits per key

  // `emit` takes one chunk after the other. `group_keys`: keys a filter must be able to hold.
  FilterBankBuilder(std::uint64_t group_keys, double fpr, std::function<void(Bytes)> emit);

  void add(const ColumnView& row_group);
  // Emits what is left. The layout; nothing when there was no row group.
  FilterLayout finish();

 private:
  void insert(std::vector<std::uint64_t>& filter, std::uint64_t hash);
  void shrink();
  void flush_band();

  double fpr_;
  std::function<void(Bytes)> emit_;
  FilterLayout layout_;
  std::vector<std::vector<std::uint64_t>> band_;  // one filter per row group
  std::uint64_t keys_ = 0;                        // most keys seen in a row group of the first band
  std::uint64_t new_keys_ = 0;                    // in this row group
  bool flushed_ = false;
};

// The chunks, one per band, that probing for `hash` reads.
std::vector<std::uint64_t> chunks_probed(const FilterLayout& layout, std::uint64_t groups,
                                         std::uint64_t hash);

// Sets bit g % 64 of may_hold[g / 64] when the filter of row group g may hold `hash`; `may_hold`
// has ceil(groups / 64) words, zero before. `read(chunk)` gives a chunk's bytes. O(groups).
void probe_filter_bank(const FilterLayout& layout, std::uint64_t groups, std::uint64_t hash,
                       const std::function<Bytes(std::uint64_t chunk)>& read,
                       std::vector<std::uint64_t>& may_hold);

}  // namespace trawl::core
