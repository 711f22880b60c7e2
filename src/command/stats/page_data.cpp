#include "command/stats/page_data.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <tuple>

#include <trawl/base/text.hpp>

namespace trawl::command {
namespace {

bool is_flagged(std::string_view line) {
  return !after(line, ",\"flagged\":true").empty();
}

std::uint64_t count_after(std::string_view line, std::string_view key) {
  const std::string_view rest = after(line, key);
  std::uint64_t count = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), count);
  return count;
}

// The means of an entity's line; NaN for null.
void read_means(std::string_view line, std::vector<double>& means) {
  for (double& mean : means) {
    line = after(line, ",\"mean\":");
    const std::size_t end = std::min(line.find(','), line.size());
    mean = parse_double(line.substr(0, end)).value_or(std::numeric_limits<double>::quiet_NaN());
  }
}

PageFlagged flagged_from(std::string_view line) {
  const Json parsed = Json::parse(line);
  const Json& anomaly = parsed.at("anomaly");
  return {number_in(anomaly, "log_p"), number_in(anomaly, "distance2"), line};
}

// Equal ones as they come in the lines.
bool before(const PageFlagged& a, const PageFlagged& b) {
  return std::tuple(a.log_p, -a.squared_distance, a.line.data()) <
         std::tuple(b.log_p, -b.squared_distance, b.line.data());
}

// Keeps the most unusual, now and then, so that few are in memory.
void keep_most_unusual(std::vector<PageFlagged>& flagged, std::size_t limit) {
  if (flagged.size() <= limit) return;
  std::ranges::sort(flagged, before);
  flagged.resize(page_flagged);
}

html::Scale around(double mean, double sd, double sds) {
  return {mean - sds * sd, mean + sds * sd};
}

MeanBins empty_bins(std::vector<html::Scale> scales) {
  const std::size_t size = scales.size();
  return {std::move(scales), std::vector<Bins>(size), std::vector<Bins>(size)};
}

}  // namespace

void MeanBins::add(const std::vector<double>& means, bool is_flagged) {
  for (std::size_t i = 0; i < means.size(); ++i) {
    if (std::isnan(means[i])) continue;
    const double at = scales[i].at(means[i]) * page_bins;
    const std::size_t bin = std::min(static_cast<std::size_t>(at), page_bins - 1);
    ++all[i][bin];
    if (is_flagged) ++flagged[i][bin];
  }
}

StatsPageData::StatsPageData(std::string_view lines, const fold::StatsRequest& request)
    : request_(request) {
  const StatsSections sections = sections_of(lines);
  read_nodes(sections.nodes);
  read_entities(sections.entities);
  read_records(sections.records);
  add_up();
  choose_baselines();
  read_siblings(sections.entities);
}

// Parents stand before their children, and a node's line behind all of its elder sibling's.
void StatsPageData::read_nodes(std::string_view lines) {
  std::vector<std::size_t> above;
  each_line(lines, [&](std::string_view line) {
    PageNode node;
    node.line = line;
    const std::string_view path = path_text(line);
    node.depth = Json::parse(path).size();
    node.records = count_after(line, records_key);
    above.resize(node.depth);
    node.parent = above.empty() ? 0 : above.back();
    above.push_back(nodes_.size());
    by_path_.emplace(path, nodes_.size());
    if (node.depth > 0) nodes_[node.parent].children.push_back(nodes_.size());
    nodes_.push_back(std::move(node));
  });
}

void StatsPageData::read_entities(std::string_view lines) {
  std::vector<html::Scale> scales;
  for (const PageFeature& f : features(0))
    scales.push_back(around(f.mean_of_means, f.sd_of_means, 5));
  root_bins_ = empty_bins(std::move(scales));
  std::vector<double> means(request_.features.size());
  each_line(lines, [&](std::string_view line) {
    const bool is_one = is_flagged(line);
    read_means(line, means);
    root_bins_.add(means, is_one);
    if (!is_one) return;
    ++nodes_[node_of(path_text(line))].flagged;
    flagged_.push_back(flagged_from(line));
    keep_most_unusual(flagged_, 10 * page_flagged);
  });
  keep_most_unusual(flagged_, page_flagged);
  std::ranges::sort(flagged_, before);
}

