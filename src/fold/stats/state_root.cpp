#include "fold/stats/state_root.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/parallel.hpp>
#include <trawl/fold/sum_tree.hpp>

#include "fold/stats/state.hpp"

namespace trawl::fold {
namespace {

// No sum of two of them is out of range.
constexpr std::int64_t most_records = std::int64_t{1} << 61;

// A negative number of records would take from a total what another leaf put there.
template <class Sums>
void check_counts(const core::Moments<Sums>& moments) {
  std::vector<std::int64_t> counts = {moments.count(), moments.refused()};
  for (std::size_t i = 0; i < moments.features(); ++i) {
    const core::RefusedValues values = moments.refused_values(i);
    counts.insert(counts.end(), {values.nan, values.too_low, values.too_high});
  }
  for (const std::int64_t count : counts) {
    if (count < 0 || count > most_records)
      throw DataError(fmt::format("moments of {} records", count));
  }
}

template <class Sums>
core::Moments<Sums> moments_from(Bytes bytes, const typename Sums::Configuration& configuration) {
  core::Moments<Sums> moments = core::Moments<Sums>::from_bytes(bytes);
  if (moments.configuration() != configuration)
    throw DataError("moments of other features or units than the configuration says");
  check_counts(moments);
  return moments;
}

// Leaves [begin, begin + size) of the tree; any number of threads makes the same.
template <class Sums>
core::SumTreeRange range_of(const SortedEntities<Sums>& entities, const core::SumKind& kind,
                            std::uint64_t begin, int threads) {
  const std::size_t size = entities.size();
  const auto pieces = static_cast<std::size_t>(std::max(1, threads));
  std::vector<core::SumTreeRange> ranges;
  for (std::size_t i = 0; i < pieces; ++i) ranges.emplace_back(kind, begin + size * i / pieces);
  parallel_for(pieces, threads, [&](std::size_t i) {
    entities.each(
        size * i / pieces, size * (i + 1) / pieces,
        [&](std::uint64_t hash, const std::string& key, const core::Moments<Sums>& moments) {
          const std::string order = EntityKey::from_bytes(key).sort_bytes();
          ranges[i].add(bytes_of(leaf_key(hash, order)), moments.to_bytes());
        });
  });
  for (std::size_t i = 1; i < pieces; ++i) ranges[0].merge(std::move(ranges[i]));
  return std::move(ranges[0]);
}

}  // namespace

void StateRoot::write(store::StateWriter& writer) const {
  std::string bytes;
  put(bytes, leaves);
  bytes.append(reinterpret_cast<const char*>(root.data()), root.size());
  writer.add_section(root_section);
  writer.append(bytes_of(bytes));
}

std::optional<StateRoot> StateRoot::read(const store::StateReader& file) {
  const auto sections = file.sections();
  if (std::ranges::find(sections, root_section) == sections.end()) return std::nullopt;
  StateRoot root;
  if (file.section_bytes(root_section) != sizeof root.leaves + root.root.size())
    throw DataError("the section of the root has another size");
  const std::vector<std::byte> bytes = file.read_section(root_section);
  std::memcpy(&root.leaves, bytes.data(), sizeof root.leaves);
  std::memcpy(root.root.data(), bytes.data() + sizeof root.leaves, root.root.size());
  return root;
}

std::string leaf_key(std::uint64_t hash, std::string_view sort_bytes) {
  std::string key;
  for (int shift = 56; shift >= 0; shift -= 8) key += static_cast<char>((hash >> shift) & 0xff);
  return key += sort_bytes;
}

template <class Sums>
core::SumKind moments_kind(const StatsRequest& request, const std::string& configuration) {
  const auto shape = configuration_of<Sums>(request);
  return {fmt::format("{} {}", stats_kind, configuration),
          [shape](Bytes a, Bytes b) {
            core::Moments<Sums> sum = moments_from<Sums>(a, shape);
            try {
              sum.merge(moments_from<Sums>(b, shape));
            } catch (const InputError& error) {  // more than fixed-point sums can count
              throw DataError(error.what());
            }
            return sum.to_bytes();
          },
          [shape](Bytes bytes) { moments_from<Sums>(bytes, shape); }};
}

template <class Sums>
std::optional<StateRoot> root_of(const EntityTable<Sums>& entities, const StatsRequest& request,
                                 const std::string& configuration, const comm::Comm& comm) {
  std::optional<SortedEntities<Sums>> mine;
  comm.agree("sorting the entities", [&] { mine.emplace(entities); });
  const std::uint64_t begin = leaves_before(mine->size(), comm);
  const core::SumKind kind = moments_kind<Sums>(request, configuration);
  core::SumTreeRange range(kind, begin);
  comm.agree("building the tree of sums",
             [&] { range = range_of(*mine, kind, begin, request.search.threads); });
  const auto tree = join_sum_trees(kind, std::move(range), comm);
  if (!tree) return std::nullopt;
  return StateRoot{tree->leaves, tree->root};
}

#define TRAWL_ROOT_OF(Sums)                                                                \
  template core::SumKind moments_kind<Sums>(const StatsRequest&, const std::string&);      \
  template std::optional<StateRoot> root_of(const EntityTable<Sums>&, const StatsRequest&, \
                                            const std::string&, const comm::Comm&);
TRAWL_ROOT_OF(core::ExactSums)
TRAWL_ROOT_OF(core::FixedSums)
#undef TRAWL_ROOT_OF

}  // namespace trawl::fold
