#include "fold/evidence/collector.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <type_traits>

namespace trawl::fold {
namespace {

using Views = std::vector<const ColumnView*>;
using Position = EvidencePositions::Position;

const ColumnView* view_at(const Views& views, const Position& position) {
  return position ? views[*position] : nullptr;
}

// So many rows at a time that what is known of them stays in the nearest cache.
constexpr std::size_t block_rows = 2048;
template <class T>
using PerRow = std::array<T, block_rows>;
using RowSpan = std::span<const std::uint32_t>;

// Calls function(rows) for the rows whose bit is set.
template <class Function>
void for_each_block(std::span<const std::uint64_t> bits, const Function& function) {
  PerRow<std::uint32_t> rows;
  std::size_t count = 0;
  for (std::size_t word = 0; word < bits.size(); ++word) {
    if (count + 64 > block_rows) {
      function(RowSpan(rows).first(count));
      count = 0;
    }
    for (std::uint64_t left = bits[word]; left != 0; left &= left - 1)
      rows[count++] = static_cast<std::uint32_t>(word * 64) +
                      static_cast<std::uint32_t>(std::countr_zero(left));
  }
  if (count > 0) function(RowSpan(rows).first(count));
}

// Those of `rows` for which `wanted(row)` holds, in `kept`.
template <class Wanted>
RowSpan filter(RowSpan rows, PerRow<std::uint32_t>& kept, const Wanted& wanted) {
  std::size_t count = 0;
  for (const std::uint32_t row : rows) {
    kept[count] = row;
    count += wanted(row) ? 1 : 0;
  }
  return RowSpan(kept).first(count);
}

bool none(std::span<const std::uint64_t> rows) {
  return std::ranges::all_of(rows, [](std::uint64_t word) { return word == 0; });
}

// The views of some columns, by position in the selection; of the others null.
class ViewReader {
 public:
  ViewReader(const GroupRef& group, core::ColumnSource& columns)
      : group_(group), columns_(columns), views_(group.select.size()) {}
  void read(const Position& position, std::span<const std::uint64_t> rows) {
    if (position) views_[*position] = &columns_.column_rows(group_.select[*position], rows);
  }
  const Views& views() const { return views_; }

 private:
  const GroupRef& group_;
  core::ColumnSource& columns_;
  Views views_;
};

// Numbers of a column, or one and the same.
class NumberReader {
 public:
  NumberReader(const ColumnView* view, double otherwise) : view_(view), otherwise_(otherwise) {}

  bool is_valid(std::size_t row) const { return view_ == nullptr || view_->is_valid(row); }
  // `inexact(i)` is called for integers that no double equals.
  template <class Inexact>
  void read(RowSpan rows, PerRow<double>& out, const Inexact& inexact) const {
    if (view_ == nullptr) {
      std::fill_n(out.begin(), rows.size(), otherwise_);
      return;
    }
    with_lane(view_->lane, [&]<class T>(T*) {
      const T* lanes = view_->lanes<T>();
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const T value = lanes[rows[i]];
        out[i] = static_cast<double>(value);
        if constexpr (std::is_same_v<T, std::int64_t>) {
          __extension__ using Wide = __int128;
          if (static_cast<Wide>(out[i]) != value) inexact(i);
        }
      }
    });
  }

 private:
  const ColumnView* view_;
  double otherwise_;
};

}  // namespace

IdentityReader::IdentityReader(const EvidencePositions& columns, const Views& views)
    : entity_(views[columns.entity]),
      source_(view_at(views, columns.source)),
      id_(view_at(views, columns.id)) {}

void IdentityReader::hashes(RowSpan rows, std::span<std::uint64_t> out) {
  PerRow<std::uint64_t> entities, sources;
  entity_.hashes(rows, entities);
  source_.hashes(rows, sources);
  id_.hashes(rows, out);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out[i] = quick_hash(static_cast<std::int64_t>(out[i] + entities[i] * 0x9e3779b97f4a7c15 +
                                                  sources[i] * 0xd1342543de82ef95));
  }
}

void IdentityMarker::add(const GroupRef& group, std::span<const std::uint64_t> matches,
                         core::ColumnSource& columns) {
  if (none(matches)) return;
  ViewReader reader(group, columns);
  for (const Position& position : {Position(columns_.entity), columns_.source, columns_.id})
    reader.read(position, matches);
  IdentityReader identity(columns_, reader.views());
  PerRow<std::uint32_t> kept;
  PerRow<std::uint64_t> hashes;
  for_each_block(matches, [&](RowSpan rows) {
    const RowSpan whole =
        filter(rows, kept, [&](std::uint32_t row) { return identity.is_whole(row); });
    identity.hashes(whole, hashes);
    const auto of_rows = std::span(hashes).first(whole.size());
    task_ == Task::mark ? screen_.mark(of_rows) : screen_.test(of_rows);
  });
}

// The rows of a row group, while they are read.
struct EvidenceCollector::Rows {
  Rows(const EvidenceRequest& request, const EvidencePositions& columns, const Views& views,
       const GroupRef& group)
      : identity(columns, views),
        type(view_at(views, columns.type)),
        log_odds(views[columns.log_odds], 0),
        weight(view_at(views, columns.weight), 1),
        prior(view_at(views, columns.prior), request.prior),
        time(view_at(views, columns.time)),
        dataset(group.dataset),
        begin(group.info->group_begin(group.group)) {}