void StatsPageData::read_records(std::string_view lines) {
  each_line(lines, [&](std::string_view line) {
    ++nodes_[node_of(path_text(line))].flagged_records;
    records_.push_back(flagged_from(line));
    keep_most_unusual(records_, 10 * page_flagged);
  });
  keep_most_unusual(records_, page_flagged);
  std::ranges::sort(records_, before);
}

void StatsPageData::add_up() {
  for (std::size_t i = nodes_.size(); i-- > 1;) {
    nodes_[nodes_[i].parent].flagged += nodes_[i].flagged;
    nodes_[nodes_[i].parent].flagged_records += nodes_[i].flagged_records;
  }
}

// Wide enough for the entities that are shown, unless they are very far out.
void StatsPageData::choose_baselines() {
  std::vector<double> means(request_.features.size());
  for (const PageFlagged& entity : flagged_) {
    const std::size_t node = node_of(Json::parse(entity.line).at("anomaly").at("baseline"));
    const std::vector<PageFeature> about = features(node);
    auto [found, fresh] = baselines_.try_emplace(node);
    if (fresh) {
      std::vector<html::Scale> scales;
      for (const PageFeature& f : about)
        scales.push_back(around(f.mean_of_means, f.sd_of_means, 4.5));
      found->second = empty_bins(std::move(scales));
    }
    read_means(entity.line, means);
    for (std::size_t i = 0; i < means.size(); ++i) {
      const PageFeature& f = about[i];
      const double out = std::fabs(means[i] - f.mean_of_means) / f.sd_of_means + 0.5;
      html::Scale& scale = found->second.scales[i];
      if (out > 4.5 && out <= 12) {
        const html::Scale wider = around(f.mean_of_means, f.sd_of_means, out);
        if (wider.high > scale.high) scale = wider;
      }
    }
  }
}

// Who is compared with a baseline is below its node.
void StatsPageData::read_siblings(std::string_view lines) {
  if (baselines_.empty()) return;
  std::vector<double> means(request_.features.size());
  each_line(lines, [&](std::string_view line) {
    std::size_t node = node_of(path_text(line));
    bool parsed = false;
    while (true) {
      const auto found = baselines_.find(node);
      if (found != baselines_.end()) {
        if (!parsed) read_means(line, means);
        parsed = true;
        found->second.add(means, false);
      }
      if (nodes_[node].depth == 0) return;
      node = nodes_[node].parent;
    }
  });
}

const MeanBins* StatsPageData::bins_of(std::size_t node) const {
  const auto found = baselines_.find(node);
  return found == baselines_.end() ? nullptr : &found->second;
}

std::size_t StatsPageData::node_of(std::string_view path) const {
  return by_path_.at(path);
}

std::size_t StatsPageData::node_of(const Json& path) const {
  std::string text = "[";
  for (const Json& name : path) {
    if (text.size() > 1) text += ',';
    append_json_string(text, text_from(name));
  }
  return by_path_.at(text + "]");
}

std::vector<PageFeature> StatsPageData::features(std::size_t node) const {
  std::vector<PageFeature> features;
  const Json line = Json::parse(nodes_.at(node).line);
  for (const Json& f : line.at("features")) {
    std::vector<double> percentiles;
    if (f.contains("quantiles")) {
      for (const char* p : {"0.05", "0.25", "0.5", "0.75", "0.95"})
        percentiles.push_back(number_in(f.at("quantiles"), p));
    }
    features.push_back({number_in(f, "mean"), number_in(f, "sd"), number_in(f, "low"),
                        number_in(f, "high"), number_in(f, "mean_of_means"),
                        number_in(f, "sd_of_means"), std::move(percentiles)});
  }
  return features;
}

}  // namespace trawl::command
