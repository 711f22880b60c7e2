#include "fold/evidence/state_record.hpp"

#include <algorithm>
#include <bit>
#include <iterator>

#include <trawl/base/digest.hpp>
#include <trawl/base/error.hpp>
#include <trawl/core/evidence/normalise.hpp>

#include "fold/stats/entity_key.hpp"

namespace trawl::fold {
namespace {

constexpr std::size_t longest_varint = 10;

void put_sized(std::string& out, std::string_view bytes) {
  put_varint(out, bytes.size());
  out += bytes;
}

std::string take_sized(std::string_view& bytes) {
  return std::string(take_bytes(bytes, take_varint(bytes)));
}

// A number at the front of a section, and how many bytes it has.
std::pair<std::uint64_t, std::size_t> varint_at(SectionBytes& section) {
  std::string bytes;
  do {
    bytes += section.at(bytes.size(), 1).front();
  } while ((bytes.back() & 0x80) != 0 && bytes.size() < longest_varint);
  try {
    std::string_view rest = bytes;
    return {take_varint(rest), bytes.size()};
  } catch (const Error& error) {
    section.damaged(error.what());
  }
}

}  // namespace

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

std::uint64_t take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const auto byte = take<std::uint8_t>(bytes);
    const auto part = static_cast<std::uint64_t>(byte & 0x7f);
    if ((part << shift) >> shift != part) break;
    value |= part << shift;
    if ((byte & 0x80) != 0) continue;
    if (byte == 0 && shift > 0) break;
    return value;
  }
  throw DataError("a number is not in its shortest form");
}

IdentityOrder::IdentityOrder(std::string bytes)
    : hash(xxh3(bytes_of(bytes))), identity(std::move(bytes)) {}

void IdentityRecord::merge(const IdentityRecord& other) {
  std::vector<std::string> all;
  std::ranges::set_union(contents, other.contents, std::back_inserter(all));
  contents = std::move(all);
  deliveries += other.deliveries;
}

void IdentityRecord::append_bytes(std::string& out) const {
  std::string body;
  put_sized(body, identity);
  put_varint(body, deliveries);
  put_varint(body, contents.size());
  for (const std::string& content : contents) put_sized(body, content);
  put_sized(out, body);
}

IdentityRecord IdentityRecord::from_bytes(std::string_view bytes) {
  IdentityRecord out;
  out.identity = take_sized(bytes);
  out.deliveries = take_varint(bytes);
  for (auto left = take_varint(bytes); left > 0; --left) {
    out.contents.push_back(take_sized(bytes));
    const std::size_t size = out.contents.size();
    if (size > 1 && !(out.contents[size - 2] < out.contents[size - 1]))
      throw DataError("contents out of order");
  }
  if (!bytes.empty() || out.contents.empty()) throw DataError("no record of an identity");
  return out;
}

void count_record(const IdentityRecord& record, const SumRules& rules, SourceState& into) {
  const auto contents = static_cast<std::int64_t>(record.contents.size());
  into.duplicates += static_cast<std::int64_t>(record.deliveries) - contents;
  if (contents > 1) {
    into.withheld += contents;
    ++into.equivocations;
    return;
  }
  const RecordContent content = read_content(record.contents[0]);
  const evidence::Key group =
      rules.by_type && content.type ? *content.type : evidence::Key(std::int64_t{0});
  into.sums.add(group,
                evidence::normalise(std::bit_cast<double>(content.log_odds),
                                    std::bit_cast<double>(content.weight), rules.max_log_odds));
}

bool IdentityRecordReader::next() {
  if (bytes_.done()) return false;
  const auto [size, before] = varint_at(bytes_);
  const std::string_view body = bytes_.at(before, size);
  try {
    record_ = IdentityRecord::from_bytes(body);
  } catch (const Error& error) {
    bytes_.damaged(error.what());
  }
  bytes_.skip(before + size);
  const bool possible = ids_ ? record_.deliveries >= record_.contents.size()
                             : record_.deliveries == 0 && record_.contents.size() == 2;
  if (!possible) bytes_.damaged("an identity that came less often than there are contents");
  IdentityOrder order(record_.identity);
  if (!first_ && order <= order_) bytes_.damaged("its identities are not in order");
  first_ = false;
  order_ = std::move(order);
  return true;
}

std::vector<IdentityOrder> read_retracted(const store::StateReader& file, const std::string& name) {
  SectionBytes bytes(file, name, retracted_section);
  std::vector<IdentityOrder> out;
  while (!bytes.done()) {
    const auto [size, before] = varint_at(bytes);
    out.emplace_back(std::string(bytes.at(before, size)));
    bytes.skip(before + size);
    try {
      read_identity(out.back().identity);
    } catch (const Error& error) {
      bytes.damaged(error.what());
    }
    if (out.size() > 1 && !(out[out.size() - 2] < out.back()))
      bytes.damaged("its retracted identities are not in order");
  }
  return out;
}

void write_retracted(const std::vector<IdentityOrder>& retracted, store::StateWriter& writer) {
  writer.add_section(retracted_section);
  std::string bytes;
  for (const IdentityOrder& one : retracted) put_sized(bytes, one.identity);
  writer.append(bytes_of(bytes));
}

}  // namespace trawl::fold
