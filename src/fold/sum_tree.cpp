#include <stdexcept>
#include <string>

#include <trawl/fold/sum_tree.hpp>

namespace trawl::fold {
namespace {

using core::SumTreeRange;

std::string text_of(const SumTreeRange& range) {
  const std::vector<std::byte> bytes = range.to_bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

std::uint64_t leaves_before(std::uint64_t count, const comm::Comm& world) {
  const std::vector<std::uint64_t> counts = world.all_gather_value(count);
  std::uint64_t before = 0;
  for (int rank = 0; rank < world.rank(); ++rank) before += counts[static_cast<std::size_t>(rank)];
  return before;
}

std::optional<core::SumTree> make_sum_tree(const core::SumKind& kind, std::uint64_t count,
                                           const LeafSource& leaves,
                                           std::span<const std::uint64_t> watched,
                                           const comm::Comm& world) {
  const std::uint64_t begin = leaves_before(count, world);
  SumTreeRange mine(kind, begin);
  world.agree("building the tree of sums", [&] {
    for (const std::uint64_t index : watched)
      if (index >= begin && index - begin < count) mine.watch(index);
    leaves([&](Bytes key, Bytes sum) { mine.add(key, sum); });
    if (mine.end() - begin != count)
      throw std::logic_error("make_sum_tree: not as many leaves as were announced");
  });
  return join_sum_trees(kind, std::move(mine), world);
}

std::optional<core::SumTree> join_sum_trees(const core::SumKind& kind, SumTreeRange mine,
                                            const comm::Comm& world) {
  const std::string all = world.merge_to_root(
      text_of(mine), [&kind](const std::string& lower, const std::string& upper) {
        SumTreeRange joined = SumTreeRange::from_bytes(kind, bytes_of(lower));
        joined.merge(SumTreeRange::from_bytes(kind, bytes_of(upper)));
        return text_of(joined);
      });
  if (!world.is_root()) return std::nullopt;
  return SumTreeRange::from_bytes(kind, bytes_of(all)).finish();
}

}  // namespace trawl::fold
