#include "fold/evidence/collector.hpp"

#include <bit>
#include <cmath>
#include <vector>

namespace trawl::fold {

using Position = EvidencePositions::Position;

// The rows of a row group, while they are read.
struct EvidenceCollector::Rows {
  Rows(const EvidenceRequest& request, const EvidencePositions& columns,
       const ViewReader::Views& views, const GroupRef& group)
      : identity(columns, views),
        type(ViewReader::at(views, columns.type)),
        log_odds(views[columns.log_odds], 0),
        weight(ViewReader::at(views, columns.weight), 1),
        prior(ViewReader::at(views, columns.prior), request.prior),
        time(ViewReader::at(views, columns.time)),
        dataset(group.dataset),
        begin(group.info->group_begin(group.group)) {}

  // In the columns that may not be NULL.
  bool has_nulls() const {
    return identity.has_nulls() || log_odds.has_nulls() || weight.has_nulls() || prior.has_nulls();
  }
  bool is_complete(std::uint32_t row) const {
    return identity.is_whole(row) && log_odds.is_valid(row) && weight.is_valid(row) &&
           prior.is_valid(row);
  }

  IdentityReader identity;
  NameReader type;
  NumberReader log_odds, weight, prior;
  const ColumnView* time;
  std::uint64_t dataset, begin;
};

// What is known of the rows of a block, by position in it.
struct EvidenceCollector::Block {
  RowSpan rows;  // complete
  PerRow<std::uint32_t> entities, sources;
  PerRow<bool> repeats;  // or may do so
  PerRow<double> log_odds, weights, priors;
  PerRow<evidence::Contribution> contributions;
  PerRow<RowRefusal> refusals;

  RowNumbers numbers(std::size_t i) const { return {log_odds[i], weights[i], priors[i]}; }
};

// All columns are read before the first row is kept: reading may throw.
void EvidenceCollector::add(const GroupRef& group, std::span<const std::uint64_t> matches,
                            core::ColumnSource& columns) {
  if (none(matches)) return;
  ViewReader reader(group, columns);
  for (const Position& position : {Position(columns_.entity), Position(columns_.log_odds),
                                   columns_.source, columns_.id, columns_.weight, columns_.prior})
    reader.read(position, matches);
  // A few rows of nearly every row group may repeat, and are kept whole.
  if (screen_ != nullptr || with_types_) reader.read(columns_.type, matches);
  if (screen_ != nullptr) reader.read(columns_.time, matches);
  Rows rows(request_, columns_, reader.views(), group);
  const bool has_nulls = rows.has_nulls();
  PerRow<std::uint32_t> kept;
  for_each_block(matches, [&](RowSpan block) {
    add_block(rows, has_nulls ? without_nulls(rows, block, kept) : block);
  });
}

RowSpan EvidenceCollector::without_nulls(Rows& rows, RowSpan block, PerRow<std::uint32_t>& kept) {
  NameReader& entity = rows.identity.entity();
  return filter(block, kept, [&](std::uint32_t row) {
    if (rows.is_complete(row)) return true;
    if (entity.is_valid(row)) {
      refuse(RowRefusal::null, piece_.entities.number(entity, row));
    } else {
      ++piece_.refusals.null;
    }
    return false;
  });
}

void EvidenceCollector::add_block(Rows& rows, RowSpan block) {
  Block of;
  of.rows = block;
  PerRow<std::uint64_t> entities, sources;
  IdentityReader& identity = rows.identity;
  identity.entity().words(block, entities);
  identity.source().words(block, sources);
  if (screen_ != nullptr) {
    PerRow<std::uint64_t> identities;
    identity.hashes(block, entities, sources, identities);
    screen_->may_repeat(std::span(identities).first(block.size()), of.repeats);
  } else {
    std::fill_n(of.repeats.begin(), block.size(), false);
  }
  piece_.entities.numbers(identity.entity(), block, entities,
                          std::span(of.entities).first(block.size()));
  piece_.sources.numbers(identity.source(), block, sources,
                         std::span(of.sources).first(block.size()));
  normalise(rows, of);
  keep(rows, of);
}

void EvidenceCollector::normalise(const Rows& rows, Block& block) const {
  const std::size_t size = block.rows.size();
  std::fill_n(block.refusals.begin(), size, RowRefusal::none);
  const auto inexact = [&](std::size_t i) { block.refusals[i] = RowRefusal::inexact; };
  rows.log_odds.read(block.rows, block.log_odds, inexact);
  rows.weight.read(block.rows, block.weights, inexact);
  rows.prior.read(block.rows, block.priors, inexact);
  for (std::size_t i = 0; i < size; ++i) {
    block.contributions[i] =
        evidence::normalise(block.log_odds[i], block.weights[i], request_.rules.max_log_odds);
    const bool plain = block.contributions[i].refusal == evidence::Refusal::none && !columns_.prior;
    if (!plain && block.refusals[i] == RowRefusal::none)
      block.refusals[i] = refusal_of(block.numbers(i));
  }
}

void EvidenceCollector::keep(Rows& rows, const Block& block) {
  const std::uint32_t no_type = piece_.types.number(evidence::Key(std::int64_t{0}));
  for (std::size_t i = 0; i < block.rows.size(); ++i) {
    const std::uint32_t row = block.rows[i], entity = block.entities[i];
    if (block.refusals[i] != RowRefusal::none) {
      refuse(block.refusals[i], entity);
      continue;
    }
    if (columns_.prior) piece_.note(entity).merge({0, 0, block.priors[i], block.priors[i]});
    if (block.repeats[i]) {
      ++piece_.note(entity).accepted;
      keep_candidate(rows, row, block.numbers(i), entity);
      continue;
    }
    const evidence::Contribution& contribution = block.contributions[i];
    const bool typed = with_types_ && rows.type.is_valid(row);
    piece_.rows[EvidencePiece::part_of(piece_.entities.hash(entity))].push_back(
        {entity, block.sources[i], typed ? piece_.types.number(rows.type, row) : no_type,
         contribution.clamped ? 1U : 0U, contribution.value, contribution.weight});
  }
}

void EvidenceCollector::refuse(RowRefusal refusal, std::uint32_t entity) {
  count(piece_.refusals, refusal);
  ++piece_.note(entity).refused;
}

void EvidenceCollector::keep_candidate(Rows& rows, std::size_t row, const RowNumbers& numbers,
                                       std::uint32_t entity) {
  Candidate out{piece_.entities[entity],
                rows.identity.source().name(row),
                rows.identity.id().name(row),
                {},
                {rows.dataset, rows.begin + row}};
  if (columns_.type && rows.type.is_valid(row)) out.content.type = rows.type.name(row);
  if (rows.time != nullptr && rows.time->is_valid(row)) {
    const bool real = rows.time->lane == Lane::f32 || rows.time->lane == Lane::f64;
    out.content.time_type = rows.time->type;
    out.content.time =
        real ? std::bit_cast<std::int64_t>(rows.time->real(row)) : rows.time->integer(row);
  }
  out.content.log_odds = std::bit_cast<std::uint64_t>(numbers.log_odds);
  out.content.weight = std::bit_cast<std::uint64_t>(numbers.weight);
  append_candidate(piece_.candidates, out);
  piece_.candidate_ends.push_back(piece_.candidates.size());
  piece_.candidate_entities.push_back(entity);
}

}  // namespace trawl::fold
