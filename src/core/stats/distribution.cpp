#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include <trawl/base/error.hpp>
#include <trawl/core/stats/distribution.hpp>

#include "core/exact/byte_stream.hpp"
#include "core/stats/varint.hpp"

namespace trawl::core {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr const char* name = "a distribution";

struct Ends {
  double least, greatest;
};

// Of one value at least. Four at a time, so that they do not wait for each other.
Ends ends_of(std::span<const double> values) {
  double least[4], greatest[4];
  std::fill_n(least, 4, values[0]);
  std::fill_n(greatest, 4, values[0]);
  std::size_t i = 0;
  for (; i + 4 <= values.size(); i += 4) {
    for (std::size_t k = 0; k < 4; ++k) {
      least[k] = values[i + k] < least[k] ? values[i + k] : least[k];
      greatest[k] = values[i + k] > greatest[k] ? values[i + k] : greatest[k];
    }
  }
  for (; i < values.size(); ++i) {
    least[0] = std::min(least[0], values[i]);
    greatest[0] = std::max(greatest[0], values[i]);
  }
  return {*std::min_element(least, least + 4) + 0.0,
          *std::max_element(greatest, greatest + 4) + 0.0};
}

std::uint64_t rank_of(unsigned percent, std::uint64_t count) {
  __extension__ using Wide = unsigned __int128;
  const auto rank = static_cast<std::uint64_t>((Wide{count} * percent + 99) / 100);
  return std::max<std::uint64_t>(rank, 1);
}

}  // namespace

void Distribution::add(double value) {
  const double number = value + 0.0;  // -0 + 0 is +0
  min_ = count() == 0 ? number : std::min(min_, number);
  max_ = count() == 0 ? number : std::max(max_, number);
  histogram_.add(number);
  distinct_.add(number);
}

void Distribution::add(std::span<const double> values) {
  if (values.empty()) return;
  const Ends ends = ends_of(values);
  min_ = count() == 0 ? ends.least : std::min(min_, ends.least);
  max_ = count() == 0 ? ends.greatest : std::max(max_, ends.greatest);
  histogram_.add(values);
  distinct_.add(values);
}

void Distribution::merge(const Distribution& other) {
  nulls_ += other.nulls_;
  if (other.count() == 0) return;
  min_ = count() == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = count() == 0 ? other.max_ : std::max(max_, other.max_);
  histogram_.merge(other.histogram_);
  distinct_.merge(other.distinct_);
}

double Distribution::min() const {
  return count() == 0 ? nan : min_;
}

double Distribution::max() const {
  return count() == 0 ? nan : max_;
}

std::uint64_t Distribution::distinct() const {
  return std::min(distinct_.count(), count());
}

double Distribution::quantile(unsigned percent) const {
  if (count() == 0) return nan;
  const std::uint64_t rank = rank_of(percent, count());
  if (rank == 1) return min_;
  if (rank == count()) return max_;
  const QuantileHistogram::Range range = histogram_.at_rank(rank);
  if (const auto value = distinct_.only_value_in(range.low, range.high)) return *value;
  return std::clamp(range.middle, min_, max_);
}

// NULLs, histogram; and where there are values: the least, the greatest, distinct values.
void Distribution::append_bytes(std::vector<std::byte>& out) const {
  append_varint(out, nulls_);
  histogram_.append_bytes(out);
  if (count() == 0) return;
  exact::append(out, std::bit_cast<std::uint64_t>(min_));
  exact::append(out, std::bit_cast<std::uint64_t>(max_));
  distinct_.append_bytes(out);
}

Distribution Distribution::read(Bytes& bytes) {
  Distribution out;
  out.nulls_ = read_varint(bytes, name);
  out.histogram_ = QuantileHistogram::read(bytes);
  if (out.count() == 0) return out;
  exact::ByteReader reader(bytes, name);
  out.min_ = std::bit_cast<double>(reader.next<std::uint64_t>());
  out.max_ = std::bit_cast<double>(reader.next<std::uint64_t>());
  bytes = reader.rest();
  const auto holds = [](QuantileHistogram::Range range, double value) {
    return value >= range.low && value <= range.high && !(value == 0.0 && std::signbit(value));
  };
  if (!holds(out.histogram_.at_rank(1), out.min_) ||
      !holds(out.histogram_.at_rank(out.count()), out.max_) || out.min_ > out.max_)
    throw DataError("damaged bytes of a distribution: its ends are not in its histogram");
  out.distinct_ = DistinctCount::read(bytes);
  return out;
}

}  // namespace trawl::core
