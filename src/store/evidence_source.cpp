#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <string>

#include <fmt/format.h>

#include <trawl/store/evidence_source.hpp>

#include "store/evidence_tables.hpp"
#include "store/generator_hash.hpp"
#include "store/generator_values.hpp"
#include "store/source_parameters.hpp"

namespace trawl::store {
namespace {

__extension__ typedef unsigned __int128 uint128;

enum Column : std::size_t { id, entity, source, type, time, log_odds, weight };

constexpr std::uint64_t max_total = std::uint64_t{1} << 52;

SourceParameters parameters_of(EvidenceParams& p) {
  constexpr std::uint64_t any = ~std::uint64_t{0};
  SourceParameters table("evidence");
  table.count("datasets", p.datasets, 1, EvidenceSource::max_datasets);
  table.count("rows", p.rows, 0, EvidenceSource::max_rows);
  table.count("seed", p.seed, 0, any);
  table.count("entities", p.entities, 1, EvidenceSource::max_entities);
  table.count("sources", p.sources, 1, EvidenceSource::max_sources);
  table.share("case_rate", p.case_rate, true);
  table.share("lying_sources", p.lying_sources, true);
  table.share("duplicates", p.duplicates, false);
  table.share("equivocations", p.equivocations, false);
  table.share("equivocating_sources", p.equivocating_sources, true);
  table.count("row_group_rows", p.row_group_rows, 1, EvidenceSource::max_rows);
  return table;
}

void check(EvidenceParams& p) {
  parameters_of(p).check();
  if (p.duplicates + p.equivocations >= 1) {
    refuse_source(fmt::format("duplicates={}&equivocations={}", p.duplicates, p.equivocations),
                  "must be less than 1 together");
  }
  if (p.equivocations > 0 && p.equivocating_sources == 0) {
    refuse_source(fmt::format("equivocations={}&equivocating_sources=0", p.equivocations),
                  "somebody must equivocate, or nobody");
  }
  if (p.rows > 0 && p.datasets > max_total / p.rows)
    refuse_source(fmt::format("rows={}", p.rows), "at most 2^52 rows over all datasets");
}

Schema make_schema() {
  return Schema({
      {"id", Type::int64, Lane::i64, false, nullptr},
      {"entity", Type::int64, Lane::i64, false, nullptr},
      {"source", Type::int64, Lane::i32, false, nullptr},
      {"type", Type::categorical, Lane::u8, false, evidence_types()},
      {"time", Type::timestamp, Lane::i64, false, nullptr},
      {"log_odds", Type::float64, Lane::f64, false, nullptr},
      {"weight", Type::float64, Lane::f64, false, nullptr},
  });
}

std::uint64_t below(std::uint64_t random, std::uint64_t bound) {
  return static_cast<std::uint64_t>(uint128{random} * bound >> 64);
}

// A share times a power of two is exact, so the threshold is the same on every host.
std::uint64_t threshold_of(double share) {
  return static_cast<std::uint64_t>(share * 0x1p32);
}

std::size_t sources_in(double share, const EvidenceParams& p) {
  return static_cast<std::size_t>(std::floor(share * static_cast<double>(p.sources) + 0.5));
}

// The first ones in a random order of all: of two groups one is part of the other.
std::vector<bool> draw_sources(std::size_t count, const EvidenceParams& p) {
  const std::uint64_t key = source_key(p.seed, Stream::liar);
  std::vector<std::uint64_t> order(p.sources);
  std::iota(order.begin(), order.end(), std::uint64_t{0});
  std::ranges::sort(order, {}, [key](std::uint64_t s) { return std::pair(draw(key, s), s); });
  std::vector<bool> drawn(p.sources);
  for (std::size_t i = 0; i < count; ++i) drawn[order[i]] = true;
  return drawn;
}

std::vector<double> draw_leanings(const EvidenceParams& p) {
  const std::uint64_t low = source_key(p.seed, Stream::leaning_low);
  const std::uint64_t high = source_key(p.seed, Stream::leaning_high);
  std::vector<double> leanings(p.sources);
  for (std::uint64_t s = 0; s < p.sources; ++s)
    leanings[s] = 0.25 * per_sigma * centred_lanes(draw(low, s), draw(high, s));
  return leanings;
}

// On the other side of 0 than `log_odds`, at 2 to 4, and another number for each row below 2^52.
double contradiction_of(double log_odds, std::uint64_t row) {
  constexpr std::uint64_t fraction = (std::uint64_t{1} << 52) - 1;
  const auto value = std::bit_cast<double>(std::uint64_t{1024} << 52 | (row * golden & fraction));
  return log_odds > 0 ? -value : value;
}

double weight_of(std::uint64_t random) {
  if (random >> 61 == 0) return 1;
  return static_cast<double>(random & ((std::uint64_t{1} << 53) - 1)) * 0x1p-53;
}

}  // namespace

EvidenceSource::EvidenceSource(EvidenceParams params) : params_(params) {
  check(params_);
  schema_ = make_schema();
  for (auto stream = static_cast<std::uint64_t>(Stream::first_of_evidence);
       stream <= static_cast<std::uint64_t>(Stream::last_of_evidence); ++stream)
    keys_.push_back(source_key(params_.seed, static_cast<Stream>(stream)));
  duplicates_below_ = threshold_of(params_.duplicates);
  copies_below_ = duplicates_below_ + threshold_of(params_.equivocations);
  cases_below_ = threshold_of(params_.case_rate);
  lies_ = draw_sources(sources_in(params_.lying_sources, params_), params_);
  const std::size_t least = params_.equivocations > 0 ? 1 : 0;
  equivocates_ =
      draw_sources(std::max(sources_in(params_.equivocating_sources, params_), least), params_);
  leaning_ = draw_leanings(params_);
}

std::uint64_t EvidenceSource::drawn(Stream stream, std::uint64_t i) const {
  return draw(keys_[static_cast<std::uint64_t>(stream) -
                    static_cast<std::uint64_t>(Stream::first_of_evidence)],
              i);
}

EvidenceSource EvidenceSource::parse(std::string_view source) {
  EvidenceParams params;
  parameters_of(params).parse(source);
  return EvidenceSource(params);
}

std::string EvidenceSource::canonical() const {
  EvidenceParams copy = params_;
  return parameters_of(copy).text();
}

bool EvidenceSource::is_case(std::uint64_t entity) const {
  return drawn(Stream::truth, entity) >> 32 < cases_below_;
}

EvidenceSource::Copy EvidenceSource::copy_of(std::uint64_t row) const {
  const std::uint64_t random = drawn(Stream::copy, row) >> 32;
  if (random >= copies_below_ || row == 0) return Copy::none;
  return random < duplicates_below_ ? Copy::duplicate : Copy::equivocation;
}

// The first row that is no copy, when every copy names a row before it: 1 / (1 - share of copies)
// steps on average. Again from another row when its source does not equivocate.
EvidenceSource::Origin EvidenceSource::origin_of(std::uint64_t row) const {
  const Copy copy = copy_of(row);
  if (copy == Copy::none) return {row, copy};
  std::uint64_t random = drawn(Stream::copied, row);
  for (int tries = 0; tries < 4096; ++tries) {
    std::uint64_t from = below(random, row);
    while (copy_of(from) != Copy::none) from = below(drawn(Stream::copied, from), from);
    if (copy == Copy::duplicate || equivocates_[source_of(from)]) return {from, copy};
    random = mix(random + golden);
  }
  return {row, Copy::none};
}

EvidenceSource::Copies EvidenceSource::count_copies(std::uint64_t dataset, std::uint64_t begin,
                                                    std::uint64_t end) const {
  Copies copies;
  for (std::uint64_t i = begin; i < end; ++i) {
    const std::uint64_t row = dataset * params_.rows + i;
    if (copy_of(row) == Copy::none) continue;
    const Origin origin = origin_of(row);
    copies.duplicates += origin.copy == Copy::duplicate ? 1 : 0;
    if (origin.copy != Copy::equivocation) continue;
    ++copies.equivocations;
    copies.contradicted.push_back(origin.row);
  }
  std::ranges::sort(copies.contradicted);
  const auto again = std::ranges::unique(copies.contradicted);
  copies.contradicted.erase(again.begin(), again.end());
  return copies;
}

std::uint64_t EvidenceSource::entity_of(std::uint64_t row) const {
  return below(drawn(Stream::entity, row), params_.entities);
}

std::uint64_t EvidenceSource::source_of(std::uint64_t row) const {
  return below(drawn(Stream::source, row), params_.sources);
}

double EvidenceSource::log_odds_of(std::uint64_t row) const {
  const std::uint64_t by = source_of(row);
  const double strength = evidence_strength(evidence_type_of(drawn(Stream::type, row)));
  const double side = is_case(entity_of(row)) ? 1 : -1;
  const double stated = lies_[by] ? -2 * side * strength : side * strength;
  return stated + leaning_[by] +
         per_sigma * centred_lanes(drawn(Stream::noise_low, row), drawn(Stream::noise_high, row));
}

std::int64_t EvidenceSource::time_of(std::uint64_t row) const {
  return TimeSteps(row % params_.rows, params_.rows).time(drawn(Stream::evidence_time, row));
}

void EvidenceSource::make_time(std::uint64_t dataset, std::uint64_t begin, std::uint64_t end,
                               ColumnBuffer& into) const {
  auto* out = lanes_of<std::int64_t>(into);
  if (begin == end) return;
  TimeSteps steps(begin, params_.rows);
  for (std::uint64_t i = begin; i < end; ++i, steps.next()) {
    const std::uint64_t row = dataset * params_.rows + i;
    const Origin origin = origin_of(row);
    *out++ = origin.copy == Copy::none ? steps.time(drawn(Stream::evidence_time, row))
                                       : time_of(origin.row);
  }
}

void EvidenceSource::make(std::uint64_t dataset, std::uint64_t begin, std::uint64_t end,
                          std::size_t column, ColumnBuffer& into) const {
  const auto each = [&]<class T>(T*, auto value) {
    T* out = lanes_of<T>(into);
    const std::uint64_t first = dataset * params_.rows;
    for (std::uint64_t i = begin; i < end; ++i)
      *out++ = static_cast<T>(value(first + i, origin_of(first + i)));
  };
  constexpr auto i64 = static_cast<std::int64_t*>(nullptr);
  constexpr auto f64 = static_cast<double*>(nullptr);
  using Row = std::uint64_t;
  switch (column) {
    case id:
      return each(i64, [this](Row, Origin o) { return drawn(Stream::id, o.row); });
    case entity:
      return each(i64, [this](Row, Origin o) { return entity_of(o.row); });
    case source:
      return each(static_cast<std::int32_t*>(nullptr),
                  [this](Row, Origin o) { return source_of(o.row); });
    case type:
      return each(static_cast<std::uint8_t*>(nullptr),
                  [this](Row, Origin o) { return evidence_type_of(drawn(Stream::type, o.row)); });
    case time:
      return make_time(dataset, begin, end, into);
    case log_odds:
      return each(f64, [this](Row row, Origin o) {
        const double value = log_odds_of(o.row);
        return o.copy == Copy::equivocation ? contradiction_of(value, row) : value;
      });
    default:
      return each(f64, [this](Row, Origin o) { return weight_of(drawn(Stream::weight, o.row)); });
  }
}

}  // namespace trawl::store
