#include "fold/stats/entity_lines.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include <trawl/base/parallel.hpp>

#include "fold/stats/entity_key.hpp"
#include "fold/stats/lines.hpp"

namespace trawl::fold {
namespace {

struct Item {
  std::string order;
  std::uint32_t part, number;  // in the table
  bool operator<(const Item& other) const { return order < other.order; }
};

// Sorted sequences into one, two at a time.
std::vector<Item> merged(std::vector<std::vector<Item>> sequences, int threads) {
  while (sequences.size() > 1) {
    std::vector<std::vector<Item>> next((sequences.size() + 1) / 2);
    parallel_for(next.size(), threads, [&](std::size_t i) {
      next[i] = std::move(sequences[2 * i]);
      if (2 * i + 1 == sequences.size()) return;
      std::vector<Item> left = std::move(next[i]), right = std::move(sequences[2 * i + 1]);
      next[i].clear();
      next[i].reserve(left.size() + right.size());
      std::merge(std::move_iterator(left.begin()), std::move_iterator(left.end()),
                 std::move_iterator(right.begin()), std::move_iterator(right.end()),
                 std::back_inserter(next[i]));
    });
    sequences = std::move(next);
  }
  return std::move(sequences.front());
}

template <class Sums>
std::vector<Item> in_order(const EntityTable<Sums>& table, int threads) {
  std::vector<std::vector<Item>> parts(table.parts);
  parallel_for(table.parts, threads, [&](std::size_t part) {
    table.settle(part);
    for (std::uint32_t number = 0; number < table.size(part); ++number) {
      parts[part].push_back({EntityKey::from_bytes(table.key(part, number)).sort_bytes(),
                             static_cast<std::uint32_t>(part), number});
    }
    std::ranges::sort(parts[part], std::less());
  });
  return merged(std::move(parts), threads);
}

// So many lines a thread writes before they are put to the others.
constexpr std::size_t lines_at_once = 2048;

}  // namespace

template <class Sums>
void append_entity_lines(std::string& out, const StatsRequest& request,
                         const EntityTable<Sums>& table, const Hang& hang,
                         const EntityAnomalies<Sums>* anomalies, bool orders) {
  const int threads = std::max(1, request.search.threads);
  const std::vector<Item> items = in_order(table, threads);
  std::vector<LineWriter> writers(static_cast<std::size_t>(threads), LineWriter(request));
  std::vector<std::string> pieces(writers.size());
  const auto write = [&](std::size_t piece, std::size_t begin) {
    core::Moments<Sums> space = table.nothing();
    for (std::size_t i = begin; i < std::min(begin + lines_at_once, items.size()); ++i) {
      const Item& item = items[i];
      const core::Moments<Sums>& moments = table.moments(item.part, item.number, space);
      EntityKey key = EntityKey::from_bytes(table.key(item.part, item.number));
      key.path = parent_path(key, hang);
      const std::string more =
          anomalies != nullptr ? anomalies->field(item.part, item.number, moments) : std::string();
      const std::string line = writers[piece].entity(key, moments, more);
      if (!orders) {
        pieces[piece] += line;
      } else {
        put_text(pieces[piece], item.order);
        put_text(pieces[piece], line);
      }
    }
  };
  const std::size_t step = pieces.size() * lines_at_once, before = out.size();
  for (std::size_t begin = 0; begin < items.size(); begin += step) {
    for (std::string& piece : pieces) piece.clear();
    const std::size_t left = (items.size() - begin + lines_at_once - 1) / lines_at_once;
    parallel_for(std::min(pieces.size(), left), threads,
                 [&](std::size_t piece) { write(piece, begin + piece * lines_at_once); });
    for (const std::string& piece : pieces) out += piece;
    // Doubling would take three times the memory for a while.
    if (begin == 0 && items.size() > step)
      out.reserve(before + (out.size() - before) / step * items.size() / 16 * 17);
  }
}

template void append_entity_lines(std::string&, const StatsRequest&,
                                  const EntityTable<core::ExactSums>&, const Hang&,
                                  const EntityAnomalies<core::ExactSums>*, bool);
template void append_entity_lines(std::string&, const StatsRequest&,
                                  const EntityTable<core::FixedSums>&, const Hang&,
                                  const EntityAnomalies<core::FixedSums>*, bool);

}  // namespace trawl::fold
