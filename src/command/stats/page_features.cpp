#include <algorithm>
#include <cmath>
#include <span>

#include <fmt/format.h>

#include "command/html/escape.hpp"
#include "command/html/text.hpp"
#include "command/stats/page_sections.hpp"

namespace trawl::command {
namespace {

constexpr std::size_t max_boxes = 12;  // nodes right below the root
constexpr std::size_t max_features = 64;

struct Box {
  std::string name;  // markup
  std::vector<PageFeature> features;
};

// All rows, and the largest nodes below.
std::vector<Box> boxes_of(const StatsPageData& data, const fold::StatsRequest& request) {
  std::vector<Box> boxes = {{"All", data.features(0)}};
  if (boxes[0].features[0].percentiles.empty() || request.levels.empty()) return boxes;
  std::vector<std::size_t> children = data.nodes()[0].children;
  std::ranges::stable_sort(children, std::greater(),
                           [&](std::size_t i) { return data.nodes()[i].records; });
  children.resize(std::min(children.size(), max_boxes));
  for (const std::size_t child : children) {
    const Json line = Json::parse(data.nodes()[child].line);
    boxes.push_back({html::name(text_from(line.at("path").back())), data.features(child)});
  }
  return boxes;
}

std::string boxes_markup(const std::vector<Box>& boxes, std::size_t feature) {
  std::vector<double> ends;
  for (const Box& box : boxes) {
    const auto& percentiles = box.features[feature].percentiles;
    if (percentiles.empty() || !std::isfinite(percentiles.front())) continue;
    ends.insert(ends.end(), {percentiles.front(), percentiles.back()});
  }
  if (ends.empty()) return {};
  std::ranges::sort(ends);
  const html::Scale scale = html::common_scale(ends);
  std::string out =
      "<p class=\"note\">Of the rows\u2019 values: half within the box, nine of ten within the "
      "whiskers.</p>";
  for (const Box& box : boxes) {
    const auto& percentiles = box.features[feature].percentiles;
    if (percentiles.empty() || !std::isfinite(percentiles.front())) continue;
    out += fmt::format(
        "<div class=\"bxr\" title=\"5 %: {}, median {}, 95 %: {}\"><span>{}</span>{}</div>",
        html::number(percentiles[0]), html::number(percentiles[2]), html::number(percentiles[4]),
        box.name, html::box_plot(scale, percentiles));
  }
  return out + fmt::format(
                   "<div class=\"bxr\"><span></span><div class=\"ends\"><span>{}</span>"
                   "<span>{}</span></div></div>",
                   html::number(scale.low), html::number(scale.high));
}

// The means of entities, from the least to the greatest bin in which there are any.
std::string means_markup(const MeanBins& bins, std::size_t feature) {
  const Bins& all = bins.all[feature];
  const auto some = [](std::uint64_t count) { return count > 0; };
  const auto first = static_cast<std::size_t>(std::ranges::find_if(all, some) - all.begin());
  if (first == page_bins) return {};
  std::size_t end = page_bins;
  while (all[end - 1] == 0) --end;
  const html::Scale& scale = bins.scales[feature];
  const auto value = [&](std::size_t bin) {
    return html::number(scale.low +
                        (scale.high - scale.low) * static_cast<double>(bin) / page_bins);
  };
  const auto part = [&](const Bins& counts) {
    return std::span(counts).subspan(first, end - first);
  };
  return html::histogram(part(all), part(bins.flagged[feature])) +
         fmt::format("<div class=\"ends\"><span>{}</span><span>{}</span></div>", value(first),
                     value(end));
}

}  // namespace

std::string page_features(const StatsPageData& data, const fold::StatsRequest& request) {
  const bool grouped = !request.group_by.empty();
  std::string out = fmt::format(
      "<p class=\"note\">{}</p>\n<div class=\"cards\">\n",
      grouped ? "How the means of entities lie, within five of their standard deviations; those "
                "beyond are in the outermost bars. <span class=\"key\"><i></i>entities<i "
                "class=\"m\"></i>flagged</span>"
              : "Of all rows that were counted.");
  const std::vector<Box> boxes = boxes_of(data, request);
  const std::vector<PageFeature>& root = boxes[0].features;
  const MeanBins& bins = data.root_bins();
  for (std::size_t i = 0; i < std::min(request.features.size(), max_features); ++i) {
    const PageFeature& f = root[i];
    out += fmt::format(
        "<div><h3>{}</h3><p class=\"note\">mean <b>{}</b> [{}, {}], standard deviation {}{}</p>",
        html::name(request.features[i]), html::number(f.mean), html::number(f.low),
        html::number(f.high), html::number(f.sd),
        grouped ? fmt::format("; of the entities' means {}", html::number(f.sd_of_means)) : "");
    if (grouped) out += means_markup(bins, i);
    out += boxes_markup(boxes, i) + "</div>\n";
  }
  return out + "</div>\n";
}

}  // namespace trawl::command
