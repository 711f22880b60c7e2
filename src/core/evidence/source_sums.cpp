#include <algorithm>

#include <trawl/base/error.hpp>
#include <trawl/core/evidence/source_sums.hpp>

#include "core/exact/byte_stream.hpp"
#include "core/exact/double_parts.hpp"
#include "core/exact/wide.hpp"

namespace trawl::evidence {
namespace {

using core::ScaledInteger;
using Table = core::DigitTable<core::SumRange>;

// Calls add(term, exponent) for integers that add up to the number.
template <class Add>
void for_each_term(const ScaledInteger& number, const Add& add) {
  for (std::size_t i = 0; i < number.words.size(); ++i) {
    const std::uint32_t word = number.words[i];
    const bool last = i + 1 == number.words.size();
    add(last ? static_cast<std::int32_t>(word) : static_cast<std::int64_t>(word),
        number.exponent + 32 * static_cast<int>(i));
  }
}

void add_double(Table& table, std::size_t row, double value, bool negative) {
  const core::exact::DoubleParts parts(value);
  table.add(row, parts.mantissa, parts.position, parts.negative != negative);
}

void add_exactly(core::ExactSum& out, const ScaledInteger& number) {
  for_each_term(number, [&](std::int64_t term, int exponent) { out.add_scaled(term, exponent); });
}

auto find(auto& groups, const Key& type) {
  return std::lower_bound(groups.begin(), groups.end(), type,
                          [](const auto& group, const Key& key) { return group.first < key; });
}

[[noreturn]] void damaged(const char* why) {
  throw DataError(std::string("damaged bytes of a source's evidence: ") + why);
}

}  // namespace

void GroupSums::change(const Contribution& contribution, bool negative) {
  add_double(sums_, 0, contribution.value, negative);
  add_double(sums_, 1, contribution.weight, negative);
  records_ += negative ? -1 : 1;
  if (contribution.clamped) clamped_ += negative ? -1 : 1;
}

void GroupSums::add(std::span<const double> values, std::span<const double> weights,
                    std::int64_t clamped) {
  const std::span<const double> rows[] = {values, weights};
  for (std::size_t row = 0; row < 2; ++row) {
    core::ExactSum sum;
    sum.add(rows[row]);
    for_each_term(sum.exact_value(),
                  [&](std::int64_t term, int exponent) { sums_.add_scaled(row, term, exponent); });
  }
  records_ += static_cast<std::int64_t>(values.size());
  clamped_ += clamped;
}

void GroupSums::merge(const GroupSums& other) {
  sums_.merge(other.sums_, false);
  records_ += other.records_;
  clamped_ += other.clamped_;
}

void GroupSums::merge(const WindowSums& other) {
  const int128 sums[] = {other.value(), other.weight()};
  for (std::size_t row = 0; row < 2; ++row) {
    if (sums[row] == 0) continue;
    const bool negative = sums[row] < 0;
    __extension__ using Bits = unsigned __int128;
    const Bits bits =
        negative ? Bits{0} - static_cast<Bits>(sums[row]) : static_cast<Bits>(sums[row]);
    sums_.add(row, static_cast<std::uint64_t>(bits >> 64), static_cast<std::uint64_t>(bits),
              WindowSums::lowest_bit - core::SumRange::lowest_bit, negative);
  }
  records_ += other.records();
  clamped_ += other.clamped();
}

void GroupSums::subtract(const GroupSums& other) {
  sums_.merge(other.sums_, true);
  records_ -= other.records_;
  clamped_ -= other.clamped_;
}

bool GroupSums::is_zero() const {
  return records_ == 0 && clamped_ == 0 && sum().words.empty() && weight().words.empty();
}

void GroupSums::append_bytes(std::vector<std::byte>& out) const {
  core::exact::append(out, records_);
  core::exact::append(out, clamped_);
  sums_.append_bytes(out);
}

GroupSums GroupSums::read(Bytes& bytes) {
  core::exact::ByteReader reader(bytes, "a source's evidence");
  GroupSums out;
  out.records_ = reader.next<std::int64_t>();
  out.clamped_ = reader.next<std::int64_t>();
  bytes = reader.rest();
  out.sums_ = Table::read(bytes, 2);
  if (out.records_ <= 0 || out.clamped_ < 0 || out.clamped_ > out.records_) {
    damaged("counts that cannot be");
  }
  return out;
}

GroupSums& SourceSums::group(const Key& type) {
  auto at = find(groups_, type);
  if (at == groups_.end() || at->first != type) at = groups_.insert(at, {type, GroupSums()});
  return at->second;
}

void SourceSums::subtract(const Key& type, const Contribution& contribution) {
  const auto at = find(groups_, type);
  if (at == groups_.end() || at->first != type) {
    throw InputError("evidence of a type that the source has none of cannot be taken away: " +
                     stats::text_of(type));
  }
  at->second.subtract(contribution);
  if (at->second.is_zero()) groups_.erase(at);
}

void SourceSums::merge(const SourceSums& other) {
  for (const auto& [type, sums] : other.groups_) group(type).merge(sums);
}

void SourceSums::subtract(const SourceSums& other) {
  for (const auto& [type, sums] : other.groups_) {
    GroupSums& mine = group(type);
    mine.subtract(sums);
    if (mine.is_zero()) groups_.erase(find(groups_, type));
  }
}

std::int64_t SourceSums::records() const {
  std::int64_t sum = 0;
  for (const auto& [type, sums] : groups_) sum += sums.records();
  return sum;
}

std::int64_t SourceSums::clamped() const {
  std::int64_t sum = 0;
  for (const auto& [type, sums] : groups_) sum += sums.clamped();
  return sum;
}

SourceTotal SourceSums::total(double max_group_weight) const {
  SourceTotal out;
  for (const auto& [type, sums] : groups_) {
    const ScaledInteger sum = sums.sum();
    add_exactly(out.uncapped, sum);
    if (std::isinf(max_group_weight)) continue;
    const core::exact::DoubleParts parts(max_group_weight);
    const core::exact::Wide cap{parts.mantissa, static_cast<int>(parts.position) - 1074};
    const core::exact::Wide weight = core::exact::to_wide(sums.weight());
    if (core::exact::subtract(weight, cap).value <= 0) {
      add_exactly(out.pooled, sum);
    } else {
      const auto scaled = core::exact::multiply(core::exact::to_wide(sum), cap);
      out.pooled.add(core::exact::round_ratio(scaled, weight));
      ++out.capped_groups;
    }
  }
  if (std::isinf(max_group_weight)) out.pooled = out.uncapped;
  return out;
}

void SourceSums::add_to(core::ExactSum& contributions, core::ExactSum& weights) const {
  for (const auto& [type, sums] : groups_) {
    add_exactly(contributions, sums.sum());
    add_exactly(weights, sums.weight());
  }
}

void SourceSums::append_bytes(std::vector<std::byte>& out) const {
  core::exact::append(out, static_cast<std::uint64_t>(groups_.size()));
  for (const auto& [type, sums] : groups_) {
    stats::append_bytes(out, type);
    sums.append_bytes(out);
  }
}

std::vector<std::byte> SourceSums::to_bytes() const {
  std::vector<std::byte> out;
  append_bytes(out);
  return out;
}

SourceSums SourceSums::read(Bytes& bytes) {
  core::exact::ByteReader reader(bytes, "a source's evidence");
  const auto count = reader.next<std::uint64_t>();
  bytes = reader.rest();
  SourceSums out;
  for (std::uint64_t i = 0; i < count; ++i) {
    Key type = stats::read_entity_id(bytes);
    if (!out.groups_.empty() && !(out.groups_.back().first < type)) damaged("types out of order");
    out.groups_.emplace_back(std::move(type), GroupSums::read(bytes));
  }
  return out;
}

}  // namespace trawl::evidence
