#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>

#include <trawl/base/digest.hpp>
#include <trawl/base/parallel.hpp>
#include <trawl/base/partition.hpp>
#include <trawl/core/filter/key_sort.hpp>
#include <trawl/fold/key_lists.hpp>

#include "key_reader.hpp"
#include "key_survey.hpp"

namespace trawl::fold {
namespace {

using comm::Comm;
using comm::NodeMemory;

constexpr int samples_per_rank =
    32;  // per receiving rank: keeps shares within a few percent of even

// What all steps of loading one list know.
struct Load {
  const core::KeyListRef& ref;
  double fpr;
  int threads;
  const Comm& comm;
};

template <class Key>
void sort_and_deduplicate(std::vector<Key>& keys, int) {
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
}
void sort_and_deduplicate(IntegerKeys& keys, int threads) {
  const PageMemory space(keys.keys().size_bytes());
  keys.count =
      core::sort_distinct(keys.keys(), space.as<std::int64_t>().first(keys.count), threads);
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

// What is here becomes `parts[r]` of every rank r's; its own memory is given back in between.
void exchange(std::vector<std::vector<std::int64_t>> parts, IntegerKeys& keys, const Comm& comm) {
  keys = {};
  const auto received = comm.exchange(parts);
  parts.clear();
  std::size_t total = 0;
  for (const auto& part : received) total += part.size();
  keys.memory = PageMemory(total * sizeof(std::int64_t));
  for (const auto& part : received) {
    std::copy(part.begin(), part.end(), keys.memory.as<std::int64_t>().data() + keys.count);
    keys.count += part.size();
  }
}
void exchange(std::vector<std::vector<std::string>> parts, std::vector<std::string>& keys,
              const Comm& comm) {
  std::vector<std::vector<char>> packed;
  for (const auto& part : parts) packed.push_back(pack(part));
  keys.clear();
  for (const auto& part : comm.exchange(packed)) unpack(part, keys);
}

std::span<std::int64_t> items(IntegerKeys& keys) {
  return keys.keys();
}
std::span<std::string> items(std::vector<std::string>& keys) {
  return keys;
}

// Collective. Afterwards the shares of all ranks, in rank order, are all distinct keys in ascending
// order.
template <class Keys>
void sort_over_ranks(Keys& mine, int threads, const Comm& comm) {
  sort_and_deduplicate(mine, threads);
  if (comm.size() == 1) return;
  const auto keys = items(mine);
  using Key = typename decltype(keys)::value_type;
  const auto ranks = static_cast<std::size_t>(comm.size());
  std::vector<Key> samples;
  const std::size_t wanted = std::min(keys.size(), ranks * samples_per_rank);
  for (std::size_t i = 0; i < wanted; ++i) samples.push_back(keys[i * keys.size() / wanted]);
  samples = gather(samples, comm);
  sort_and_deduplicate(samples, 1);

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
  exchange(std::move(parts), mine, comm);
  sort_and_deduplicate(mine, threads);
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
NodeMemory concatenate(std::span<const T> mine, const Shares& shares, int threads,
                       const Comm& comm) {
  NodeMemory memory(comm, shares.total() * sizeof(T));
  T* const to = memory.as<T>().data() + shares.first(comm);
  parallel_for(static_cast<std::size_t>(threads), threads, [&](std::size_t thread) {
    const Slice part = slice(mine.size(), threads, static_cast<int>(thread));
    std::copy_n(mine.data() + part.begin, part.size(), to + part.begin);
  });
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
  std::unique_ptr<core::RangeMap> ranges;
  std::unique_ptr<core::KeySet> set;
};

void hash_all(std::span<const std::int64_t> keys, std::vector<std::uint64_t>& hashes) {
  for (const std::int64_t key : keys) hashes.push_back(core::hash_key(key));
}
void hash_all(std::span<const std::string> keys, std::vector<std::uint64_t>& hashes) {
  for (const std::string& key : keys) hashes.push_back(core::hash_key(key));
}

// Collective. Every rank fills the range of blocks that it owns, with the hashes of all ranks that
// fall there: no two write the same word, so nothing needs to be atomic.
template <class Key>
void fill_over_ranks(core::MembershipFilter& filter, std::span<const Key> mine, const Load& load) {
  const auto ranks = static_cast<std::uint64_t>(load.comm.size());
  const std::uint64_t blocks = filter.words().size() / core::MembershipFilter::words_per_block;
  std::vector<std::vector<std::uint64_t>> parts(ranks);
  std::vector<std::uint64_t> hashes;
  hashes.reserve(mine.size());
  hash_all(mine, hashes);
  for (auto& part : parts) part.reserve(hashes.size() / ranks + hashes.size() / ranks / 8);
  for (const std::uint64_t hash : hashes)
    parts[core::MembershipFilter::part_of(hash, blocks, ranks)].push_back(hash);
  hashes = {};
  auto received = load.comm.exchange(parts);
  parts.clear();
  for (const auto& part : received) filter.add_all(part, load.threads);
}

// Collective. The filter over all keys, from every rank's own.
template <class Key>
core::MembershipFilter make_filter(std::span<const Key> mine, const Load& load, List& list) {
  // Searching so few keys costs less than hashing a row for a filter.
  if (list.facts.distinct <= core::KeySet::searched_directly) return {};
  const std::uint64_t blocks = core::MembershipFilter::blocks_for(list.facts.distinct, load.fpr);
  NodeMemory memory(load.comm,
                    blocks * core::MembershipFilter::words_per_block * sizeof(std::uint64_t));
  core::MembershipFilter filter(memory.as<std::uint64_t>());
  if constexpr (std::is_same_v<Key, std::int64_t>) {
    if (load.comm.size() == 1) filter.add_all(mine, load.threads);
  }
  if (load.comm.size() > 1 || !std::is_same_v<Key, std::int64_t>)
    fill_over_ranks(filter, mine, load);
  memory.fence();
  memory.merge_or();
  list.facts.filter_bytes = memory.bytes().size();
  list.facts.expected_fpr = core::MembershipFilter::expected_fpr(blocks, list.facts.distinct);
  list.memories.push_back(std::move(memory));
  return filter;
}

// Collective. Calls fill(parts, part) for all parts, of which the threads of all ranks that share
// the memory do one each.
template <class Fill>
void fill_together(const NodeMemory& memory, int threads, const Comm& comm, const Fill& fill) {
  const int sharing = memory.shared() ? comm.node_size() : 1;
  const int first = memory.shared() ? comm.node_rank() * threads : 0;
  parallel_for(static_cast<std::size_t>(threads), threads, [&](std::size_t thread) {
    fill(sharing * threads, first + static_cast<int>(thread));
  });
  memory.fence();
}

// Collective. Over all keys.
core::PrefixTable make_prefixes(std::span<const std::int64_t> keys, const Load& load, List& list) {
  const std::uint64_t entries = core::PrefixTable::entries_for(keys);
  if (entries == 0) return {};
  const NodeMemory& memory =
      list.memories.emplace_back(NodeMemory(load.comm, entries * sizeof(std::uint32_t)));
  core::PrefixTable table(keys, memory.as<std::uint32_t>());
  fill_together(memory, load.threads, load.comm,
                [&](int parts, int part) { table.fill(keys, parts, part); });
  return table;
}

// Collective. All keys, in the order of the ranks, where the ranks of a node see them.
std::span<const std::int64_t> gather_on_nodes(IntegerKeys& mine, const Load& load, List& list) {
  const Shares shares(mine.count, load.comm);
  if (load.comm.size() == 1) {
    list.memories.emplace_back(load.comm, std::move(mine.memory),
                               mine.count * sizeof(std::int64_t));
  } else {
    list.memories.push_back(
        concatenate(std::span<const std::int64_t>(mine.keys()), shares, load.threads, load.comm));
  }
  return list.memories[0].as<std::int64_t>().first(shares.total());
}

void sort_integers(IntegerKeys& mine, const Load& load, List& list) {
  sort_over_ranks(mine, load.threads, load.comm);
  list.facts.distinct = load.comm.sum(mine.count);
  if (list.ranges == nullptr) {
    list.facts.digest = digest_text(survey_keys(mine.keys(), load.threads, load.comm).digest);
    list.facts.named = list.facts.distinct;
  }
  const std::span<const std::int64_t> share = mine.keys();  // stays where it is
  const std::span<const std::int64_t> keys = gather_on_nodes(mine, load, list);
  const core::PrefixTable prefixes = make_prefixes(keys, load, list);
  list.set = std::make_unique<core::KeySet>(keys, make_filter(share, load, list), prefixes);
  list.set->use_ranges(list.ranges.get());
}

List load_integers(const Load& load, bool may_be_late) {
  const Comm& comm = load.comm;
  List list;
  IntegerKeys mine;
  comm.agree("reading the key list",
             [&] { mine = read_integer_keys(load.ref, comm.size(), comm.rank(), load.threads); });
  list.facts.read = comm.sum(mine.count);
  if (list.facts.read >= KeyLists::many) {
    const KeySurvey facts = survey_keys(mine.keys(), load.threads, comm);
    list.facts.digest = digest_text(facts.digest);
    list.facts.named = list.facts.read;
    list.ranges = map_ranges(mine.keys(), facts, load.threads, comm);
  }
  list.facts.checked_late = may_be_late && list.ranges != nullptr;
  if (!list.facts.checked_late) {
    sort_integers(mine, load, list);
    return list;
  }
  const std::span<const std::int64_t> keys = gather_on_nodes(mine, load, list);
  list.set =
      std::make_unique<core::KeySet>(keys, list.ranges.get(), std::array<core::WordFilter, 2>{});
  return list;
}

List load_texts(const Load& load) {
  const Comm& comm = load.comm;
  List list;
  std::vector<std::string> mine;
  comm.agree("reading the key list",
             [&] { mine = read_text_keys(load.ref, comm.size(), comm.rank()); });
  list.facts.read = comm.sum(mine.size());
  sort_over_ranks(mine, load.threads, comm);
  MultisetDigest digest;
  for (const std::string& key : mine) digest.add(bytes_of(key));
  list.facts.digest = digest_text(sum_over_ranks(digest, comm));

  std::string bytes;
  for (const std::string& key : mine) bytes += key;
  const Shares keys(mine.size(), comm), text(bytes.size(), comm);
  std::vector<std::uint64_t> ends;
  std::uint64_t end = text.first(comm);
  for (const std::string& key : mine) ends.push_back(end += key.size());
  list.facts.distinct = list.facts.named = keys.total();
  list.memories.push_back(concatenate(std::span<const std::uint64_t>(ends), keys, 1, comm));
  list.memories.push_back(concatenate(std::span<const char>(bytes), text, 1, comm));
  const std::span<const std::uint64_t> all_ends =
      list.memories[0].as<std::uint64_t>().first(keys.total());
  const std::span<const char> all_bytes = list.memories[1].as<char>().first(text.total());
  list.set = std::make_unique<core::KeySet>(
      all_ends, all_bytes, make_filter(std::span<const std::string>(mine), load, list));
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

KeyLists KeyLists::load(std::span<const core::KeyListRef> refs, double fpr, int threads,
                        const Comm& comm, bool may_be_late) {
  KeyLists lists;
  for (const core::KeyListRef& ref : refs) {
    const Load how{ref, fpr, std::max(threads, 1), comm};
    List list = ref.type == Type::text ? load_texts(how)
                                       : load_integers(how, may_be_late && refs.size() == 1);
    list.facts.path = ref.path;
    list.facts.shared = list.memories[0].shared();
    for (const NodeMemory& memory : list.memories) list.facts.bytes += memory.bytes().size();
    lists.state_->sets.push_back(list.set.get());
    lists.state_->facts.push_back(list.facts);
    lists.state_->lists.push_back(std::move(list));
  }
  return lists;
}

std::optional<std::span<const std::int64_t>> KeyLists::late() const {
  if (state_->sets.size() != 1 || !state_->sets[0]->checked_late()) return std::nullopt;
  return state_->sets[0]->integers();
}

namespace {

// Bits per key of the first filter, which all rows probe: so few that 10,000,000 keys fit beside
// other data in a last-level cache, where it is two to three times as fast as from memory.
constexpr double first_bits = 6;

// Collective. A filter of `bits` bits per key over all keys, filled by all threads of the node.
core::WordFilter make_late_filter(std::span<const std::int64_t> keys, double bits,
                                  core::WordFilter::Series series, int threads, const Comm& comm,
                                  List& list) {
  const NodeMemory& memory = list.memories.emplace_back(
      NodeMemory(comm, core::WordFilter::words_for(keys.size(), bits) * sizeof(std::uint64_t)));
  core::WordFilter filter(memory.as<std::uint64_t>(), series);
  fill_together(memory, threads, comm, [&](int parts, int part) {
    filter.add(keys, static_cast<std::uint64_t>(parts), static_cast<std::uint64_t>(part));
  });
  list.facts.filter_bytes += memory.bytes().size();
  return filter;
}

}  // namespace

void KeyLists::filter_late(double fpr, int threads, const Comm& comm) {
  using core::WordFilter;
  List& list = state_->lists[0];
  const std::span<const std::int64_t> keys = list.set->integers();
  const double first_rate = WordFilter::rate_at(first_bits);
  const double second_bits = fpr < first_rate ? WordFilter::bits_for(fpr / first_rate) : 0;
  std::array<WordFilter, 2> filters;
  threads = std::max(threads, 1);
  filters[0] = make_late_filter(keys, first_bits, WordFilter::Series::first, threads, comm, list);
  list.facts.expected_fpr = first_rate;
  if (second_bits > 0) {
    filters[1] =
        make_late_filter(keys, second_bits, WordFilter::Series::second, threads, comm, list);
    list.facts.expected_fpr *= WordFilter::rate_at(second_bits);
  }
  list.facts.bytes += list.facts.filter_bytes;
  list.set = std::make_unique<core::KeySet>(keys, list.ranges.get(), filters);
  state_->sets[0] = list.set.get();
  state_->facts[0] = list.facts;
}

std::span<const core::KeySet* const> KeyLists::sets() const {
  return state_->sets;
}
const std::vector<KeyListFacts>& KeyLists::facts() const {
  return state_->facts;
}

}  // namespace trawl::fold
