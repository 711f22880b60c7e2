// Entities judged on any number of ranks, against all of them in one place.
#include <gtest/gtest.h>

#include <trawl/base/json.hpp>
#include <trawl/core/stats/mcd.hpp>

#include "fold/anomaly_support.hpp"
#include "fold/stats/anomalies.hpp"

namespace trawl::fold {
namespace {

struct Found {
  std::map<std::string, std::string> fields;  // by EntityKey::to_bytes
  AnomalyCounts counts;
};

// Collective. The same on all ranks.
template <class Sums>
Found judge_on_ranks(const StatsRequest& request, const std::vector<test::Record>& records,
                     typename Sums::Configuration configuration, bool levels) {
  const comm::Comm& comm = trawl::test::world();
  EntityTable<Sums> table(configuration);
  test::add_share(table, records);
  Hang hang{!levels, 3, 1};
  if (!levels) hang.depth = stats::balanced_depth(comm.sum(table.size()), hang.fanout);
  const NodeMap<Sums> nodes = merge_nodes(nodes_above(table, hang), comm);
  const EntityAnomalies<Sums> anomalies(request, table, nodes, hang, comm);
  std::string mine;
  for (std::size_t part = 0; part < EntityTable<Sums>::parts; ++part) {
    std::size_t i = 0;
    table.each_of(part, [&](const std::string& key, const core::Moments<Sums>& moments) {
      put_text(mine, key);
      put_text(mine, anomalies.field(part, i++, moments));
    });
  }
  Found found{{}, anomalies.counts()};
  for (const std::string& text : comm.all_gather_text(mine)) {
    for (std::string_view rest = text; !rest.empty();) {
      std::string key(take_text(rest));
      found.fields.emplace(std::move(key), take_text(rest));
    }
  }
  return found;
}

// The nearest node from the parent up with enough entities, or the parent alone.
template <class Sums>
std::optional<stats::Path> judge_of(stats::BasicTree<Sums>& tree, stats::Path path, bool levels,
                                    std::int64_t enough) {
  for (;; path.pop_back()) {
    const core::ExactMoments& between = tree.node(path).between;
    if (between.count() >= 2) {
      const auto rank = static_cast<std::int64_t>(core::Baseline(between).rank());
      if (rank > 0 && between.count() >= enough * rank) return path;
    }
    if (levels || path.empty()) return std::nullopt;
  }
}

struct Slow {
  std::map<std::string, std::optional<std::pair<stats::Path, Unusualness>>> verdicts;
  std::vector<double> values;
};

template <class Sums>
Slow judge_in_one_place(stats::BasicTree<Sums>& tree, const std::vector<test::Record>& records,
                        core::FdrMethod method, bool levels) {
  Slow slow;
  for (const test::Record& record : records) {
    auto [verdict, fresh] = slow.verdicts.try_emplace(record.key.to_bytes());
    const auto& moments = tree.entity(*record.key.id);
    if (!fresh || moments.count() == 0) continue;
    const auto path = judge_of(tree, tree.path_of(*record.key.id), levels, 10);
    if (!path) continue;
    const core::Baseline baseline(tree.node(*path).between);
    const core::DistanceLaw law(baseline.count(), static_cast<std::int64_t>(baseline.rank()),
                                core::BaselineKind::with_record);
    const double squared = baseline.squared_distance(moments.means());
    verdict->second = {*path, {squared, law.log_p(squared).value()}};
    slow.values.push_back(tested_value(verdict->second->second.log_p, method));
  }
  return slow;
}

template <class Sums>
void expect_the_same(typename Sums::Configuration configuration, bool levels,
                     core::FdrMethod method, int threads) {
  const auto records = test::unusual_records(levels ? 1 : 2, levels);
  const StatsRequest request = test::anomaly_request(0.05, method, threads);
  const Found found = judge_on_ranks<Sums>(request, records, configuration, levels);
  auto tree = test::tree_of<Sums>(records, configuration, levels, 3);
  const Slow slow = judge_in_one_place(tree, records, method, levels);
  const core::Rejection rejection = core::step_up_by_sorting(slow.values, 0.05, method);
  const std::vector<double> adjusted = core::log_adjusted(slow.values, slow.values.size(), method);
  std::map<double, double> adjusted_of;
  for (std::size_t i = 0; i < adjusted.size(); ++i) adjusted_of[slow.values[i]] = adjusted[i];

  EXPECT_EQ(found.counts.judged, slow.values.size());
  EXPECT_EQ(found.counts.undecided, slow.verdicts.size() - slow.values.size());
  EXPECT_EQ(found.counts.flagged, rejection.rejected);
  EXPECT_GE(found.counts.flagged, 5U);
  ASSERT_EQ(found.fields.size(), slow.verdicts.size());
  for (const auto& [key, verdict] : slow.verdicts) {
    const Json line = Json::parse("{" + found.fields.at(key).substr(1) + "}").at("anomaly");
    ASSERT_EQ(line.is_null(), !verdict);
    if (!verdict) continue;
    const auto& [path, unusualness] = *verdict;
    EXPECT_EQ(line.at("baseline").get<stats::Path>(), path);
    EXPECT_EQ(line.at("baseline_entities"), tree.node(path).between.count());
    EXPECT_EQ(line.at("distance2").get<double>(), unusualness.squared_distance);
    EXPECT_EQ(line.at("log_p").get<double>(), unusualness.log_p);
    const double value = tested_value(unusualness.log_p, method);
    EXPECT_EQ(line.at("flagged").get<bool>(), value <= rejection.log_threshold);
    if (value > rejection.log_threshold) continue;
    EXPECT_EQ(line.at("log_p_adjusted").get<double>(), adjusted_of.at(value));
  }
}

TEST(EntityAnomalies, AreThoseOfAllEntitiesInOnePlace) {
  for (const auto method :
       {core::FdrMethod::benjamini_hochberg, core::FdrMethod::benjamini_yekutieli}) {
    for (const bool levels : {true, false}) {
      expect_the_same<core::ExactSums>(3, levels, method, 1);
      expect_the_same<core::FixedSums>({-20, -20, -10}, levels, method, 2);
    }
  }
  expect_the_same<core::ExactSums>(3, true, core::FdrMethod::e_values, 1);
}

// D2 and log p of each entity by the robust estimate of all entities below `path`.
template <class Sums>
std::map<std::string, Unusualness> judge_robustly(stats::BasicTree<Sums>& tree,
                                                  const std::vector<test::Record>& records,
                                                  const stats::Path& path) {
  std::map<std::string, std::size_t> rows;
  std::vector<double> means;
  for (const test::Record& record : records) {
    const stats::Path own = tree.path_of(*record.key.id);
    const auto& moments = tree.entity(*record.key.id);
    if (moments.count() == 0 || !std::equal(path.begin(), path.end(), own.begin())) continue;
    if (!rows.try_emplace(record.key.to_bytes(), rows.size()).second) continue;
    for (const double mean : moments.means()) means.push_back(mean);
  }
  const core::Mcd mcd = core::minimum_covariance_determinant(means, 3);
  const auto m = mcd.reweighted.count();
  const auto rank = static_cast<std::int64_t>(mcd.reweighted.rank());
  const core::DistanceLaw in(m, rank, core::BaselineKind::with_record),
      out(m, rank, core::BaselineKind::without_record);
  std::map<std::string, Unusualness> found;
  for (const auto& [key, row] : rows) {
    const double squared = mcd.squared_distances[row];
    const double raw = mcd.raw.squared_distance(std::span(means).subspan(row * 3, 3));
    const bool kept =
        mcd.exact_fit ? std::isfinite(squared) : raw < mcd.cutoff * mcd.raw_correction.factor();
    found[key] = {squared, (kept ? in : out).log_p(squared).value()};
  }
  return found;
}

template <class Sums>
void expect_robustly_the_same(typename Sums::Configuration configuration, bool levels) {
  const auto records = test::unusual_records(levels ? 1 : 2, levels);
  StatsRequest request = test::anomaly_request(0.05, core::FdrMethod::benjamini_hochberg, 2);
  request.anomalies->robust = true;
  const Found found = judge_on_ranks<Sums>(request, records, configuration, levels);
  auto tree = test::tree_of<Sums>(records, configuration, levels, 3);
  std::map<stats::Path, std::map<std::string, Unusualness>> by_judge;
  EXPECT_GE(found.counts.flagged, 5U);
  EXPECT_GE(found.counts.judged, 300U);
  for (const auto& [key, field] : found.fields) {
    const Json line = Json::parse("{" + field.substr(1) + "}").at("anomaly");
    const auto path = judge_of(tree, tree.path_of(*EntityKey::from_bytes(key).id), levels, 20);
    ASSERT_EQ(line.is_null(), !path || tree.entity(*EntityKey::from_bytes(key).id).count() == 0);
    if (line.is_null()) continue;
    EXPECT_EQ(line.at("baseline").get<stats::Path>(), *path);
    auto& verdicts = by_judge[*path];
    if (verdicts.empty()) verdicts = judge_robustly(tree, records, *path);
    const Unusualness& want = verdicts.at(key);
    if (std::isfinite(want.squared_distance)) {
      EXPECT_EQ(line.at("distance2").get<double>(), want.squared_distance);
      EXPECT_EQ(line.at("log_p").get<double>(), want.log_p);
    } else {
      EXPECT_EQ(line.at("distance2"), (Json{{"float", "inf"}}));
    }
  }
}

TEST(EntityAnomalies, AreRobustlyThoseOfAllEntitiesInOnePlace) {
  for (const bool levels : {true, false}) {
    expect_robustly_the_same<core::ExactSums>(3, levels);
    expect_robustly_the_same<core::FixedSums>({-20, -20, -10}, levels);
  }
}

TEST(EntityAnomalies, FewEntitiesOrNoSpreadAreUndecided) {
  const auto records = test::unusual_records(1, true);
  const Found found = judge_on_ranks<core::ExactSums>(
      test::anomaly_request(0.01, core::FdrMethod::benjamini_hochberg, 1), records, 3, true);
  std::map<std::string, int> judged, undecided;
  for (const auto& [key, field] : found.fields) {
    const std::string level = EntityKey::from_bytes(key).path[0];
    ++(field == ",\"anomaly\":null" ? undecided : judged)[level];
  }
  EXPECT_EQ(judged, (std::map<std::string, int>{{"a", 300}, {"c", 40}}));
  EXPECT_EQ(undecided, (std::map<std::string, int>{{"a", 1}, {"b", 27}, {"d", 40}}));
}

TEST(EntityAnomalies, NobodyToJudge) {
  const Found found = judge_on_ranks<core::ExactSums>(
      test::anomaly_request(0.01, core::FdrMethod::benjamini_hochberg, 1), {}, 3, false);
  EXPECT_EQ(found.counts.judged, 0U);
  EXPECT_EQ(found.counts.flagged, 0U);
}

}  // namespace
}  // namespace trawl::fold
