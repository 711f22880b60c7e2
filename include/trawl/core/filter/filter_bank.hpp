// The membership filters of all row groups of one column, stored block-major: block b of the
// filters of many row groups lies side by side, so that one small read answers for all of them
// (the interleaving of Raptor's HIBF, Mehringer et al., Genome Biology 24:131, 2023).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
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

// One filter of a bank under construction.
class BankFilter {
 public:
  explicit BankFilter(std::uint64_t blocks);

  // Every value but NULL and NaN. O(rows).
  void add(const ColumnView& rows);
  // From now on it says that it may hold everything.
  void fill();
  // Keys that it did not seem to hold when they were added: the distinct ones, less a few.
  std::uint64_t keys() const { return keys_; }
  std::vector<std::uint64_t>& words() { return words_; }

 private:
  void insert(std::uint64_t hash);
  std::uint64_t blocks_;
  std::uint64_t keys_ = 0;
  std::vector<std::uint64_t> words_;
};

// Builds the bank of one column. Memory: the filters of one band, 25 MB at 65,536 rows per row
// group and 12 bits per key.
class FilterBankBuilder {
 public:
  static constexpr std::uint64_t groups_per_band = 256;
  static constexpr double default_fpr = 0.004;  // 12 bits per key

  // `emit` takes one chunk after the other. `group_keys`: keys a filter must be able to hold;
  // filters become smaller when those of the first band hold fewer.
  FilterBankBuilder(std::uint64_t group_keys, double fpr, std::function<void(Bytes)> emit);
  // For filters of just `blocks` blocks that are made elsewhere; `band`: how many go together.
  FilterBankBuilder(std::uint64_t blocks, std::uint64_t band, std::function<void(Bytes)> emit);

  void add(const ColumnView& row_group);
  void add(BankFilter filter);  // of that many blocks
  // Emits what is left. The layout; nothing when there was no row group.
  FilterLayout finish();

 private:
  void shrink();
  void flush_band();

  std::optional<double> fpr_;  // nothing: the number of blocks is given
  std::uint64_t band_groups_ = groups_per_band;
  std::function<void(Bytes)> emit_;
  FilterLayout layout_;
  std::vector<std::vector<std::uint64_t>> band_;  // one filter per row group
  std::uint64_t keys_ = 0;                        // most keys seen in a row group of the first band
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
