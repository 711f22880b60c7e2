// The generated source of evidence: statements of sources about entities, some of them repeated,
// contradicted or lies, with the truth known.
//
// Columns: id (hash of the row's number: all different), entity (uniform over [0, entities)),
// source (uniform over [0, sources)), type (5 categories), time (as of gen:transactions), log_odds,
// weight (1 in an eighth of the rows, else uniform over [0, 1)).
//
// log_odds: the entity's true side (+1 for a case, else -1; the other one when the source lies)
// times the strength of the type (0.5 to 2; twice that of lies), plus the source's own leaning
// (sigma 0.25), plus noise (sigma 1, nearly normal, within 4.9).
//
// Copies: a duplicate repeats a row that comes before it (in any dataset before it, or its own)
// with all its values; an equivocation has all its values but log_odds, which lies on the other
// side of 0, and is the same for no two rows. The repeated row is never a copy itself. Only
// equivocating sources are repeated so: liars as far as there are enough of them, then others. (A
// row that is drawn to be an equivocation looks for such a row up to 4096 times, and is no copy if
// it finds none, as at the very beginning.)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/store/generated_source.hpp>

namespace trawl::store {

enum class Stream : std::uint64_t;  // of random numbers

struct EvidenceParams {
  std::uint64_t datasets = 8;
  std::uint64_t rows = 1'000'000;  // per dataset; at most 2^52 over all
  std::uint64_t seed = 42;
  std::uint64_t entities = 10'000;
  std::uint64_t sources = 100;
  double case_rate = 0.01;       // probability that an entity is a case; in [0, 1]
  double lying_sources = 0.1;    // share of sources, rounded to whole ones; in [0, 1]
  double duplicates = 0.01;      // probability that a row is a duplicate; in [0, 1)
  double equivocations = 0.001;  // the same; both together less than 1
  // Share of sources that equivocate, rounded to whole ones, at least one if there are
  // equivocations; in [0, 1].
  double equivocating_sources = 0.03;
  std::uint64_t row_group_rows = 65536;
};

class EvidenceSource final : public GeneratedSource {
 public:
  static constexpr std::uint64_t max_entities = 100'000'000;
  static constexpr std::uint64_t max_sources = 1'000'000;

  // InputError: a parameter out of range. O(sources log sources).
  explicit EvidenceSource(EvidenceParams params);
  static EvidenceSource parse(std::string_view source);

  const EvidenceParams& params() const { return params_; }
  std::string_view kind() const override { return "evidence"; }
  Shape shape() const override { return {params_.datasets, params_.rows, params_.row_group_rows}; }
  std::string canonical() const override;

  // Which entities are cases, and which sources lie. O(1).
  bool is_case(std::uint64_t entity) const;
  bool is_liar(std::uint64_t source) const { return lies_[source]; }
  // Whether it may equivocate.
  bool is_equivocator(std::uint64_t source) const { return equivocates_[source]; }
  // Of row dataset * rows + row that is no copy. O(1).
  std::uint64_t source_of(std::uint64_t row) const;

  struct Copies {
    std::uint64_t duplicates = 0, equivocations = 0;  // rows
    // The rows, dataset * rows + row, that the equivocations contradict; ascending, each once.
    std::vector<std::uint64_t> contradicted;
  };
  // Of rows [begin, end) of a dataset. O(end - begin).
  Copies count_copies(std::uint64_t dataset, std::uint64_t begin, std::uint64_t end) const;

 private:
  std::uint64_t drawn(Stream stream, std::uint64_t i) const;
  enum class Copy : std::uint8_t { none, duplicate, equivocation };
  // Rows by their number over all datasets: dataset * rows + row.
  struct Origin {
    std::uint64_t row;  // whose values it has; itself when it is no copy
    Copy copy;
  };
  Copy copy_of(std::uint64_t row) const;
  Origin origin_of(std::uint64_t row) const;
  std::uint64_t entity_of(std::uint64_t row) const;
  double log_odds_of(std::uint64_t row) const;
  std::int64_t time_of(std::uint64_t row) const;

  void make(std::uint64_t dataset, std::uint64_t begin, std::uint64_t end, std::size_t column,
            ColumnBuffer& into) const override;
  void make_time(std::uint64_t dataset, std::uint64_t begin, std::uint64_t end,
                 ColumnBuffer& into) const;

  EvidenceParams params_;
  std::vector<std::uint64_t> keys_;  // of streams
  // The upper half of a draw below these is a duplicate; a copy; a case.
  std::uint64_t duplicates_below_ = 0, copies_below_ = 0, cases_below_ = 0;
  std::vector<bool> lies_, equivocates_;  // by source
  std::vector<double> leaning_;           // by source
};

}  // namespace trawl::store
