#include "fold/stats/distributions.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include <trawl/base/digest.hpp>

#include "fold/stats/entity_key.hpp"

namespace trawl::fold {
namespace {

// The values of one path that count, feature by feature.
class Columns {
 public:
  explicit Columns(const StatsColumns& columns)
      : limits_(columns.limits), values_(columns.features.size()) {}

  // Those of a batch at these positions.
  void read(const EntityBatch& batch, std::span<const std::uint32_t> rows) {
    const std::size_t width = values_.size();
    for (std::vector<double>& column : values_) column.resize(std::max(column.size(), rows.size()));
    size_ = 0;
    for (const std::uint32_t row : rows) {
      const double* const record = &batch.rows[row * width];
      bool counts = true;
      for (std::size_t i = 0; i < width; ++i) {
        values_[i][size_] = record[i];
        counts &= std::abs(record[i]) < limits_[i];  // not NaN
      }
      size_ += counts ? 1 : 0;
    }
  }
  void add_to(Distributions& distributions) const {
    for (std::size_t i = 0; i < values_.size(); ++i)
      distributions[i].add(std::span(values_[i]).first(size_));
  }

 private:
  const std::vector<double>& limits_;
  std::vector<std::vector<double>> values_;
  std::size_t size_ = 0;
};

void merge_at(std::map<std::string, Distributions>& paths, const std::string& key,
              const Distributions& more) {
  const auto [found, fresh] = paths.try_emplace(key, more);
  if (!fresh) add_to(found->second, more);
}

// Calls with the key and the bytes of each record.
template <class Function>
void each_record(std::string_view records, const Function& function) {
  while (!records.empty()) {
    const std::string_view key = take_text(records);
    function(key, take_text(records));
  }
}

// Collective. Every path goes to its owner; what is there is merged.
void exchange_paths(std::map<std::string, Distributions>& paths, std::size_t features,
                    const comm::Comm& comm) {
  if (comm.size() == 1) return;
  std::vector<std::vector<char>> parts(static_cast<std::size_t>(comm.size()));
  comm.agree("sharing distributions", [&] {
    std::string record;
    for (const auto& [key, distributions] : paths) {
      record.clear();
      put_record(record, key, distributions);
      const int owner = DistributionTable::owner_of(key, comm.size());
      auto& part = parts[static_cast<std::size_t>(owner)];
      part.insert(part.end(), record.begin(), record.end());
    }
    paths.clear();
  });
  const auto received = comm.exchange(parts);
  comm.agree("sharing distributions", [&] {
    for (const std::vector<char>& part : received) {
      each_record({part.data(), part.size()}, [&](std::string_view key, std::string_view bytes) {
        merge_at(paths, std::string(key), take_distributions(bytes, features));
      });
    }
  });
}

// Key, and a summary for each feature.
void put_summaries(std::string& out, const std::map<std::string, Distributions>& paths) {
  for (const auto& [key, distributions] : paths) {
    put_text(out, key);
    for (const core::Distribution& distribution : distributions) put(out, summary_of(distribution));
  }
}

NodeDistributions take_summaries(std::string_view bytes, std::size_t features) {
  NodeDistributions nodes;
  while (!bytes.empty()) {
    auto& node = nodes[EntityKey::from_bytes(take_text(bytes)).path];
    for (std::size_t i = 0; i < features; ++i) node.push_back(take<DistributionSummary>(bytes));
  }
  return nodes;
}

std::map<std::string, Distributions> parents_of(const std::map<std::string, Distributions>& paths) {
  std::map<std::string, Distributions> parents;
  for (const auto& [key, distributions] : paths) {
    EntityKey parent = EntityKey::from_bytes(key);
    parent.path.pop_back();
    merge_at(parents, parent.to_bytes(), distributions);
  }
  return parents;
}

}  // namespace

void add_to(Distributions& sum, const Distributions& more) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i].merge(more[i]);
}

