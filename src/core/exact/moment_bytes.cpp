// The canonical byte form of moments.
#include <algorithm>

#include <trawl/base/error.hpp>
#include <trawl/core/exact/moments.hpp>

#include "core/exact/byte_stream.hpp"

namespace trawl::core {
namespace {

using exact::append;

bool any_refused(std::int64_t records, const std::vector<RefusedValues>& values) {
  const auto any = [](const RefusedValues& counts) { return counts != RefusedValues(); };
  return records != 0 || std::any_of(values.begin(), values.end(), any);
}

[[noreturn]] void damaged(const char* why) {
  throw DataError(std::string("damaged bytes of moments: ") + why);
}

}  // namespace

template <class Sums>
void Moments<Sums>::append_bytes(std::vector<std::byte>& out) const {
  const bool refusals = any_refused(refused_, refused_values_);
  append(out, Sums::tag(products()));
  append(out, static_cast<std::uint8_t>(features()));
  append(out, static_cast<std::uint8_t>(refusals));
  append(out, count_);
  if (refusals) {
    append(out, refused_);
    for (std::size_t i = 0; i < features(); ++i) {
      const RefusedValues counts = refused_values(i);
      append(out, counts.nan);
      append(out, counts.too_low);
      append(out, counts.too_high);
    }
  }
  sums_.append_bytes(out);
}

template <class Sums>
std::vector<std::byte> Moments<Sums>::to_bytes() const {
  std::vector<std::byte> out;
  append_bytes(out);
  return out;
}

template <class Sums>
Moments<Sums> Moments<Sums>::read(Bytes& bytes) {
  exact::ByteReader reader(bytes, "moments");
  const auto tag = reader.next<std::uint8_t>();
  const auto products = tag == Sums::tag(ProductSums::own) ? ProductSums::own : ProductSums::all;
  if (tag != Sums::tag(products)) damaged("wrong tag");
  const std::size_t features = reader.next<std::uint8_t>();
  if (features < 1 || features > max_features) damaged("number of features");
  const auto refusals = reader.next<std::uint8_t>();
  if (refusals > 1) damaged("unknown flag");
  const auto count = reader.next<std::int64_t>();
  std::int64_t refused = 0;
  std::vector<RefusedValues> refused_values;
  if (refusals == 1) {
    refused = reader.next<std::int64_t>();
    refused_values.resize(features);
    for (RefusedValues& counts : refused_values) {
      counts.nan = reader.next<std::int64_t>();
      counts.too_low = reader.next<std::int64_t>();
      counts.too_high = reader.next<std::int64_t>();
    }
    if (!any_refused(refused, refused_values)) damaged("not the shortest form");
  }
  Bytes rest = reader.rest();
  Sums sums = Sums::read(rest, features, products);
  Moments out(sums.configuration());
  out.sums_ = std::move(sums);
  out.count_ = count;
  out.refused_ = refused;
  out.refused_values_ = std::move(refused_values);
  bytes = rest;
  return out;
}

template <class Sums>
Moments<Sums> Moments<Sums>::from_bytes(Bytes bytes) {
  Moments out = read(bytes);
  if (!bytes.empty()) damaged("more bytes than one state has");
  return out;
}

template class Moments<ExactSums>;
template class Moments<FixedSums>;

}  // namespace trawl::core
