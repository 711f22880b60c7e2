#include <algorithm>
#include <cstring>
#include <numeric>

#include <trawl/base/digest.hpp>
#include <trawl/fold/key_lists.hpp>

#include "key_reader.hpp"

namespace trawl::fold {
namespace {

using comm::Comm;
using comm::NodeMemory;

constexpr int samples_per_rank =
    32;  // per receiving rank: keeps shares within a few percent of even

template <class Key>
void sort_and_deduplicate(std::vector<Key>& keys) {
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
}

std::vector<char> pack(std::span<const std::string> texts) {
  std::vector<char> bytes;
  for (const std::string& text : texts) {
    const std::uint64_t size = text.size();
    const auto* raw = reinterpret_cast<const char*>(&size);
    bytes.insert(bytes.end(), raw, raw + sizeof size);
    bytes.insert(bytes.end(), text.begin(), text.end());
  }
  return bytes;
}

void unpack(std::span<const char> bytes, std::vector<std::string>& texts) {
  for (std::size_t at = 0; at < bytes.size();) {
    std::uint64_t size = 0;
    std::memcpy(&size, bytes.data() + at, sizeof size);
    texts.emplace_back(bytes.data() + at + sizeof size, size);
    at += sizeof size + size;
  }
}

std::vector<std::int64_t> gather(const std::vector<std::int64_t>& mine, const Comm& comm) {
  return comm.all_gather(std::span<const std::int64_t>(mine));
}
std::vector<std::string> gather(const std::vector<std::string>& mine, const Comm& comm) {
  std::vector<std::string> all;
  unpack(comm.all_gather(std::span<const char>(pack(mine))), all);
  return all;
}

std::vector<std::int64_t> exchange(const std::vector<std::vector<std::int64_t>>& parts,
                                   const Comm& comm) {
  std::vector<std::int64_t> keys;
  for (const auto& part : comm.exchange(parts)) keys.insert(keys.end(), part.begin(), part.end());
  return keys;
}
std::vector<std::string> exchange(const std::vector<std::vector<std::string>>& parts,
                                  const Comm& comm) {
  std::vector<std::vector<char>> packed;
  for (const auto& part : parts) packed.push_back(pack(part));
  std::vector<std::string> keys;
  for (const auto& part : comm.exchange(packed)) unpack(part, keys);
  return keys;
}

// Collective. Afterwards the shares of all ranks, in rank order, are all distinct keys in ascending
// order.
template <class Key>
void sort_over_ranks(std::vector<Key>& keys, const Comm& comm) {
  sort_and_deduplicate(keys);
  if (comm.size() == 1) return;
  const auto ranks = static_cast<std::size_t>(comm.size());
  std::vector<Key> samples;
  const std::size_t wanted = std::min(keys.size(), ranks * samples_per_rank);
  for (std::size_t i = 0; i < wanted; ++i) samples.push_back(keys[i * keys.size() / wanted]);
  samples = gather(samples, comm);
  sort_and_deduplicate(samples);

  std::vector<std::vector<Key>> parts(ranks);
  auto from = keys.begin();
  for (std::size_t r = 0; r < ranks; ++r) {
    auto to = keys.end();
    if (r + 1 < ranks && !samples.empty()) {
      to = std::lower_bound(from, keys.end(), samples[(r + 1) * samples.size() / ranks]);
    }
    parts[r].assign(std::make_move_iterator(from), std::make_move_iterator(to));
    from = to;
  }
  keys = exchange(parts, comm);
  sort_and_deduplicate(keys);
}

// Where this rank's share lies in the concatenation of all shares.
struct Shares {
  std::vector<std::uint64_t> begin;  // ranks + 1
  Shares(std::uint64_t mine, const Comm& comm) : begin{0} {
    for (const std::uint64_t count : comm.all_gather_value(mine))
      begin.push_back(begin.back() + count);
  }
  std::uint64_t total() const { return begin.back(); }
  std::uint64_t first(const Comm& comm) const {
    return begin[static_cast<std::size_t>(comm.rank())];
  }
};

// Collective. `mine` of every rank, one after the other, in memory that the node shares.
template <class T>
NodeMemory concatenate(std::span<const T> mine, const Shares& shares, const Comm& comm) {
  NodeMemory memory(comm, shares.total() * sizeof(T));
  if (!mine.empty()) {
    std::memcpy(memory.bytes().data() + shares.first(comm) * sizeof(T), mine.data(),
                mine.size_bytes());
  }
  memory.fence();
  for (int r = 0; r < comm.size(); ++r) {
    const auto rank = static_cast<std::size_t>(r);
    memory.share_from(r, shares.begin[rank] * sizeof(T), shares.begin[rank + 1] * sizeof(T));
  }
  memory.fence();
  return memory;
}

struct List {
  KeyListFacts facts;
  std::vector<NodeMemory> memories;
  std::unique_ptr<core::KeySet> set;
};

// Collective. The filter over all keys, from every rank's own.
template <class Key>
core::MembershipFilter make_filter(const std::vector<Key>& mine, double fpr, const Comm& comm,
                                   List& list) {
  const std::uint64_t blocks = core::MembershipFilter::blocks_for(list.facts.distinct, fpr);
  NodeMemory memory(comm, blocks * core::MembershipFilter::words_per_block * sizeof(std::uint64_t));
  core::MembershipFilter filter(memory.as<std::uint64_t>());
  for (const Key& key : mine) filter.add_atomically(core::hash_key(key));
  memory.fence();
  memory.merge_or();
  list.facts.filter_bytes = memory.bytes().size();
  list.facts.expected_fpr = core::MembershipFilter::expected_fpr(blocks, list.facts.distinct);
  list.memories.push_back(std::move(memory));
  return filter;
}

std::string digest_of(Bytes first, Bytes second) {
  Xxh3Stream digest;
  digest.add(first);
  digest.add(second);
  return digest.hex();
}

List load_integers(const core::KeyListRef& ref, double fpr, const Comm& comm) {
  List list;
  std::vector<std::int64_t> mine;
  comm.agree("reading the key list",
             [&] { mine = read_integer_keys(ref, comm.size(), comm.rank()); });
  list.facts.read = comm.sum(mine.size());
  sort_over_ranks(mine, comm);
  const Shares shares(mine.size(), comm);
  list.facts.distinct = shares.total();
  list.memories.push_back(concatenate(std::span<const std::int64_t>(mine), shares, comm));
  const std::span<const std::int64_t> keys =
      list.memories[0].as<std::int64_t>().first(shares.total());
  list.facts.digest = digest_of(bytes_of(keys), {});
  list.set = std::make_unique<core::KeySet>(keys, make_filter(mine, fpr, comm, list));
  return list;
}

List load_texts(const core::KeyListRef& ref, double fpr, const Comm& comm) {
  List list;
  std::vector<std::string> mine;
  comm.agree("reading the key list", [&] { mine = read_text_keys(ref, comm.size(), comm.rank()); });
  list.facts.read = comm.sum(mine.size());
  sort_over_ranks(mine, comm);

  std::string bytes;
  for (const std::string& key : mine) bytes += key;
  const Shares keys(mine.size(), comm), text(bytes.size(), comm);
  std::vector<std::uint64_t> ends;
  std::uint64_t end = text.first(comm);
  for (const std::string& key : mine) ends.push_back(end += key.size());
  list.facts.distinct = keys.total();
  list.memories.push_back(concatenate(std::span<const std::uint64_t>(ends), keys, comm));
  list.memories.push_back(concatenate(std::span<const char>(bytes), text, comm));
  const std::span<const std::uint64_t> all_ends =
      list.memories[0].as<std::uint64_t>().first(keys.total());
  const std::span<const char> all_bytes = list.memories[1].as<char>().first(text.total());
  list.facts.digest = digest_of(bytes_of(all_ends), bytes_of(all_bytes));
  list.set =
      std::make_unique<core::KeySet>(all_ends, all_bytes, make_filter(mine, fpr, comm, list));
  return list;
}

}  // namespace

struct KeyLists::State {
  std::vector<List> lists;
  std::vector<const core::KeySet*> sets;
  std::vector<KeyListFacts> facts;
};

KeyLists::KeyLists() : state_(std::make_unique<State>()) {}
KeyLists::KeyLists(KeyLists&&) noexcept = default;
KeyLists& KeyLists::operator=(KeyLists&&) noexcept = default;
KeyLists::~KeyLists() = default;

KeyLists KeyLists::load(std::span<const core::KeyListRef> refs, double fpr, const Comm& comm) {
  KeyLists lists;
  for (const core::KeyListRef& ref : refs) {
    List list = ref.type == Type::text ? load_texts(ref, fpr, comm) : load_integers(ref, fpr, comm);
    list.facts.path = ref.path;
    list.facts.shared = list.memories[0].shared();
    for (const NodeMemory& memory : list.memories) list.facts.bytes += memory.bytes().size();
    lists.state_->sets.push_back(list.set.get());
    lists.state_->facts.push_back(list.facts);
    lists.state_->lists.push_back(std::move(list));
  }
  return lists;
}

std::span<const core::KeySet* const> KeyLists::sets() const {
  return state_->sets;
}
const std::vector<KeyListFacts>& KeyLists::facts() const {
  return state_->facts;
}

}  // namespace trawl::fold
