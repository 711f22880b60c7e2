#include "fold/evidence/columns.hpp"

#include <trawl/core/evidence/normalise.hpp>

#include "fold/select.hpp"

namespace trawl::fold {

EvidencePositions::EvidencePositions(const EvidenceColumns& columns) {
  const auto optional = [&](const std::string& name) {
    return name.empty() ? Position() : Position(position_of(select, name));
  };
  entity = position_of(select, columns.entity);
  log_odds = position_of(select, columns.log_odds);
  weight = optional(columns.weight);
  source = optional(columns.source);
  id = optional(columns.id);
  time = optional(columns.time);
  type = optional(columns.type);
  prior = optional(columns.prior);
}

void EvidenceRefusals::merge(const EvidenceRefusals& other) {
  null += other.null;
  inexact += other.inexact;
  nan_log_odds += other.nan_log_odds;
  bad_weight += other.bad_weight;
  bad_prior += other.bad_prior;
}

void count(EvidenceRefusals& refusals, RowRefusal refusal) {
  refusals.null += refusal == RowRefusal::null;
  refusals.inexact += refusal == RowRefusal::inexact;
  refusals.nan_log_odds += refusal == RowRefusal::nan_log_odds;
  refusals.bad_weight += refusal == RowRefusal::bad_weight;
  refusals.bad_prior += refusal == RowRefusal::bad_prior;
}

RowRefusal refusal_of(const RowNumbers& numbers) {
  const evidence::Refusal refusal =
      evidence::normalise(numbers.log_odds, numbers.weight, 1).refusal;
  if (refusal == evidence::Refusal::nan_log_odds) return RowRefusal::nan_log_odds;
  if (refusal == evidence::Refusal::bad_weight) return RowRefusal::bad_weight;
  const bool possible = numbers.prior > 0 && numbers.prior < 1;
  return possible ? RowRefusal::none : RowRefusal::bad_prior;
}

}  // namespace trawl::fold
