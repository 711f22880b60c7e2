#include "fold/stats/recount.hpp"

#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "fold/stats/entity_key.hpp"
#include "fold/stats/population.hpp"
#include "fold/stats/record_anomalies.hpp"
#include "fold/stats/report.hpp"
#include "fold/stats/state.hpp"
#include "fold/stats/state_entities.hpp"
#include "fold/stats/state_root.hpp"

namespace trawl::fold {
namespace {

template <class Sums>
class RecountOf final : public Recount {
 public:
  RecountOf(StatsRequest request, std::string configuration)
      : request_(std::move(request)),
        configuration_(std::move(configuration)),
        columns_(request_),
        population_(configuration_of<Sums>(request_),
                    columns_.features.size() + columns_.keys.size()),
        records_counted_(population_.entities.nothing()) {}

  const SearchRequest& search() const override { return request_.search; }

  void add(const OpenDataset& open, std::uint64_t dataset, std::uint64_t row,
           const Cell& cell) override {
    bool whole = true;
    for (std::size_t i = 0; i < columns_.keys.size(); ++i) {
      if (!is_null(cell(open.select[columns_.keys[i]]))) continue;
      ++population_.refusals.nulls[columns_.features.size() + i];
      whole = false;
    }
    if (!whole) {
      ++population_.refusals.without_key;
      return;
    }
    const EntityKey key = key_of(open, cell);
    EntityBatch batch;
    batch.keys = {key.to_bytes()};
    batch.hashes = {key.hash(batch.keys.front())};
    batch.entities = {0};
    for (std::size_t i = 0; i < columns_.features.size(); ++i)
      batch.rows.push_back(number(cell(open.select[columns_.features[i]]), i));
    population_.entities.add(batch);
    if (request_.distributions) describe(open, key, cell, batch.rows);
    if (!request_.anomalies || !request_.anomalies->records) return;
    records_.push_back({dataset, row, batch.keys.front(), batch.rows});
    names_.try_emplace(dataset, open.info().name);
  }

  std::string lines(const comm::Comm& comm) override {
    StatsResult result;
    population_.exchange(comm);
    RecordJudges judges = report(request_, population_, comm, result);
    if (request_.anomalies && request_.anomalies->records) {
      judge_kept_records<Sums>(
          request_, records_, std::move(judges), population_.entities.nothing(),
          [&](std::uint64_t dataset) { return names_.at(dataset); }, comm, result);
    }
    return std::move(result.lines);
  }

  std::optional<Sha256Digest> entities_root(const comm::Comm& comm) override {
    if (!request_.entities_root) return std::nullopt;
    const auto root = root_of(population_.entities, request_, configuration_, comm);
    return root ? std::optional(root->root) : std::nullopt;
  }

 private:
  EntityKey key_of(const OpenDataset& open, const Cell& cell) const {
    EntityKey key;
    for (std::size_t i = 0; i < columns_.keys.size(); ++i) {
      const std::size_t column = open.select[columns_.keys[i]];
      const Value value = cell(column);
      const Type type = open.info().schema[column].type;
      if (i > 0 || !columns_.has_entities) {
        key.path.push_back(to_text(value, type));
      } else if (type == Type::int64) {
        key.id = std::get<std::int64_t>(value);
      } else {
        key.id = to_text(value, type);
      }
    }
    return key;
  }

  // Value after value, on the path of the record.
  void describe(const OpenDataset& open, const EntityKey& key, const Cell& cell,
                const std::vector<double>& record) {
    Distributions one(record.size());
    const std::int64_t before = records_counted_.count();
    records_counted_.add(record);
    for (std::size_t i = 0; i < record.size(); ++i) {
      if (records_counted_.count() > before) one[i].add(record[i]);
      if (is_null(cell(open.select[columns_.features[i]]))) one[i].add_nulls(1);
    }
    population_.distributions.merge(EntityKey{{}, key.path}.to_bytes(), one);
  }

  // NaN refuses the record.
  double number(const Value& value, std::size_t feature) {
    if (const auto* real = std::get_if<double>(&value)) return *real;
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
      const auto real = static_cast<long double>(*integer);
      if (static_cast<long double>(static_cast<double>(real)) == real)
        return static_cast<double>(*integer);
      ++population_.refusals.inexact[feature];
    } else {
      ++population_.refusals.nulls[feature];
    }
    return std::numeric_limits<double>::quiet_NaN();
  }

  const StatsRequest request_;
  const std::string configuration_;
  StatsColumns columns_;
  Population<Sums> population_;
  core::Moments<Sums> records_counted_;  // says which records count
  std::vector<KeptRecord> records_;
  std::map<std::uint64_t, std::string> names_;  // of datasets
};

}  // namespace

std::unique_ptr<Recount> make_stats_recount(const Json& body) {
  StatsRequest request = stats_request_of(body);
  request.entities_root = wants_root(body);
  std::string configuration =
      state_configuration(request, predicate_of(body), key_list_digests(body));
  if (request.unit_exponents.empty())
    return std::make_unique<RecountOf<core::ExactSums>>(std::move(request),
                                                        std::move(configuration));
  return std::make_unique<RecountOf<core::FixedSums>>(std::move(request), std::move(configuration));
}

}  // namespace trawl::fold
