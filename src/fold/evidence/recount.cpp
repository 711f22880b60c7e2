#include "fold/evidence/recount.hpp"

#include <bit>
#include <utility>

#include "fold/evidence/population.hpp"
#include "fold/evidence/report.hpp"
#include "fold/evidence/state.hpp"
#include "fold/evidence/state_root.hpp"

namespace trawl::fold {
namespace {

EvidenceRequest request_of(const Json& body) {
  EvidenceRequest request = evidence_request_of(body);
  request.entities_root = wants_root(body);
  return request;
}

class EvidenceRecount final : public Recount {
 public:
  explicit EvidenceRecount(const Json& body)
      : request_(request_of(body)),
        columns_(request_.columns),
        names_(dataset_names(body)),
        configuration_(
            evidence_configuration(request_, predicate_of(body), key_list_digests(body))),
        population_(request_.rules) {}

  const SearchRequest& search() const override { return request_.search; }

  void add(const OpenDataset& open, std::uint64_t dataset, std::uint64_t row,
           const Cell& cell) override {
    const Row values{open, cell};
    const auto entity = values.key(columns_.entity);
    const auto source = columns_.source ? values.key(*columns_.source) : zero;
    const auto id = columns_.id ? values.key(*columns_.id) : zero;
    if (!entity) return population_.refuse(RowRefusal::null, nullptr);
    if (!source || !id) return population_.refuse(RowRefusal::null, &*entity);
    RowNumbers numbers{0, 1, request_.prior};
    RowRefusal refusal = values.read(columns_.log_odds, numbers.log_odds);
    for (const auto& [position, number] :
         {std::pair(columns_.weight, &numbers.weight), std::pair(columns_.prior, &numbers.prior)}) {
      const RowRefusal more = position ? values.read(*position, *number) : RowRefusal::none;
      // A NULL anywhere goes before an inexact number.
      if (refusal == RowRefusal::none || more == RowRefusal::null) refusal = more;
    }
    if (refusal == RowRefusal::none) refusal = refusal_of(numbers);
    if (refusal != RowRefusal::none) return population_.refuse(refusal, &*entity);
    Candidate record{*entity, *source, *id, {}, {dataset, row}};
    if (columns_.type) record.content.type = values.key(*columns_.type);
    if (columns_.time) values.read_time(*columns_.time, record.content);
    record.content.log_odds = std::bit_cast<std::uint64_t>(numbers.log_odds);
    record.content.weight = std::bit_cast<std::uint64_t>(numbers.weight);
    if (columns_.id) {
      population_.add(record, numbers.prior);
    } else {
      population_.add_unique(record, numbers.prior);
    }
  }

  std::string lines(const comm::Comm& comm) override {
    EvidenceResult result;
    population_.resolve(comm);
    report(request_, population_, names_, comm, result);
    return std::move(result.lines);
  }

  std::optional<Sha256Digest> entities_root(const comm::Comm& comm) override {
    if (!request_.entities_root) return std::nullopt;
    const SortedEvidence entities(population_.table, !request_.columns.prior.empty());
    const auto root = root_of(entities, configuration_, request_.search.threads, comm);
    return root ? std::optional(root->root) : std::nullopt;
  }

 private:
  static inline const std::optional<evidence::Key> zero = evidence::Key(std::int64_t{0});

  struct Row {
    const OpenDataset& open;
    const Cell& cell;

    std::optional<evidence::Key> key(std::size_t position) const {
      const std::size_t column = open.select[position];
      const Value value = cell(column);
      if (is_null(value)) return std::nullopt;
      return key_of(value, open.info().schema[column].type);
    }
    RowRefusal read(std::size_t position, double& number) const {
      const Value value = cell(open.select[position]);
      if (is_null(value)) return RowRefusal::null;
      if (const auto* real = std::get_if<double>(&value)) {
        number = *real;
        return RowRefusal::none;
      }
      const auto* truth = std::get_if<bool>(&value);
      const auto wide =
          static_cast<long double>(truth != nullptr ? *truth : std::get<std::int64_t>(value));
      number = static_cast<double>(wide);
      return static_cast<long double>(number) == wide ? RowRefusal::none : RowRefusal::inexact;
    }
    void read_time(std::size_t position, RecordContent& content) const {
      const std::size_t column = open.select[position];
      const Value value = cell(column);
      content.time_type = open.info().schema[column].type;
      if (const auto* real = std::get_if<double>(&value)) {
        content.time = std::bit_cast<std::int64_t>(*real);
      } else if (const auto* truth = std::get_if<bool>(&value)) {
        content.time = *truth;
      } else if (!is_null(value)) {
        content.time = std::get<std::int64_t>(value);
      }
    }
  };

  const EvidenceRequest request_;
  const EvidencePositions columns_;
  const std::vector<std::string> names_;
  const std::string configuration_;
  EvidencePopulation population_;
};

}  // namespace

std::unique_ptr<Recount> make_evidence_recount(const Json& body) {
  return std::make_unique<EvidenceRecount>(body);
}

}  // namespace trawl::fold
