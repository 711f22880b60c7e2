// What `trawl stats` says and writes, whether its sums come from data or from states.
#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/file.hpp>
#include <trawl/base/log.hpp>
#include <trawl/base/text.hpp>

#include "command/stats/gold.hpp"
#include "command/stats/page.hpp"
#include "command/stats/stats.hpp"

namespace trawl::command {
namespace {

std::string text_of(const std::string& lines, const StatsParams& params) {
  if (params.pairs.only) return format_pairs(lines, params.format);
  return params.anomalies.flagged ? format_flagged(lines, params.format)
                                  : format_stats(lines, params.format);
}

void warn_of_refusals(const Json& counts) {
  const auto count = [&](const char* key) { return counts.at(key).get<std::uint64_t>(); };
  if (count("without_key") + count("refused") > 0) {
    log::warning(
        fmt::format("{} matching rows are in no node (NULL entity or level); {} more were "
                    "refused for a value of a feature",
                    with_thousands(count("without_key")), with_thousands(count("refused"))));
  }
  for (const Json& column : counts.at("refusals")) {
    const std::uint64_t nulls = column.at("nulls"), inexact = column.at("inexact");
    if (nulls + inexact == 0) continue;
    log::warning(fmt::format("column '{}': {} NULL, {} integers that no double equals",
                             column.at("column").get<std::string>(), with_thousands(nulls),
                             with_thousands(inexact)));
  }
  if (count("split_entities") > 0) {
    log::warning(
        fmt::format("{} entities have rows on several paths: each counts as one entity on "
                    "each of them",
                    with_thousands(count("split_entities"))));
  }
}

}  // namespace

fold::StatsRequest report_request(const StatsParams& p) {
  fold::StatsRequest request;
  request.search.where = p.where;
  request.features = names_in(p.features);
  request.group_by = p.group_by;
  request.levels = names_in(p.levels);
  request.fanout = p.fanout;
  request.confidence = p.confidence;
  request.correlate = p.correlate;
  request.distributions = p.distributions;
  request.anomalies = request_of(p.anomalies);
  if (p.pairs.similar > 0 || p.pairs.pairs) request.pairs = fold::PairRequest{p.pairs.similar, {}};
  return request;
}

void check_outputs(const StatsParams& p) {
  if (p.html && (p.html == p.out || p.html == p.state || p.html == p.gold))
    throw InputError("--html names the same file as another output");
  for (const auto& path : {p.out, p.html, p.state}) {
    if (path && !p.run.overwrite && fs::exists(*path))
      throw InputError(fmt::format("'{}' exists; --overwrite replaces it", path->string()));
  }
  if (p.gold) check_gold(report_request(p), *p.gold, p.run.overwrite);
}

void tell_counts(const Json& counts) {
  if (counts.contains("anomalies")) log::story(story_of(counts.at("anomalies")));
  if (counts.contains("pairs")) log::story(story_of_pairs(counts.at("pairs")));
  warn_of_refusals(counts);
}

Json deliver_gold(const StatsParams& p, const fold::StatsRequest& request,
                  const std::string& lines) {
  if (!p.gold) return {};
  log::story(fmt::format("gold        {}", p.gold->string()));
  return json_of(write_gold(lines, request, *p.gold, p.run.overwrite));
}

void deliver_page(const StatsParams& p, const fold::StatsRequest& request, const std::string& lines,
                  const Json& json) {
  if (!p.html) return;
  write_file_atomically(*p.html, stats_page(lines, request, json), p.run.overwrite);
  log::story(fmt::format("page        {}", p.html->string()));
}

std::string deliver(const StatsParams& p, const std::string& lines, const Json& json) {
  const bool wanted = p.out || !p.json;
  std::string text = wanted ? text_of(lines, p) : std::string();
  if (p.out) write_file_atomically(*p.out, text, p.run.overwrite);
  if (p.json) return json.dump(2) + "\n";
  return p.out ? std::string() : text;
}

}  // namespace trawl::command
