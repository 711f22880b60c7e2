#include <fmt/format.h>

#include <trawl/base/text.hpp>

#include "command/stats.hpp"

namespace trawl::command {

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
  visit.flag("flagged", p.flagged, "print only what is flagged, the most unusual first");
}

void check_anomalies(const AnomalyParams& p, const std::string& group_by, Problems& problems) {
  if (p.fdr && group_by.empty())
    problems.push_back("--fdr judges entities: name the column that tells them by --group-by");
  if (p.fdr) return;
  if (p.flagged) problems.push_back("--flagged prints what --fdr flags: give --fdr, as 0.01");
  if (p.robust) problems.push_back("--robust is how --fdr judges: give --fdr, as 0.01");
  if (p.method != core::FdrMethod::benjamini_hochberg)
    problems.push_back("--fdr-method is how --fdr decides: give --fdr, as 0.01");
}

std::optional<fold::AnomalyRequest> request_of(const AnomalyParams& p) {
  if (!p.fdr) return std::nullopt;
  fold::AnomalyRequest request;
  request.fdr = *p.fdr;
  request.method = p.method;
  request.robust = p.robust;
  return request;
}

std::string story_of(const Json& anomalies) {
  const auto count = [&](const char* key) {
    return with_thousands(anomalies.at(key).get<std::uint64_t>());
  };
  return fmt::format("anomalies   {} of {} judged entities flagged (FDR {}, {}), {} undecided",
                     count("flagged"), count("judged"), to_text(anomalies.at("fdr").get<double>()),
                     anomalies.at("fdr_method").get<std::string>(), count("undecided"));
}

}  // namespace trawl::command
