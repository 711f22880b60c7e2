#include <trawl/base/error.hpp>
#include <trawl/core/evidence/total.hpp>

#include "core/exact/byte_stream.hpp"

namespace trawl::evidence {
namespace {

// No sum of two of them is out of range.
constexpr std::int64_t most = std::int64_t{1} << 61;

constexpr std::int64_t Total::*counts[] = {&Total::records, &Total::clamped, &Total::duplicates,
                                           &Total::withheld, &Total::refused};

[[noreturn]] void damaged(const char* why) {
  throw DataError(std::string("damaged bytes of a total of evidence: ") + why);
}

// NaN and infinite terms are no contributions.
core::ExactSum read_sum(Bytes& bytes) {
  core::ExactSum sum = core::ExactSum::read(bytes);
  if (sum.nan_count() != 0 || sum.positive_infinity_count() != 0 ||
      sum.negative_infinity_count() != 0)
    damaged("a sum of what is not finite");
  return sum;
}

}  // namespace

void Total::add(const SourceSums& source) {
  records += source.records();
  clamped += source.clamped();
  source.add_to(contributions, weights);
}

void Total::merge(const Total& other) {
  for (std::int64_t Total::*const count : counts) this->*count += other.*count;
  contributions.merge(other.contributions);
  weights.merge(other.weights);
}

std::vector<std::byte> Total::to_bytes() const {
  std::vector<std::byte> out;
  for (std::int64_t Total::*const count : counts) core::exact::append(out, this->*count);
  contributions.append_bytes(out);
  weights.append_bytes(out);
  return out;
}

Total Total::from_bytes(Bytes bytes) {
  core::exact::ByteReader reader(bytes, "a total of evidence");
  Total out;
  for (std::int64_t Total::*const count : counts) {
    out.*count = reader.next<std::int64_t>();
    if (out.*count < 0 || out.*count > most) damaged("a count that cannot be");
  }
  bytes = reader.rest();
  out.contributions = read_sum(bytes);
  out.weights = read_sum(bytes);
  if (!bytes.empty()) damaged("there are more than belong to it");
  return out;
}

}  // namespace trawl::evidence
