#include <algorithm>
#include <numeric>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <trawl/base/error.hpp>
#include <trawl/base/json.hpp>
#include <trawl/store/state_merge.hpp>

namespace trawl::store {
namespace {

constexpr std::size_t most_conflicts = 20;

// Names of the members that differ, with both values.
std::string difference(const std::string& a, const std::string& b) {
  const Json first = parse_json(a, "configuration of a state");
  const Json second = parse_json(b, "configuration of a state");
  if (!first.is_object() || !second.is_object()) return fmt::format("{} and {}", a, b);
  const auto text = [](const Json& json, const std::string& key) {
    return json.contains(key) ? json.at(key).dump() : std::string("nothing");
  };
  std::vector<std::string> out;
  for (const Json* side : {&first, &second}) {
    for (const auto& [key, value] : side->items()) {
      if (text(first, key) == text(second, key)) continue;
      if (side == &second && first.contains(key)) continue;  // said already
      out.push_back(fmt::format("{}: {} and {}", key, text(first, key), text(second, key)));
    }
  }
  return fmt::format("{}", fmt::join(out, "; "));
}

void check_alike(std::span<const MergeInput> inputs) {
  if (inputs.empty()) throw InputError("nothing to merge: no states are named. Name at least one");
  const MergeInput& first = inputs.front();
  for (const MergeInput& input : inputs) {
    if (input.kind != first.kind) {
      throw InputError(
          fmt::format("states of different kinds cannot be merged: {} and {} ({} and "
                      "{}). Merge each kind by itself",
                      first.name, input.name, first.kind, input.kind));
    }
    if (input.configuration != first.configuration) {
      throw InputError(fmt::format(
          "states of different configurations cannot be merged: {} and {} ({}). Make "
          "one of them again with the options of the other",
          first.name, input.name, difference(first.configuration, input.configuration)));
    }
  }
}

std::vector<std::size_t> canonical_order(std::span<const MergeInput> inputs) {
  using Key = std::tuple<std::uint64_t, std::vector<std::byte>, std::string>;
  std::vector<Key> keys;
  for (const MergeInput& input : inputs)  // ~: the largest first
    keys.emplace_back(~input.coverage.row_groups(), input.coverage.to_bytes(), input.digest);
  std::vector<std::size_t> order(inputs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) -> const Key& { return keys[i]; });
  return order;
}

class Planner {
 public:
  Planner(std::span<const MergeInput> inputs, Overlap overlap)
      : inputs_(inputs), overlap_(overlap) {}

  void take(std::size_t i) {
    const Coverage& mine = inputs_[i].coverage;
    const Coverage shared = plan_.coverage.intersection(mine);
    if (shared.empty()) {
      plan_.coverage.add(mine);
      plan_.order.push_back(i);
      return;
    }
    MergePlan::Skipped skipped{i, {}};
    for (const std::size_t other : plan_.order) {
      const Coverage both = inputs_[other].coverage.intersection(mine);
      if (both.empty()) continue;
      skipped.covered_by.push_back(other);
      if (both == mine && mine == inputs_[other].coverage && differ(i, other)) {
        conflict(i, other, both, "the same data, but different sums: one of them is wrong");
      } else if (overlap_ == Overlap::refuse || shared != mine) {
        conflict(i, other, both, both == mine ? "all of the former" : "a part of the former");
      }
    }
    plan_.skipped.push_back(std::move(skipped));
  }

  MergePlan finish() {
    if (conflicts_ == 0) return std::move(plan_);
    if (conflicts_ > most_conflicts)
      text_ += fmt::format("\n  and {} more", conflicts_ - most_conflicts);
    throw InputError(
        fmt::format("states cover the same data, which would count twice:{}\nLeave out one state "
                    "of each pair. (What others cover wholly can be ignored; of what they cover "
                    "in part, the parts cannot be told apart)",
                    text_));
  }

 private:
  bool differ(std::size_t a, std::size_t b) const { return inputs_[a].digest != inputs_[b].digest; }
  void conflict(std::size_t a, std::size_t b, const Coverage& both, std::string_view how) {
    if (++conflicts_ > most_conflicts) return;
    text_ += fmt::format("\n  {} and {}: {} ({})", inputs_[a].name, inputs_[b].name, describe(both),
                         how);
  }

  std::span<const MergeInput> inputs_;
  Overlap overlap_;
  MergePlan plan_;
  std::string text_;
  std::size_t conflicts_ = 0;
};

}  // namespace

MergePlan plan_merge(std::span<const MergeInput> inputs, Overlap overlap) {
  check_alike(inputs);
  Planner planner(inputs, overlap);
  for (const std::size_t i : canonical_order(inputs)) planner.take(i);
  return planner.finish();
}

}  // namespace trawl::store
