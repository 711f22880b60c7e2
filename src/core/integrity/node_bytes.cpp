#include "core/integrity/node_bytes.hpp"

#include <algorithm>

#include "core/integrity/exact_form.hpp"

namespace trawl::core::integrity {
namespace {

enum Form : std::uint8_t { plain, packed, exact_sums };

// What stands after `before` in a number that is longer than it needs to be.
std::byte sign_of(std::byte before) {
  return (before & std::byte{0x80}) == std::byte{0} ? std::byte{0} : std::byte{0xff};
}

}  // namespace

std::vector<std::byte> pack(Bytes sum) {
  std::vector<std::byte> out((sum.size() + 7) / 8);
  std::byte before{0};
  for (std::size_t i = 0; i < sum.size(); ++i) {
    if (sum[i] == sign_of(before))
      out[i / 8] |= std::byte{1} << static_cast<int>(i % 8);
    else
      out.push_back(sum[i]);
    before = sum[i];
  }
  return out;
}

std::vector<std::byte> unpack(Reader& reader, std::size_t size) {
  const Bytes repeats = reader.take((size + 7) / 8);
  std::vector<std::byte> sum;
  sum.reserve(size);
  std::byte before{0};
  for (std::size_t i = 0; i < size; ++i) {
    const bool repeated =
        (repeats[i / 8] >> static_cast<int>(i % 8) & std::byte{1}) != std::byte{0};
    before = repeated ? sign_of(before) : reader.take(1).front();
    sum.push_back(before);
  }
  return sum;
}

// The shortest form; of equal ones the first.
void append_sum(std::vector<std::byte>& out, Bytes sum) {
  append_size(out, sum);
  Form form = plain;
  std::vector<std::byte> shortest = pack(sum);
  if (shortest.size() < sum.size()) form = packed;
  const auto digits = pack_exact(sum);
  if (digits && digits->size() < (form == packed ? shortest.size() : sum.size())) {
    form = exact_sums;
    shortest = *digits;
  }
  append(out, static_cast<std::uint8_t>(form));
  append_bytes(out, form == plain ? sum : Bytes(shortest));
}

std::vector<std::byte> Reader::sum() {
  const Bytes from_here = bytes_;
  const auto size = number<std::uint32_t>();
  const auto form = number<std::uint8_t>();
  if (form > exact_sums) fail("unknown form of a sum");
  std::vector<std::byte> sum;
  if (form == exact_sums) {
    sum = unpack_exact(*this, size);
  } else if (form == packed) {
    sum = unpack(*this, size);
  } else {
    const Bytes bytes = take(size);
    sum.assign(bytes.begin(), bytes.end());
  }
  std::vector<std::byte> again;
  append_sum(again, sum);
  if (!std::ranges::equal(again, from_here.first(from_here.size() - bytes_.size())))
    fail("a sum is not in its shortest form");
  return sum;
}

}  // namespace trawl::core::integrity
