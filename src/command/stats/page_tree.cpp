#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include <fmt/format.h>

#include "command/html/escape.hpp"
#include "command/html/text.hpp"
#include "command/stats/page_sections.hpp"

namespace trawl::command {
namespace {

// Together they bound the tree to about 1 MB: a cell takes some 350 bytes, a row without cells 300.
constexpr std::size_t max_cells = 2400;
constexpr std::size_t max_rows = 600;
constexpr std::size_t max_features = 8;
constexpr std::size_t max_children = 40;

class Tree {
 public:
  Tree(const StatsPageData& data, const fold::StatsRequest& request)
      : data_(data), request_(request), shown_(data.nodes().size()) {
    choose_features();
    choose_nodes();
    choose_scales();
  }

  std::string markup() {
    std::string out = note();
    out += fmt::format(
        "<div class=\"tree\" style=\"--columns:minmax(220px,1fr) {}repeat({},190px)\">\n",
        fixed_columns(), features_.size());
    out += head();
    append_node(out, 0);
    return out + "</div>\n";
  }

 private:
  bool grouped() const { return !request_.group_by.empty(); }
  bool judged() const { return request_.anomalies && grouped(); }
  bool records_judged() const { return request_.anomalies && request_.anomalies->records; }

  std::string fixed_columns() const {
    std::string widths = "84px ";
    if (grouped()) widths += "76px ";
    if (judged()) widths += "64px ";
    if (records_judged()) widths += "64px ";
    return widths;
  }

  // Those that drive the most flagged entities first.
  void choose_features() {
    std::vector<std::size_t> drives(request_.features.size());
    for (const PageFlagged& entity : data_.flagged()) {
      const Json line = Json::parse(entity.line);
      const Json& drivers = line.at("anomaly").at("drivers");
      for (std::size_t i = 0; i < drives.size() && !drivers.empty(); ++i) {
        if (text_from(drivers[0].at("feature")) == request_.features[i]) ++drives[i];
      }
    }
    features_.resize(request_.features.size());
    std::iota(features_.begin(), features_.end(), std::size_t{0});
    if (features_.size() <= max_features) return;
    std::ranges::stable_sort(features_, std::greater(), [&](std::size_t i) { return drives[i]; });
    features_.resize(max_features);
    std::ranges::sort(features_);
  }

  // Level by level, so that no branch takes the room of all others.
  void choose_nodes() {
    std::size_t room = std::min(max_rows, max_cells / features_.size());
    std::vector<std::size_t> queue = {0};
    for (std::size_t next = 0; next < queue.size() && room > 0; ++next) {
      std::vector<std::size_t> children = data_.nodes()[queue[next]].children;
      std::ranges::stable_sort(children, std::less(), [&](std::size_t i) {
        const PageNode& node = data_.nodes()[i];
        return std::tuple(-static_cast<double>(node.flagged + node.flagged_records),
                          -static_cast<double>(node.records));
      });
      children.resize(std::min({children.size(), max_children, room}));
      room -= children.size();
      queue.insert(queue.end(), children.begin(), children.end());
      shown_[queue[next]] = std::move(children);
    }
    rows_ = std::move(queue);
  }

  void choose_scales() {
    std::vector<std::vector<double>> ends(features_.size());
    for (const std::size_t node : rows_) {
      const auto all = data_.features(node);
      for (std::size_t k = 0; k < features_.size(); ++k) {
        const PageFeature& f = all[features_[k]];
        ends[k].insert(ends[k].end(), {f.mean, f.low, f.high});
      }
    }
    for (auto& values : ends) scales_.push_back(html::common_scale(std::move(values)));
    root_ = data_.features(0);
  }

