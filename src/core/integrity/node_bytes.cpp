#include "core/integrity/node_bytes.hpp"

#include <algorithm>

#include "core/integrity/exact_form.hpp"

namespace trawl::core::integrity {
namespace {

enum Form : std::uint8_t { plain, packed, exact_sums, exact_sums_as_before };

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

// The shortest form; of equal ones the first. Digits in a new layout may be longer: sums of the
// same layout, which come next in a proof, gain more by it.
void SumCoder::append(std::vector<std::byte>& out, Bytes sum) {
  constexpr std::size_t length = sizeof(std::uint32_t), new_layout = 16;
  const std::vector<std::byte> without_signs = pack(sum);
  const Form form = without_signs.size() < sum.size() ? packed : plain;
  const Bytes shorter = form == packed ? Bytes(without_signs) : sum;
  auto digits = pack_exact(sum, memory_);
  const std::size_t most =
      length + shorter.size() + (digits && !digits->as_before ? new_layout : 0);
  if (digits && digits->bytes.size() < most) {
    integrity::append(
        out, static_cast<std::uint8_t>(digits->as_before ? exact_sums_as_before : exact_sums));
    append_bytes(out, digits->bytes);
    memory_ = std::move(digits->memory);
    return;
  }
  integrity::append(out, static_cast<std::uint8_t>(form));
  append_size(out, sum);
  append_bytes(out, shorter);
}

std::vector<std::byte> SumCoder::take(Reader& reader) {
  const Bytes from_here = reader.rest();
  SumCoder before = *this;
  std::vector<std::byte> sum;
  const auto form = reader.number<std::uint8_t>();
  if (form > exact_sums_as_before) reader.fail("unknown form of a sum");
  if (form >= exact_sums) {
    if (form == exact_sums_as_before && !memory_.known) reader.fail("a sum as none before it");
    sum = unpack_exact(reader, form == exact_sums_as_before, memory_);
  } else {
    const std::size_t size = reader.number<std::uint32_t>();
    if (form == packed) {
      sum = unpack(reader, size);
    } else {
      const Bytes bytes = reader.take(size);
      sum.assign(bytes.begin(), bytes.end());
    }
  }
  std::vector<std::byte> again;
  before.append(again, sum);
  if (!std::ranges::equal(again, from_here.first(from_here.size() - reader.rest().size())))
    reader.fail("a sum is not in its shortest form");
  return sum;
}

void SumCoder::append_nodes(std::vector<std::byte>& out, const std::vector<SumNode>& nodes) {
  for (const SumNode& node : nodes) {
    append_bytes(out, std::as_bytes(std::span(node.digest)));
    append(out, node.sum);
  }
}

std::vector<SumNode> SumCoder::take_nodes(Reader& reader, std::size_t count) {
  std::vector<SumNode> nodes;
  for (std::size_t i = 0; i < count; ++i) {
    SumNode& node = nodes.emplace_back();
    const Bytes digest = reader.take(node.digest.size());
    std::memcpy(node.digest.data(), digest.data(), digest.size());
    node.sum = take(reader);
  }
  return nodes;
}

}  // namespace trawl::core::integrity
