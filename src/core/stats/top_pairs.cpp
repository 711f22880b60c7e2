// The most correlated pairs by a k-d tree that is searched against itself.
#include <algorithm>
#include <cstddef>
#include <limits>
#include <numeric>
#include <utility>

#include <trawl/base/error.hpp>
#include <trawl/core/stats/profiles.hpp>

namespace trawl::core {
namespace {

constexpr std::size_t leaf_size = 16;  // 8 to 32 are equally fast

// The first k of the pairs it is told.
class BestPairs {
 public:
  explicit BestPairs(std::size_t k) : k_(k) {}

  bool full() const { return heap_.size() == k_; }
  const CorrelatedPair& last() const { return heap_.front(); }

  void add(std::span<const double> u, std::uint32_t a, std::span<const double> v, std::uint32_t b) {
    if (a > b) std::swap(a, b);
    const CorrelatedPair pair{a, b, correlation(u, v)};
    if (full()) {
      if (!comes_before(pair, last())) return;
      std::ranges::pop_heap(heap_, comes_before);
      heap_.back() = pair;
    } else {
      heap_.push_back(pair);
    }
    std::ranges::push_heap(heap_, comes_before);
  }

  std::vector<CorrelatedPair> in_order() && {
    std::ranges::sort(heap_, comes_before);
    return std::move(heap_);
  }

 private:
  std::size_t k_;
  std::vector<CorrelatedPair> heap_;  // the last of them in front
};

std::size_t count_of(std::span<const double> units, std::size_t width) {
  const std::size_t count = width == 0 ? 0 : units.size() / width;
  if (count > std::numeric_limits<std::uint32_t>::max())
    throw InputError("correlation: 2^32 or more entities in one group");
  return count;
}

class PairTree {
 public:
  PairTree(std::span<const double> units, std::size_t width)
      : width_(width), numbers_(count_of(units, width)) {
    std::iota(numbers_.begin(), numbers_.end(), 0U);
    if (numbers_.size() < 2) return;
    make(units, 0, numbers_.size());
    units_.reserve(units.size());
    for (const std::uint32_t number : numbers_) {
      const auto unit = units.subspan(number * width, width);
      units_.insert(units_.end(), unit.begin(), unit.end());
    }
  }

  std::vector<CorrelatedPair> top(std::size_t k) const {
    BestPairs best(k);
    if (!nodes_.empty() && k > 0) within(0, best);
    return std::move(best).in_order();
  }

 private:
  struct Node {
    std::size_t begin, end;  // of numbers_
    std::uint32_t smallest;  // of these numbers
    std::size_t right;       // the left child is the next node; 0: a leaf
  };

  // The box around the units of node i: lows, then highs.
  std::span<double> box(std::size_t i) {
    return std::span(boxes_).subspan(i * 2 * width_, 2 * width_);
  }
  std::span<const double> box(std::size_t i) const {
    return std::span(boxes_).subspan(i * 2 * width_, 2 * width_);
  }
  std::span<const double> unit(std::size_t place) const {
    return std::span(units_).subspan(place * width_, width_);
  }

  std::size_t make(std::span<const double> units, std::size_t begin, std::size_t end) {
    const std::size_t i = nodes_.size();
    nodes_.push_back(
        {begin, end, *std::min_element(&numbers_[begin], &numbers_[begin] + (end - begin)), 0});
    boxes_.resize(boxes_.size() + 2 * width_);
    const std::size_t axis = enclose(units, i);
    if (end - begin <= leaf_size) return i;
    const std::size_t middle = begin + (end - begin) / 2;
    const auto at = [&](std::size_t place) {
      return numbers_.begin() + static_cast<std::ptrdiff_t>(place);
    };
    // Of equal units the smaller numbers come to the left: that is where the first of them are.
    std::nth_element(at(begin), at(middle), at(end), [&](std::uint32_t a, std::uint32_t b) {
      return std::pair(units[a * width_ + axis], a) < std::pair(units[b * width_ + axis], b);
    });
    make(units, begin, middle);
    nodes_[i].right = make(units, middle, end);
    return i;
  }

