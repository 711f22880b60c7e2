// What statistics are asked for and what was counted, as a certificate says it, and back.
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/text.hpp>
#include <trawl/fold/stats.hpp>

#include "fold/stats/columns.hpp"
#include "fold/stats/pair_request.hpp"

namespace trawl::fold {
namespace {

constexpr core::FdrMethod methods[] = {core::FdrMethod::benjamini_hochberg,
                                       core::FdrMethod::benjamini_yekutieli,
                                       core::FdrMethod::e_values};

core::FdrMethod method_named(const std::string& name) {
  for (const core::FdrMethod method : methods) {
    if (name_of(method) == name) return method;
  }
  throw DataError("no method for the false discovery rate: " + name);
}

Json to_json(const AnomalyRequest& request) {
  return {{"fdr", request.fdr},
          {"fdr_method", name_of(request.method)},
          {"robust", request.robust},
          {"records", request.records}};
}

AnomalyRequest anomalies_from(const Json& json) {
  return {json.at("fdr"), method_named(json.at("fdr_method").get<std::string>()), json.at("robust"),
          json.at("records")};
}

Json parameters_of(const StatsRequest& request) {
  Json units = Json::array();
  for (const int exponent : request.unit_exponents) units.push_back(fmt::format("2^{}", exponent));
  Json parameters = {{"features", request.features},    {"group_by", request.group_by},
                     {"levels", request.levels},        {"fanout", request.fanout},
                     {"fixed_point", std::move(units)}, {"confidence", request.confidence},
                     {"correlate", request.correlate}};
  if (request.distributions) parameters["distributions"] = true;
  if (request.anomalies) parameters["anomalies"] = to_json(*request.anomalies);
  if (request.pairs) parameters["pairs"] = to_json(*request.pairs);
  return parameters;
}

// -20 of "2^-20".
int exponent_from(const std::string& unit) {
  const auto exponent = unit.starts_with("2^") ? parse_int64(unit.substr(2)) : std::nullopt;
  if (!exponent || std::abs(*exponent) > 1000) throw DataError("no unit: " + unit);
  return static_cast<int>(*exponent);
}

Json to_json(const AnomalyCounts& counts) {
  Json json = {
      {"judged", counts.judged}, {"undecided", counts.undecided}, {"flagged", counts.flagged}};
  json["log_threshold"] = counts.flagged > 0 ? Json(counts.log_threshold) : Json();
  return json;
}

// Those of entities, and of records where they were judged.
Json counts_of(const AnomalyRequest& request, const StatsResult& result) {
  Json json = {
      {"fdr", request.fdr}, {"fdr_method", name_of(request.method)}, {"robust", request.robust}};
  json.update(to_json(result.anomalies));
  if (request.records) json["records"] = to_json(result.record_anomalies);
  return json;
}

}  // namespace

std::string_view name_of(core::FdrMethod method) {
  switch (method) {
    case core::FdrMethod::benjamini_hochberg:
      return "bh";
    case core::FdrMethod::benjamini_yekutieli:
      return "by";
    case core::FdrMethod::e_values:
      return "e-bh";
  }
  return "bh";
}

SearchRequest search_of(const StatsRequest& request) {
  SearchRequest search = request.search;
  search.command = "stats";
  search.select = StatsColumns(request).select;
  search.numbers = request.features;
  search.names = request.levels;
  if (!request.group_by.empty()) search.names.push_back(request.group_by);
  search.parameters = parameters_of(request);
  return search;
}

StatsRequest stats_request_of(const Json& body) {
  if (body.at("command") != "stats") throw DataError("not the certificate of statistics");
  const Json& p = body.at("parameters");
  StatsRequest request;
  request.search.where = body.at("predicate");
  request.search.table = body.at("table");
  request.features = p.at("features").get<std::vector<std::string>>();
  request.group_by = p.at("group_by");
  request.levels = p.at("levels").get<std::vector<std::string>>();
  request.fanout = p.at("fanout");
  for (const Json& unit : p.at("fixed_point"))
    request.unit_exponents.push_back(exponent_from(unit));
  request.confidence = p.at("confidence");
  request.correlate = p.at("correlate");
  request.distributions = p.value("distributions", false);
  if (p.contains("anomalies")) request.anomalies = anomalies_from(p.at("anomalies"));
  if (p.contains("pairs")) request.pairs = pairs_from(p.at("pairs"));
  request.search = search_of(request);
  return request;
}

Json counts_of(const StatsRequest& request, const StatsResult& r) {
  Json refusals = Json::array();
  for (const ColumnRefusals& column : r.refusals) {
    refusals.push_back(
        {{"column", column.column}, {"nulls", column.nulls}, {"inexact", column.inexact}});
  }
  Json counts = {{"records", r.records},
                 {"refused", r.refused},
                 {"without_key", r.without_key},
                 {"refusals", std::move(refusals)},
                 {"nodes", r.nodes},
                 {"entities", r.entities},
                 {"split_entities", r.split_entities}};
  if (r.entities_root) counts["entities_root"] = hex(*r.entities_root);
  if (request.anomalies) counts["anomalies"] = counts_of(*request.anomalies, r);
  if (request.pairs) counts["pairs"] = to_json(r.pairs);
  return counts;
}

}  // namespace trawl::fold
