// Which columns evidence is made of, and where rows come from.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <trawl/comm/comm.hpp>
#include <trawl/fold/evidence.hpp>

namespace trawl::fold {

// Where the columns of a request stand among the selected ones, each of which is read once.
struct EvidencePositions {
  explicit EvidencePositions(const EvidenceColumns& columns);

  using Position = std::optional<std::size_t>;
  std::vector<std::string> select;
  std::size_t entity = 0, log_odds = 0;
  Position weight, source, id, time, type, prior;
};

// Where a row is.
struct Place {
  std::uint64_t dataset = 0;  // position in the canonical list
  std::uint64_t row = 0;
  auto operator<=>(const Place&) const = default;
};

// What keeps a row from being evidence, in the order in which it is looked for.
enum class RowRefusal : std::uint8_t { none, null, inexact, nan_log_odds, bad_weight, bad_prior };
void count(EvidenceRefusals& refusals, RowRefusal refusal);

// The numbers of a row.
struct RowNumbers {
  double log_odds = 0, weight = 1, prior = 0.5;
};
// Of one that has no NULL, and integers only that doubles equal.
RowRefusal refusal_of(const RowNumbers& numbers);

}  // namespace trawl::fold