  // Makes the box of node i; the axis in which it is longest.
  std::size_t enclose(std::span<const double> units, std::size_t i) {
    const auto bounds = box(i);
    const auto low = bounds.first(width_), high = bounds.last(width_);
    std::ranges::fill(low, std::numeric_limits<double>::infinity());
    std::ranges::fill(high, -std::numeric_limits<double>::infinity());
    for (std::size_t place = nodes_[i].begin; place < nodes_[i].end; ++place) {
      const double* values = &units[numbers_[place] * width_];
      for (std::size_t axis = 0; axis < width_; ++axis) {
        low[axis] = std::min(low[axis], values[axis]);
        high[axis] = std::max(high[axis], values[axis]);
      }
    }
    std::size_t longest = 0;
    for (std::size_t axis = 1; axis < width_; ++axis) {
      if (high[axis] - low[axis] > high[longest] - low[longest]) longest = axis;
    }
    return longest;
  }

  // No two units of nodes a and b are nearer; up to rounding. The squared distance of their boxes.
  double squared_gap(std::size_t a, std::size_t b) const {
    const double* low_a = box(a).data();
    const double* low_b = box(b).data();
    double sum = 0;
    for (std::size_t axis = 0; axis < width_; ++axis) {
      const double gap =
          std::max(low_a[axis] - low_b[axis + width_], low_b[axis] - low_a[axis + width_]);
      if (gap > 0) sum += gap * gap;
    }
    return sum;
  }

  // Whether no pair of nodes a and b can be among the best. Of units of length 1 within
  // (width + 4) 2^-53 the correlation is 1 - |u - v|^2 / 2; all of that, the correlation that is
  // computed, and the gap are off by less than (2 width + 8) 2^-52 together, since none exceeds 4.
  bool hopeless(std::size_t a, std::size_t b, double gap, const BestPairs& best) const {
    if (!best.full()) return false;
    const double slack = (4.0 * static_cast<double>(width_) + 16.0) * 0x1p-52;
    const double most = std::min(1.0, 1.0 - gap / 2 + slack);
    const CorrelatedPair& last = best.last();
    if (most != last.correlation) return most < last.correlation;
    return std::min(nodes_[a].smallest, nodes_[b].smallest) > last.a;
  }

  void within(std::size_t i, BestPairs& best) const {
    const Node& node = nodes_[i];
    if (hopeless(i, i, 0, best)) return;
    if (node.right != 0) {
      within(i + 1, best);
      within(node.right, best);
      between(i + 1, node.right, squared_gap(i + 1, node.right), best);
      return;
    }
    for (std::size_t a = node.begin; a < node.end; ++a) {
      for (std::size_t b = a + 1; b < node.end; ++b)
        best.add(unit(a), numbers_[a], unit(b), numbers_[b]);
    }
  }

  void between(std::size_t a, std::size_t b, double gap, BestPairs& best) const {
    if (hopeless(a, b, gap, best)) return;
    if (size(a) < size(b)) std::swap(a, b);
    if (nodes_[a].right == 0 && nodes_[b].right != 0) std::swap(a, b);
    if (nodes_[a].right == 0) {
      all_between(nodes_[a], nodes_[b], best);
      return;
    }
    std::size_t near = a + 1, far = nodes_[a].right;
    double near_gap = squared_gap(near, b), far_gap = squared_gap(far, b);
    if (far_gap < near_gap) {
      std::swap(near, far);
      std::swap(near_gap, far_gap);
    }
    between(near, b, near_gap, best);
    between(far, b, far_gap, best);
  }

  void all_between(const Node& a, const Node& b, BestPairs& best) const {
    for (std::size_t i = a.begin; i < a.end; ++i) {
      for (std::size_t j = b.begin; j < b.end; ++j)
        best.add(unit(i), numbers_[i], unit(j), numbers_[j]);
    }
  }

  std::size_t size(std::size_t i) const { return nodes_[i].end - nodes_[i].begin; }

  std::size_t width_;
  std::vector<std::uint32_t> numbers_;  // of units, node by node
  std::vector<double> units_;           // in the order of numbers_
  std::vector<Node> nodes_;
  std::vector<double> boxes_;
};

}  // namespace

std::vector<CorrelatedPair> top_pairs(std::span<const double> units, std::size_t width,
                                      std::size_t k) {
  return PairTree(units, width).top(k);
}

std::vector<CorrelatedPair> top_pairs_reference(std::span<const double> units, std::size_t width,
                                                std::size_t k) {
  const auto count = static_cast<std::uint32_t>(count_of(units, width));
  BestPairs best(k);
  for (std::uint32_t a = 0; a < count && k > 0; ++a) {
    for (std::uint32_t b = a + 1; b < count; ++b)
      best.add(units.subspan(a * width, width), a, units.subspan(b * width, width), b);
  }
  return std::move(best).in_order();
}

}  // namespace trawl::core
