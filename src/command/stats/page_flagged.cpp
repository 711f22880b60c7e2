#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include <fmt/format.h>

#include "command/html/escape.hpp"
#include "command/html/table.hpp"
#include "command/html/text.hpp"
#include "command/stats/page_sections.hpp"

namespace trawl::command {
namespace {

constexpr std::size_t max_drivers = 3;
constexpr double least_share = 0.05;  // of the squared distance

// Where a flagged entity or record lies: for each feature its value, and those it is compared with.
struct Surroundings {
  std::vector<double> values, means, sds;
  std::vector<std::vector<double>> percentiles;  // of records; empty: not known
  const MeanBins* others = nullptr;
};

std::string driver_markup(const Json& driver, double squared, std::size_t feature,
                          const Surroundings& around, const std::string& name) {
  constexpr Bins nobody{};
  const double mean = around.means[feature], sd = around.sds[feature];
  const double out = std::fabs(around.values[feature] - mean) / sd + 0.5;
  const double sds = out > 4.5 && out <= 12 ? out : 4.5;
  const html::Scale scale = around.others != nullptr
                                ? around.others->scales[feature]
                                : html::Scale{mean - sds * sd, mean + sds * sd};
  const std::span<const double> percentiles =
      around.percentiles.empty() ? std::span<const double>() : around.percentiles[feature];
  const double share = number_in(driver, "contribution") / squared * 100;
  return fmt::format(
      "<div class=\"drv\"><span>{}</span><span class=\"n\" title=\"{} % of the squared "
      "distance\">{}</span><span class=\"n flag\">{} sd</span>{}</div>",
      html::name(name), html::number(share), html::number(around.values[feature]),
      html::signed_number(number_in(driver, "z")),
      html::position_plot(scale, around.others != nullptr ? around.others->all[feature] : nobody,
                          mean, sd, around.values[feature], percentiles));
}

std::string drivers_markup(const Json& anomaly, const Surroundings& around,
                           const fold::StatsRequest& request) {
  std::string out;
  const Json& drivers = anomaly.at("drivers");
  const double squared = number_in(anomaly, "distance2");
  std::size_t shown = 0;
  for (; shown < std::min(drivers.size(), max_drivers); ++shown) {
    const Json& driver = drivers[shown];
    if (shown > 0 && number_in(driver, "contribution") < least_share * squared) break;
    const std::string name = text_from(driver.at("feature"));
    const auto found = std::ranges::find(request.features, name);
    const auto feature = static_cast<std::size_t>(found - request.features.begin());
    out += driver_markup(driver, squared, feature, around, name);
  }
  if (drivers.size() > shown)
    out += fmt::format("<span class=\"note\">and {} more</span>", drivers.size() - shown);
  return out;
}

std::string id_text(const Json& id) {
  return id.is_number() ? id.dump() : text_from(id);
}

std::vector<std::string> law_cells(const Json& anomaly) {
  const double squared = number_in(anomaly, "distance2");
  return {html::number(std::sqrt(squared)), html::probability(number_in(anomaly, "log_p")),
          html::probability(number_in(anomaly, "log_p_adjusted"))};
}

std::string note(std::uint64_t flagged, std::size_t shown, const char* what, const char* others) {
  if (flagged == 0) return fmt::format("<p class=\"note\">No {} is flagged.</p>\n", what);
  return fmt::format(
      "<p class=\"note\">The most unusual first; {} of {} are shown. Distance is Mahalanobis' from "
      "the baseline, p the probability of one at least as large, adjusted p the least false "
      "discovery rate at which it would be flagged. Plots: {}, a line at their mean, ticks at "
      "standard deviations, and the flagged one in colour; an arrow where it is beyond.</p>\n",
      html::count(shown), html::count(flagged), others);
}

}  // namespace

std::string page_flagged_entities(const StatsPageData& data, const fold::StatsRequest& request,
                                  std::uint64_t flagged) {
  std::string out = note(flagged, data.flagged().size(), "entity",
                         "the means of the entities it is compared with");
  if (flagged == 0) return out;
  html::Table table({">#", "entity", ">records", ">distance", ">p", ">adjusted p", "driven by"});
  std::size_t rank = 0;
  for (const PageFlagged& entity : data.flagged()) {
    const Json line = Json::parse(entity.line);
    const Json& anomaly = line.at("anomaly");
    const std::size_t node = data.node_of(anomaly.at("baseline"));
    Surroundings around;
    for (const Json& f : line.at("features")) around.values.push_back(number_in(f, "mean"));
    for (const PageFeature& f : data.features(node)) {
      around.means.push_back(f.mean_of_means);
      around.sds.push_back(f.sd_of_means);
    }
    around.others = data.bins_of(node);
    std::vector<std::string> cells = {
        std::to_string(++rank),
        fmt::format("<b>{}</b><br><span class=\"note\">{}beside {} entities</span>",
                    html::name(id_text(line.at("entity"))),
                    request.levels.empty() ? "" : page_path(line.at("path")) + ", ",
                    html::count(anomaly.at("baseline_entities").get<std::uint64_t>())),
        html::count(line.at("records").get<std::uint64_t>())};
    for (std::string& cell : law_cells(anomaly)) cells.push_back(std::move(cell));
    cells.push_back(drivers_markup(anomaly, around, request));
    table.add(cells);
  }
  return out + table.markup();
}

std::string page_flagged_records(const StatsPageData& data, const fold::StatsRequest& request,
                                 std::uint64_t flagged) {
  std::string out =
      note(flagged, data.flagged_records().size(), "record",
           "half (box) and nine of ten (line) of the records it is compared with, where known");
  if (flagged == 0) return out;
  html::Table table(
      {">#", "dataset", ">row", "place", ">distance", ">p", ">adjusted p", "driven by"});
  std::size_t rank = 0;
  for (const PageFlagged& record : data.flagged_records()) {
    const Json line = Json::parse(record.line);
    const Json& anomaly = line.at("anomaly");
    Surroundings around;
    for (const Json& value : line.at("values"))
      around.values.push_back(value.is_number() ? value.get<double>()
                                                : std::numeric_limits<double>::quiet_NaN());
    for (const PageFeature& f : data.features(data.node_of(anomaly.at("baseline")))) {
      around.means.push_back(f.mean);
      around.sds.push_back(f.sd);
      around.percentiles.push_back(f.percentiles);
    }
    std::string place = page_path(line.at("path"));
    if (line.contains("entity"))
      place = "<b>" + html::name(id_text(line.at("entity"))) + "</b><br><span class=\"note\">" +
              place + "</span>";
    std::vector<std::string> cells = {std::to_string(++rank),
                                      html::name(text_from(line.at("dataset"))),
                                      html::count(line.at("row").get<std::uint64_t>()), place};
    for (std::string& cell : law_cells(anomaly)) cells.push_back(std::move(cell));
    cells.push_back(drivers_markup(anomaly, around, request));
    table.add(cells);
  }
  return out + table.markup();
}

}  // namespace trawl::command
