#include <string>
#include <vector>

#include <fmt/format.h>

#include <trawl/base/text.hpp>

#include "command/stats/stats.hpp"

namespace trawl::command {
namespace {

std::string story_of(const Json& counts, std::string_view what) {
  const auto count = [&](const char* key) {
    return with_thousands(counts.at(key).get<std::uint64_t>());
  };
  return fmt::format("{} of {} {} flagged, {} undecided", count("flagged"), count("judged"), what,
                     count("undecided"));
}

}  // namespace

void describe(AnomalyParams& p, Options& visit) {
  visit.section("What is unusual");
  visit.option("fdr", p.fdr, Range{1e-12, 1.0}, "ALPHA",
               "judge every entity, and flag those of which an expected share of at most ALPHA is "
               "flagged wrongly (false discovery rate)");
  visit.choice("fdr-method", p.method,
               {{"bh", core::FdrMethod::benjamini_hochberg},
                {"by", core::FdrMethod::benjamini_yekutieli},
                {"e-bh", core::FdrMethod::e_values}},
               "bh: Benjamini-Hochberg, for independent or positively dependent tests; by, e-bh: "
               "for any dependence, flags less");
  visit.flag("robust", p.robust,
             "baselines that up to half of the entities cannot bend (reweighted MCD)");
  visit.flag("records", p.records,
             "judge records too, each beside all records below its parent; reads the data twice");
  visit.flag("flagged", p.flagged, "print only what is flagged, the most unusual first");
}

void check_anomalies(const AnomalyParams& p, const std::string& group_by, Problems& problems) {
  if (p.fdr && group_by.empty() && !p.records)
    problems.push_back(
        "--fdr judges entities: name the column that tells them by --group-by, or judge --records");
  if (p.records && p.robust)
    problems.push_back("--robust is for entities: leave out --records, or --robust");
  if (p.records && p.fdr && *p.fdr > 0.5)
    problems.push_back("--records keeps all that may be flagged: give --fdr, at most 0.5");
  if (p.fdr) return;
  if (p.flagged) problems.push_back("--flagged prints what --fdr flags: give --fdr, as 0.01");
  if (p.robust) problems.push_back("--robust is how --fdr judges: give --fdr, as 0.01");
  if (p.records) problems.push_back("--records are judged by --fdr: give --fdr, as 0.01");
  if (p.method != core::FdrMethod::benjamini_hochberg)
    problems.push_back("--fdr-method is how --fdr decides: give --fdr, as 0.01");
}

std::optional<fold::AnomalyRequest> request_of(const AnomalyParams& p) {
  if (!p.fdr) return std::nullopt;
  fold::AnomalyRequest request;
  request.fdr = *p.fdr;
  request.method = p.method;
  request.robust = p.robust;
  request.records = p.records;
  return request;
}

std::string story_of(const Json& anomalies) {
  std::string text =
      fmt::format("anomalies   at FDR {} ({}): {}", to_text(anomalies.at("fdr").get<double>()),
                  anomalies.at("fdr_method").get<std::string>(), story_of(anomalies, "entities"));
  if (anomalies.contains("records")) text += "; " + story_of(anomalies.at("records"), "records");
  return text;
}

}  // namespace trawl::command
