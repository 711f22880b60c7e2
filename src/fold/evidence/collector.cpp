#include "fold/evidence/collector.hpp"

#include <algorithm>
#include <bit>

namespace trawl::fold {
namespace {

using Views = std::vector<const ColumnView*>;
using Position = EvidencePositions::Position;

const ColumnView* view_at(const Views& views, const Position& position) {
  return position ? views[*position] : nullptr;
}

bool is_valid(const ColumnView* view, std::size_t row) {
  return view == nullptr || view->is_valid(row);
}

// False for an integer that no double equals.
bool read_number(const ColumnView* view, std::size_t row, double& number) {
  if (view == nullptr) return true;
  if (view->lane == Lane::f32 || view->lane == Lane::f64) {
    number = view->real(row);
    return true;
  }
  __extension__ using Wide = __int128;
  const std::int64_t value = view->integer(row);
  number = static_cast<double>(value);
  return static_cast<Wide>(number) == value;
}

// SplitMix64's finaliser (Steele, Lea and Flood, OOPSLA 2014).
std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

template <class Function>
void for_each_row(std::span<const std::uint64_t> rows, const Function& function) {
  for (std::size_t word = 0; word < rows.size(); ++word) {
    for (std::uint64_t bits = rows[word]; bits != 0; bits &= bits - 1)
      function(word * 64 + static_cast<std::size_t>(std::countr_zero(bits)));
  }
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

}  // namespace

IdentityReader::IdentityReader(const EvidencePositions& columns, const Views& views)
    : entity_(views[columns.entity]),
      source_(view_at(views, columns.source)),
      id_(view_at(views, columns.id)) {}

std::uint64_t IdentityReader::hash(std::size_t row) {
  return mix(entity_.hash(row) + 0x9e3779b97f4a7c15 +
             mix(source_.hash(row) + 0x9e3779b97f4a7c15 + mix(id_.hash(row))));
}

void IdentityMarker::add(const GroupRef& group, std::span<const std::uint64_t> matches,
                         core::ColumnSource& columns) {
  if (none(matches)) return;
  ViewReader reader(group, columns);
  for (const Position& position : {Position(columns_.entity), columns_.source, columns_.id})
    reader.read(position, matches);
  IdentityReader identity(columns_, reader.views());
  std::vector<std::uint64_t> hashes;
  for_each_row(matches, [&](std::size_t row) {
    if (identity.is_whole(row)) hashes.push_back(identity.hash(row));
  });
  screen_.mark(hashes);
}

// The rows of a row group, while they are read.
struct EvidenceCollector::Rows {
  Rows(const EvidencePositions& columns, const Views& views, const GroupRef& group)
      : identity(columns, views),
        type(view_at(views, columns.type)),
        log_odds(views[columns.log_odds]),
        weight(view_at(views, columns.weight)),
        prior(view_at(views, columns.prior)),
        time(view_at(views, columns.time)),
        dataset(group.dataset),
        begin(group.info->group_begin(group.group)) {}

  IdentityReader identity;
  NameReader type;
  const ColumnView *log_odds, *weight, *prior, *time;
  std::uint64_t dataset, begin;
};

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
  std::vector<std::uint64_t> candidates(matches.size());
  if (screen_ != nullptr) {
    IdentityReader identity(columns_, reader.views());
    std::vector<std::pair<std::size_t, std::uint64_t>> hashes;
    for_each_row(matches, [&](std::size_t row) {
      if (!identity.is_whole(row)) return;
      hashes.emplace_back(row, identity.hash(row));
      screen_->prefetch(hashes.back().second);
    });
    for (const auto& [row, hash] : hashes) {
      if (screen_->may_repeat(hash)) candidates[row / 64] |= std::uint64_t{1} << (row % 64);
    }
  }
  if (!none(candidates)) {
    reader.read(columns_.time, candidates);
    if (!with_types) reader.read(columns_.type, candidates);
  }
  Rows rows(columns_, reader.views(), group);
  for_each_row(matches, [&](std::size_t row) {
    add_row(rows, row, (candidates[row / 64] >> (row % 64) & 1) != 0);
  });
}

RowRefusal EvidenceCollector::read_numbers(const Rows& rows, std::size_t row,
                                           RowNumbers& numbers) const {
  for (const ColumnView* view : {rows.log_odds, rows.weight, rows.prior}) {
    if (!is_valid(view, row)) return RowRefusal::null;
  }
  numbers.prior = request_.prior;
  const bool exact = read_number(rows.log_odds, row, numbers.log_odds) &&
                     read_number(rows.weight, row, numbers.weight) &&
                     read_number(rows.prior, row, numbers.prior);
  return exact ? refusal_of(numbers) : RowRefusal::inexact;
}

void EvidenceCollector::add_row(Rows& rows, std::size_t row, bool candidate) {
  if (!rows.identity.entity().is_valid(row)) return count(piece_.refusals, RowRefusal::null);
  const std::uint32_t entity = piece_.entities.number(rows.identity.entity(), row);
  piece_.notes.resize(piece_.entities.size());
  RowNumbers numbers;
  const RowRefusal refusal =
      rows.identity.is_whole(row) ? read_numbers(rows, row, numbers) : RowRefusal::null;
  if (refusal != RowRefusal::none) {
    ++piece_.notes[entity].refused;
    return count(piece_.refusals, refusal);
  }
  piece_.notes[entity].merge({1, 0, numbers.prior, numbers.prior});
  if (candidate) return keep_candidate(rows, row, numbers, entity);
  const evidence::Contribution contribution =
      evidence::normalise(numbers.log_odds, numbers.weight, request_.rules.max_log_odds);
  const bool typed = std::isfinite(request_.rules.max_group_weight) && rows.type.is_valid(row);
  piece_.rows.push_back({entity, piece_.sources.number(rows.identity.source(), row),
                         typed ? piece_.types.number(rows.type, row)
                               : piece_.types.number(evidence::Key(std::int64_t{0})),
                         contribution.clamped ? 1u : 0u, contribution.value, contribution.weight});
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
