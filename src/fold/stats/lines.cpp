#include "fold/stats/lines.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <trawl/base/json.hpp>
#include <trawl/core/stats/mahalanobis.hpp>
#include <trawl/core/stats/tails.hpp>

#include "fold/stats/json_fields.hpp"

namespace trawl::fold {
namespace {

void append_refused(std::string& out, const core::RefusedValues& refused) {
  out += fmt::format(",\"refused\":{{\"nan\":{},\"too_low\":{},\"too_high\":{}}}", refused.nan,
                     refused.too_low, refused.too_high);
}

void append_distribution(std::string& out, const DistributionSummary& d) {
  append_field(out, "min", d.min);
  append_field(out, "max", d.max);
  out += ",\"quantiles\":{";
  for (std::size_t i = 0; i < d.percents.size(); ++i) {
    const unsigned percent = d.percents[i];
    out += i == 0 ? "\"0." : ",\"0.";
    out += percent % 10 == 0 ? fmt::format("{}", percent / 10) : fmt::format("{:02}", percent);
    out += "\":";
    append_number(out, d.quantiles[i]);
  }
  out += fmt::format("}},\"distinct\":{},\"nulls\":{}", d.distinct, d.nulls);
}

stats::Interval around(double mean, double half) {
  return {mean - half, mean + half};
}

// "covariance":[[c00],[c10,c11],...]: the lower triangle, features as in the request.
template <class F>
void append_triangle(std::string& out, const char* name, std::size_t features, F value) {
  out += fmt::format(",\"{}\":[", name);
  for (std::size_t i = 0; i < features; ++i) {
    out += i == 0 ? "[" : ",[";
    for (std::size_t j = 0; j <= i; ++j) {
      if (j > 0) out += ',';
      append_number(out, value(i, j));
    }
    out += ']';
  }
  out += ']';
}

}  // namespace

double LineWriter::quantile(std::int64_t degrees_of_freedom) {
  if (degrees_of_freedom < 1) return std::numeric_limits<double>::quiet_NaN();
  const auto [found, fresh] = quantiles_.try_emplace(degrees_of_freedom, 0.0);
  if (fresh) {
    found->second = core::upper_t_quantile((1 - request_.confidence) / 2,
                                           static_cast<double>(degrees_of_freedom));
  }
  return found->second;
}

// In standard errors.
double LineWriter::joint_quantile(std::int64_t samples) {
  const auto features = static_cast<std::int64_t>(request_.features.size());
  if (samples <= features) return std::numeric_limits<double>::quiet_NaN();
  const auto [found, fresh] = joint_quantiles_.try_emplace(samples, 0.0);
  if (fresh) {
    found->second =
        std::sqrt(core::upper_hotelling_quantile(1 - request_.confidence, samples, features));
  }
  return found->second;
}

void LineWriter::begin_feature(std::string& out, std::size_t i, double mean, double sd,
                               const stats::Interval& interval) const {
  out += i == 0 ? "{\"feature\":" : ",{\"feature\":";
  append_json_string(out, request_.features[i]);
  append_field(out, "mean", mean);
  append_field(out, "sd", sd);
  append_field(out, "low", interval.low);
  append_field(out, "high", interval.high);
}

template <class Sums>
void LineWriter::append_relations(std::string& out, const core::Moments<Sums>& moments) const {
  const std::size_t d = moments.features();
  append_triangle(out, "covariance", d,
                  [&](std::size_t i, std::size_t j) { return moments.covariance(i, j); });
  append_triangle(out, "correlation", d,
                  [&](std::size_t i, std::size_t j) { return moments.correlation(i, j); });
}

template <class Sums>
std::string LineWriter::node(const stats::Path& path, const stats::Node<Sums>& node,
                             const std::vector<DistributionSummary>* distributions) {
  const stats::NodeSummary s = node.summary();
  const bool grouped = !request_.group_by.empty();
  const double t = quantile(grouped ? s.degrees_of_freedom : s.records - 1);
  const double joint = joint_quantile(grouped ? s.entities_with_records : s.records);
  std::string out;
  out += "{\"path\":";
  append_path(out, path);
  if (grouped) {
    out += fmt::format(",\"entities\":{}", s.entities);
    append_field(out, "effective_entities", s.effective_entities);
  }
  out += fmt::format(",\"records\":{},\"refused\":{},\"features\":[", s.records, s.refused);
  for (std::size_t i = 0; i < s.features.size(); ++i) {
    const stats::FeatureSummary& f = s.features[i];
    const auto interval = [&](double width) {
      return grouped ? s.mean_interval(i, width) : around(f.mean, width * f.independent_error);
    };
    begin_feature(out, i, f.mean, f.sd, interval(t));
    append_field(out, "joint_low", interval(joint).low);
    append_field(out, "joint_high", interval(joint).high);
    if (grouped) {
      append_field(out, "mean_of_means", f.mean_of_means);
      append_field(out, "sd_of_means", f.sd_of_means);
    }
    append_refused(out, node.within.refused_values(i));
    if (distributions != nullptr) append_distribution(out, distributions->at(i));
    out += '}';
  }
  out += ']';
  if (request_.correlate) append_relations(out, node.within);
  return out + "}\n";
}

template <class Sums>
std::string LineWriter::entity(const EntityKey& key, const core::Moments<Sums>& moments,
                               std::string_view more) {
  const double t = quantile(moments.count() - 1);
  const double root = std::sqrt(static_cast<double>(moments.count()));
  std::string out;
  out += "{\"path\":";
  append_path(out, key.path);
  out += ",\"entity\":";
  append_id(out, *key.id);
  out += fmt::format(",\"records\":{},\"refused\":{},\"features\":[", moments.count(),
                     moments.refused());
  for (std::size_t i = 0; i < moments.features(); ++i) {
    const double mean = moments.mean(i), sd = moments.standard_deviation(i);
    begin_feature(out, i, mean, sd, around(mean, t * (sd / root)));
    append_refused(out, moments.refused_values(i));
    out += '}';
  }
  out += ']';
  if (request_.correlate) append_relations(out, moments);
  out += more;
  return out + "}\n";
}

template std::string LineWriter::node(const stats::Path&, const stats::Node<core::ExactSums>&,
                                      const std::vector<DistributionSummary>*);
template std::string LineWriter::node(const stats::Path&, const stats::Node<core::FixedSums>&,
                                      const std::vector<DistributionSummary>*);
template std::string LineWriter::entity(const EntityKey&, const core::Moments<core::ExactSums>&,
                                        std::string_view);
template std::string LineWriter::entity(const EntityKey&, const core::Moments<core::FixedSums>&,
                                        std::string_view);

}  // namespace trawl::fold
