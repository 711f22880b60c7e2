#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include <trawl/base/error.hpp>
#include <trawl/base/json.hpp>
#include <trawl/core/filter/filter_bank.hpp>
#include <trawl/core/filter/membership_filter.hpp>

#include "core/filter/block_layout.hpp"

namespace trawl::core {
namespace {

constexpr std::uint64_t block_bytes = block::lanes * sizeof(std::uint64_t);
// A chunk has a digest, and is what one look-up reads: not less than a page of memory.
constexpr std::uint64_t smallest_chunk = 4096;
// Filters can be halved this often (shrink).
constexpr std::uint64_t block_multiple = 64;

std::uint64_t hash_real(double value) {
  return hash_key(std::bit_cast<std::int64_t>(value == 0.0 ? 0.0 : value));
}

bool may_hold_hash(const std::uint64_t* block, std::uint64_t positions) {
  bool found = true;
  for (std::size_t lane = 0; lane < block::lanes; ++lane)
    found &= (block[lane] & block::bit(positions, lane)) != 0;
  return found;
}

}  // namespace

std::uint64_t hash_value(const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return hash_key(*integer);
  if (const auto* real = std::get_if<double>(&value)) return hash_real(*real);
  if (const auto* boolean = std::get_if<bool>(&value)) return hash_key(std::int64_t{*boolean});
  return hash_key(std::string_view(std::get<std::string>(value)));
}

std::uint64_t FilterLayout::chunk_words() const {
  return blocks_per_chunk * groups_per_band * block::lanes;
}

std::string FilterLayout::to_json() const {
  Json json;
  json["blocks"] = blocks;
  json["groups_per_band"] = groups_per_band;
  json["blocks_per_chunk"] = blocks_per_chunk;
  return json.dump();
}

FilterLayout FilterLayout::from_json(std::string_view text, std::uint64_t chunks,
                                     std::size_t chunk_bytes, std::uint64_t groups) {
  const Json json = parse_json(text, "layout of a membership filter");
  const auto number = [&](const char* key) -> std::uint64_t {
    if (!json.is_object() || !json.contains(key) || !json[key].is_number_unsigned() ||
        json[key].get<std::uint64_t>() < 1 || json[key].get<std::uint64_t>() > UINT32_MAX) {
      throw DataError(std::string("layout of a membership filter: '") + key + "' is wrong");
    }
    return json[key].get<std::uint64_t>();
  };
  const FilterLayout layout{number("blocks"), number("groups_per_band"),
                            number("blocks_per_chunk")};
  const std::uint64_t bands = (groups + layout.groups_per_band - 1) / layout.groups_per_band;
  if (bands * layout.chunks_per_band() != chunks ||
      layout.chunk_words() * sizeof(std::uint64_t) != chunk_bytes) {
    throw DataError("layout of a membership filter: it does not fit its chunks");
  }
  return layout;
}

BankFilter::BankFilter(std::uint64_t blocks)
    : blocks_(blocks), words_(blocks * block::lanes, std::uint64_t{0}) {}

void BankFilter::insert(std::uint64_t hash) {
  std::uint64_t* block = words_.data() + block::index(hash, blocks_) * block::lanes;
  const std::uint64_t positions = block::positions(hash);
  if (may_hold_hash(block, positions)) return;
  for (std::size_t lane = 0; lane < block::lanes; ++lane)
    block[lane] |= block::bit(positions, lane);
  ++keys_;
}

void BankFilter::fill() {
  std::fill(words_.begin(), words_.end(), ~std::uint64_t{0});
}

void BankFilter::add(const ColumnView& rows) {
  if (rows.type == Type::categorical) {
    std::vector<bool> seen(rows.categories->size());
    for (std::size_t row = 0; row < rows.rows; ++row) {
      if (rows.is_valid(row)) seen[static_cast<std::size_t>(rows.integer(row))] = true;
    }
    for (std::size_t code = 0; code < seen.size(); ++code) {
      if (seen[code]) insert(hash_key(std::string_view((*rows.categories)[code])));
    }
  } else if (rows.lane == Lane::text) {
    for (std::size_t row = 0; row < rows.rows; ++row) {
      if (rows.is_valid(row)) insert(hash_key(rows.text(row)));
    }
  } else {
    with_lane(rows.lane, [&]<class T>(T*) {
      const T* values = rows.lanes<T>();
      for (std::size_t row = 0; row < rows.rows; ++row) {
        if (!rows.is_valid(row)) continue;
        if constexpr (std::is_floating_point_v<T>) {
          if (!std::isnan(values[row])) insert(hash_real(values[row]));
        } else {
          insert(hash_key(static_cast<std::int64_t>(values[row])));
        }
      }
    });
  }
}

FilterBankBuilder::FilterBankBuilder(std::uint64_t group_keys, double fpr,
                                     std::function<void(Bytes)> emit)
    : fpr_(fpr), emit_(std::move(emit)) {
  const std::uint64_t blocks = MembershipFilter::blocks_for(group_keys, fpr);
  layout_.blocks = (blocks + block_multiple - 1) / block_multiple * block_multiple;
}

FilterBankBuilder::FilterBankBuilder(std::uint64_t blocks, std::uint64_t band,
                                     std::function<void(Bytes)> emit)
    : band_groups_(band), emit_(std::move(emit)) {
  layout_.blocks = blocks;
}

void FilterBankBuilder::add(const ColumnView& rows) {
  if (band_.size() == band_groups_) flush_band();
  BankFilter filter(layout_.blocks);
  filter.add(rows);
  keys_ = std::max(keys_, filter.keys());
  band_.push_back(std::move(filter.words()));
}

void FilterBankBuilder::add(BankFilter filter) {
  if (band_.size() == band_groups_) flush_band();
  band_.push_back(std::move(filter.words()));
}

// Halves all filters while they still have the wanted rate. The block of a hash is its upper bits
// times the number of blocks, so blocks 2b and 2b + 1 become block b.
void FilterBankBuilder::shrink() {
  while (layout_.blocks % 2 == 0 &&
         MembershipFilter::expected_fpr(layout_.blocks / 2, std::max<std::uint64_t>(keys_, 1)) <=
             *fpr_) {
    layout_.blocks /= 2;
    for (std::vector<std::uint64_t>& filter : band_) {
      for (std::uint64_t b = 0; b < layout_.blocks; ++b) {
        for (std::size_t lane = 0; lane < block::lanes; ++lane) {
          filter[b * block::lanes + lane] =
              filter[2 * b * block::lanes + lane] | filter[(2 * b + 1) * block::lanes + lane];
        }
      }
      filter.resize(layout_.blocks * block::lanes);
    }
  }
}

void FilterBankBuilder::flush_band() {
  if (!flushed_) {
    if (fpr_) shrink();
    layout_.groups_per_band = band_.size();
    const std::uint64_t row_bytes = layout_.groups_per_band * block_bytes;
    layout_.blocks_per_chunk =
        std::min(layout_.blocks, (smallest_chunk + row_bytes - 1) / row_bytes);
    flushed_ = true;
  }
  const std::uint64_t stride = layout_.groups_per_band;
  std::vector<std::uint64_t> chunk;
  for (std::uint64_t begin = 0; begin < layout_.blocks; begin += layout_.blocks_per_chunk) {
    chunk.assign(layout_.chunk_words(), 0);
    const std::uint64_t end = std::min(layout_.blocks, begin + layout_.blocks_per_chunk);
    for (std::uint64_t b = begin; b < end; ++b) {
      for (std::size_t g = 0; g < band_.size(); ++g) {
        std::memcpy(chunk.data() + ((b - begin) * stride + g) * block::lanes,
                    band_[g].data() + b * block::lanes, block_bytes);
      }
    }
    emit_(std::as_bytes(std::span(chunk)));
  }
  band_.clear();
}

FilterLayout FilterBankBuilder::finish() {
  if (!band_.empty()) flush_band();
  return layout_;
}

std::vector<std::uint64_t> chunks_probed(const FilterLayout& layout, std::uint64_t groups,
                                         std::uint64_t hash) {
  const std::uint64_t in_band = block::index(hash, layout.blocks) / layout.blocks_per_chunk;
  std::vector<std::uint64_t> chunks;
  for (std::uint64_t band = 0; band * layout.groups_per_band < groups; ++band)
    chunks.push_back(band * layout.chunks_per_band() + in_band);
  return chunks;
}

void probe_filter_bank(const FilterLayout& layout, std::uint64_t groups, std::uint64_t hash,
                       const std::function<Bytes(std::uint64_t chunk)>& read,
                       std::vector<std::uint64_t>& may_hold) {
  const std::uint64_t b = block::index(hash, layout.blocks);
  const std::uint64_t positions = block::positions(hash);
  for (std::uint64_t band = 0; band * layout.groups_per_band < groups; ++band) {
    const Bytes chunk = read(band * layout.chunks_per_band() + b / layout.blocks_per_chunk);
    const std::byte* row =
        chunk.data() + b % layout.blocks_per_chunk * layout.groups_per_band * block_bytes;
    const std::uint64_t first = band * layout.groups_per_band;
    const std::uint64_t count = std::min(layout.groups_per_band, groups - first);
    for (std::uint64_t g = 0; g < count; ++g) {
      std::uint64_t block[block::lanes];
      std::memcpy(block, row + g * block_bytes, block_bytes);
      if (may_hold_hash(block, positions))
        may_hold[(first + g) / 64] |= std::uint64_t{1} << ((first + g) % 64);
    }
  }
}

}  // namespace trawl::core