  std::string note() const {
    std::string text = fmt::format(
        "<p class=\"note\">Mean and {} % interval of every node, on one scale for each feature; "
        "the "
        "dashed line is the mean of all. Intervals that end in an arrow go on. {} of {} nodes are "
        "shown",
        html::number(request_.confidence * 100), html::count(rows_.size()),
        html::count(data_.nodes().size()));
    if (judged() || records_judged()) text += ", those with the most flagged first";
    text += ".";
    if (request_.features.size() > features_.size())
      text +=
          fmt::format(" {} of {} features are shown.", features_.size(), request_.features.size());
    if (grouped() && request_.levels.empty())
      text += " Without levels the groups are of hashes of entities, and mean nothing.";
    return text +
           "</p>\n<p><button data-fold=\"open\" hidden>Unfold all</button> <button "
           "data-fold=\"shut\" hidden>Fold all</button></p>\n";
  }

  std::string head() const {
    std::string out = "<div class=\"row head\"><span></span><span class=\"n\">records</span>";
    if (grouped()) out += "<span class=\"n\">entities</span>";
    if (judged()) out += "<span class=\"n\">flagged</span>";
    if (records_judged()) out += "<span class=\"n\">records</span>";
    for (std::size_t k = 0; k < features_.size(); ++k) {
      out += fmt::format(
          "<span>{}<span class=\"ends\" style=\"width:120px\"><span>{}</span><span>{}</span></span>"
          "</span>",
          html::name(request_.features[features_[k]]), html::number(scales_[k].low),
          html::number(scales_[k].high));
    }
    return out + "</div>\n";
  }

  std::string cells(std::size_t index, const Json& line) const {
    const PageNode& node = data_.nodes()[index];
    const Json& path = line.at("path");
    std::string out = fmt::format("<span class=\"name\" style=\"--d:{}\">{}</span>", node.depth,
                                  path.empty() ? "All" : html::name(text_from(path.back())));
    const auto count = [&](std::uint64_t value, bool flag) {
      out += fmt::format("<span class=\"n{}\">{}</span>", flag && value > 0 ? " flag" : "",
                         html::count(value));
    };
    count(node.records, false);
    if (grouped()) count(line.at("entities").get<std::uint64_t>(), false);
    if (judged()) count(node.flagged, true);
    if (records_judged()) count(node.flagged_records, true);
    const auto all = data_.features(index);
    for (std::size_t k = 0; k < features_.size(); ++k) {
      const PageFeature& f = all[features_[k]];
      out += fmt::format(
          "<span class=\"cell\" title=\"{} [{}, {}]\">{}<span>{}</span></span>",
          html::number(f.mean), html::number(f.low), html::number(f.high),
          html::interval_plot(scales_[k], f.mean, f.low, f.high, root_[features_[k]].mean),
          html::number(f.mean));
    }
    return out;
  }

  void append_node(std::string& out, std::size_t index) const {
    const PageNode& node = data_.nodes()[index];
    const Json line = Json::parse(node.line);
    if (node.children.empty()) {
      out += "<div class=\"row\">" + cells(index, line) + "</div>\n";
      return;
    }
    const bool open = node.depth == 0 || (node.depth == 1 && node.flagged > 0 && rows_.size() < 60);
    out += fmt::format("<details{}><summary class=\"row\">{}</summary>\n", open ? " open" : "",
                       cells(index, line));
    std::uint64_t records = 0;
    for (const std::size_t child : shown_[index]) {
      records += data_.nodes()[child].records;
      append_node(out, child);
    }
    const std::size_t hidden = node.children.size() - shown_[index].size();
    if (hidden > 0) {
      out += fmt::format(
          "<div class=\"row note\"><span class=\"name\" style=\"--d:{}\">and {} more, with {} "
          "records</span></div>\n",
          node.depth + 1, html::count(hidden), html::count(node.records - records));
    }
    out += "</details>\n";
  }

  const StatsPageData& data_;
  const fold::StatsRequest& request_;
  std::vector<std::size_t> features_, rows_;
  std::vector<std::vector<std::size_t>> shown_;  // children, by node
  std::vector<html::Scale> scales_;              // by shown feature
  std::vector<PageFeature> root_;
};

}  // namespace

std::string page_tree(const StatsPageData& data, const fold::StatsRequest& request) {
  return Tree(data, request).markup();
}

}  // namespace trawl::command