PathDistributions distributions_of(const StatsColumns& columns, const EntityBatch& batch,
                                   std::span<const std::uint64_t> nulls) {
  PathDistributions out;
  if (!columns.distributions) return out;
  const std::size_t width = columns.features.size();
  std::unordered_map<std::string_view, std::uint32_t> numbers;  // of paths
  std::vector<std::uint32_t> path_of_entity, path_of_row;
  std::vector<Distributions*> distributions;
  for (const std::string& key : batch.keys) {
    const std::string_view path = path_bytes_of(key);
    const auto [found, fresh] =
        numbers.try_emplace(path, static_cast<std::uint32_t>(numbers.size()));
    if (fresh) {
      distributions.push_back(&out[key_of_path(path)]);
      distributions.back()->resize(width);
    }
    path_of_entity.push_back(found->second);
  }
  for (const std::uint32_t entity : batch.entities) path_of_row.push_back(path_of_entity[entity]);
  const Grouping rows(path_of_row, numbers.size());
  Columns values(columns);
  for (std::size_t path = 0; path < distributions.size(); ++path) {
    values.read(batch, rows.of(path));
    values.add_to(*distributions[path]);
  }
  for (std::size_t e = 0; e < batch.keys.size(); ++e) {
    for (std::size_t i = 0; i < width; ++i)
      (*distributions[path_of_entity[e]])[i].add_nulls(nulls[e * width + i]);
  }
  return out;
}

void put_record(std::string& out, std::string_view key, const Distributions& distributions) {
  std::vector<std::byte> bytes;
  for (const core::Distribution& distribution : distributions) distribution.append_bytes(bytes);
  put_text(out, key);
  put_text(out, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Distributions take_distributions(std::string_view bytes, std::size_t features) {
  Bytes rest = bytes_of(bytes);
  Distributions out;
  for (std::size_t i = 0; i < features; ++i) out.push_back(core::Distribution::read(rest));
  if (!rest.empty()) throw DataError("damaged bytes of distributions: there are too many");
  return out;
}

int DistributionTable::owner_of(std::string_view key, int ranks) {
  return static_cast<int>(
      trawl::fold::owner_of(xxh3(bytes_of(key)), static_cast<std::size_t>(ranks)));
}

void DistributionTable::add(const PathDistributions& more) {
  for (const auto& [key, distributions] : more) merge(key, distributions);
}

void DistributionTable::merge(const std::string& key, const Distributions& more) {
  const std::lock_guard lock(mutex_);
  merge_at(paths_, key, more);
}

void DistributionTable::merge_records(std::string_view records) {
  each_record(records, [&](std::string_view key, std::string_view bytes) {
    merge(std::string(key), take_distributions(bytes, features_));
  });
}

void DistributionTable::exchange(const comm::Comm& comm) {
  exchange_paths(paths_, features_, comm);
}

DistributionSummary summary_of(const core::Distribution& distribution) {
  DistributionSummary out{
      distribution.min(), distribution.max(), {}, distribution.distinct(), distribution.nulls()};
  for (std::size_t i = 0; i < out.percents.size(); ++i)
    out.quantiles[i] = distribution.quantile(out.percents[i]);
  return out;
}

NodeDistributions node_distributions(const DistributionTable& table, std::size_t levels,
                                     const comm::Comm& comm) {
  std::string summaries;
  std::map<std::string, Distributions> above;
  const std::map<std::string, Distributions>* level = &table.all();
  for (std::size_t depth = levels;; --depth) {
    comm.agree("merging distributions", [&] {
      put_summaries(summaries, *level);
      if (depth > 0) above = parents_of(*level);
    });
    if (depth == 0) break;
    exchange_paths(above, table.features(), comm);
    level = &above;
  }
  const std::string all = comm.merge_to_root(
      std::move(summaries), [](std::string a, const std::string& b) { return std::move(a) + b; });
  NodeDistributions nodes = take_summaries(all, table.features());
  if (comm.is_root() && !nodes.contains({})) nodes[{}].resize(table.features(), summary_of({}));
  return nodes;
}

}  // namespace trawl::fold