  // None of `row`'s numbers is NULL.
  bool has_numbers(std::uint32_t row) const {
    return log_odds.is_valid(row) && weight.is_valid(row) && prior.is_valid(row);
  }

  IdentityReader identity;
  NameReader type;
  NumberReader log_odds, weight, prior;
  const ColumnView* time;
  std::uint64_t dataset, begin;
};

// Bits of rows that the screen does not prove to be unique.
std::vector<std::uint64_t> EvidenceCollector::candidates_of(std::span<const std::uint64_t> matches,
                                                            IdentityReader identity) const {
  std::vector<std::uint64_t> candidates(matches.size());
  if (screen_ == nullptr) return candidates;
  PerRow<std::uint32_t> kept;
  PerRow<std::uint64_t> hashes;
  for_each_block(matches, [&](RowSpan rows) {
    const RowSpan whole =
        filter(rows, kept, [&](std::uint32_t row) { return identity.is_whole(row); });
    identity.hashes(whole, hashes);
    for (std::size_t i = 0; i < whole.size(); ++i) screen_->prefetch(hashes[i]);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      if (screen_->may_repeat(hashes[i]))
        candidates[whole[i] / 64] |= std::uint64_t{1} << (whole[i] % 64);
    }
  });
  return candidates;
}

// All columns are read before the first row is kept: reading may throw.
void EvidenceCollector::add(const GroupRef& group, std::span<const std::uint64_t> matches,
                            core::ColumnSource& columns) {
  if (none(matches)) return;
  ViewReader reader(group, columns);
  const bool with_types = std::isfinite(request_.rules.max_group_weight);
  for (const Position& position :
       {Position(columns_.entity), Position(columns_.log_odds), columns_.source, columns_.id,
        columns_.weight, columns_.prior, with_types ? columns_.type : Position()})
    reader.read(position, matches);
  const auto candidates = candidates_of(matches, IdentityReader(columns_, reader.views()));
  if (!none(candidates)) {
    reader.read(columns_.time, candidates);
    if (!with_types) reader.read(columns_.type, candidates);
  }
  Rows rows(request_, columns_, reader.views(), group);
  for_each_block(matches, [&](RowSpan block) { add_block(rows, block, candidates); });
}

// The rows that have an entity and, among them, those that have an identity.
void EvidenceCollector::add_block(Rows& rows, RowSpan block,
                                  std::span<const std::uint64_t> candidates) {
  PerRow<std::uint32_t> named_rows, whole_rows, entities;
  PerRow<std::uint64_t> hashes;
  NameReader& entity = rows.identity.entity();
  const RowSpan named =
      filter(block, named_rows, [&](std::uint32_t row) { return entity.is_valid(row); });
  piece_.refusals.null += block.size() - named.size();
  entity.hashes(named, hashes);
  piece_.entities.numbers(entity, named, hashes, std::span(entities).first(named.size()));
  std::size_t count = 0;
  for (std::size_t i = 0; i < named.size(); ++i) {
    if (!rows.identity.is_whole(named[i]) || !rows.has_numbers(named[i])) {
      refuse(RowRefusal::null, entities[i]);
      continue;
    }
    whole_rows[count] = named[i];
    entities[count++] = entities[i];
  }
  add_whole(rows, RowSpan(whole_rows).first(count), RowSpan(entities).first(count), candidates);
}

// Rows in which nothing is NULL but the time and the type.
void EvidenceCollector::add_whole(Rows& rows, RowSpan block, RowSpan entities,
                                  std::span<const std::uint64_t> candidates) {
  PerRow<std::uint32_t> sources;
  PerRow<std::uint64_t> hashes;
  PerRow<double> log_odds, weights, priors;
  std::vector<bool> inexact;
  const auto is_inexact = [&](std::size_t i) {
    inexact.resize(block.size());
    inexact[i] = true;
  };
  rows.log_odds.read(block, log_odds, is_inexact);
  rows.weight.read(block, weights, is_inexact);
  rows.prior.read(block, priors, is_inexact);
  rows.identity.source().hashes(block, hashes);
  piece_.sources.numbers(rows.identity.source(), block, hashes,
                         std::span(sources).first(block.size()));
  const bool with_types = std::isfinite(request_.rules.max_group_weight);
  const std::uint32_t no_type = piece_.types.number(evidence::Key(std::int64_t{0}));
  for (std::size_t i = 0; i < block.size(); ++i) {
    const std::uint32_t row = block[i], entity = entities[i];
    const RowNumbers numbers{log_odds[i], weights[i], priors[i]};
    const evidence::Contribution contribution =
        evidence::normalise(numbers.log_odds, numbers.weight, request_.rules.max_log_odds);
    const bool plain = contribution.refusal == evidence::Refusal::none && inexact.empty();
    if (!plain || columns_.prior) {
      const RowRefusal refusal =
          !inexact.empty() && inexact[i] ? RowRefusal::inexact : refusal_of(numbers);
      if (refusal != RowRefusal::none) {
        refuse(refusal, entity);
        continue;
      }
    }
    if (columns_.prior) piece_.note(entity).merge({0, 0, numbers.prior, numbers.prior});
    if ((candidates[row / 64] >> (row % 64) & 1) != 0) {
      ++piece_.note(entity).accepted;
      keep_candidate(rows, row, numbers, entity);
      continue;
    }
    const bool typed = with_types && rows.type.is_valid(row);
    piece_.rows[EvidencePiece::part_of(piece_.entities.hash(entity))].push_back(
        {entity, sources[i], typed ? piece_.types.number(rows.type, row) : no_type,
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
