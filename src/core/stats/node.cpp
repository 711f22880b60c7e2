#include <trawl/base/error.hpp>
#include <trawl/core/stats/node.hpp>

#include "core/exact/byte_stream.hpp"

namespace trawl::stats {
namespace {

using core::exact::append;

constexpr std::uint8_t tag = 5;

}  // namespace

template <class Sums>
Node<Sums>::Node(typename Sums::Configuration configuration)
    : within(std::move(configuration)), between({within.features(), within.products()}) {}

template <class Sums>
void Node<Sums>::add_mean(const std::vector<double>& mean, std::int64_t records) {
  between.add(mean);
  squared_records += Wide{records} * records;
}

template <class Sums>
void Node<Sums>::subtract_mean(const std::vector<double>& mean, std::int64_t records) {
  between.subtract(mean);
  squared_records -= Wide{records} * records;
}

template <class Sums>
void Node<Sums>::merge(const Node& other) {
  within.merge(other.within);
  between.merge(other.between);
  entities += other.entities;
  squared_records += other.squared_records;
}

template <class Sums>
void Node<Sums>::subtract(const Node& other) {
  within.subtract(other.within);
  between.subtract(other.between);
  entities -= other.entities;
  squared_records -= other.squared_records;
}

template <class Sums>
void Node<Sums>::append_bytes(std::vector<std::byte>& out) const {
  append(out, tag);
  append(out, entities);
  append(out, static_cast<std::uint64_t>(squared_records));
  append(out, static_cast<std::int64_t>(squared_records >> 64));
  within.append_bytes(out);
  between.append_bytes(out);
}

template <class Sums>
std::vector<std::byte> Node<Sums>::to_bytes() const {
  std::vector<std::byte> out;
  append_bytes(out);
  return out;
}

template <class Sums>
Node<Sums> Node<Sums>::read(Bytes& bytes) {
  core::exact::ByteReader reader(bytes, "a node");
  if (reader.next<std::uint8_t>() != tag) throw DataError("damaged bytes of a node: wrong tag");
  const auto entities = reader.next<std::int64_t>();
  const Wide low = reader.next<std::uint64_t>();
  const Wide squared_records = low | Wide{reader.next<std::int64_t>()} << 64;
  Bytes rest = reader.rest();
  Moments within = Moments::read(rest);
  core::ExactMoments between = core::ExactMoments::read(rest);
  if (between.features() != within.features() || between.products() != within.products()) {
    throw DataError("damaged bytes of a node: two kinds of sums");
  }
  Node out(within.configuration());
  out.entities = entities;
  out.squared_records = squared_records;
  out.within = std::move(within);
  out.between = std::move(between);
  bytes = rest;
  return out;
}

template <class Sums>
Node<Sums> Node<Sums>::from_bytes(Bytes bytes) {
  Node out = read(bytes);
  if (!bytes.empty()) throw DataError("damaged bytes of a node: more than one node has");
  return out;
}

template struct Node<core::ExactSums>;
template struct Node<core::FixedSums>;

}  // namespace trawl::stats
