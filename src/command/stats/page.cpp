#include "command/stats/page.hpp"

#include <fmt/format.h>

#include <trawl/base/text.hpp>

#include "command/html/escape.hpp"
#include "command/html/page.hpp"
#include "command/html/table.hpp"
#include "command/html/text.hpp"
#include "command/stats/page_sections.hpp"

namespace trawl::command {
namespace {

std::uint64_t count_in(const Json& report, const char* key) {
  return report.value(key, std::uint64_t{0});
}

std::string counted(const Json& report, const char* key) {
  return html::count(count_in(report, key));
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& each : names) text += (text.empty() ? "" : ", ") + html::name(each);
  return text;
}

const char* method_text(core::FdrMethod method) {
  switch (method) {
    case core::FdrMethod::benjamini_yekutieli:
      return "Benjamini-Yekutieli, for tests that depend on each other in any way";
    case core::FdrMethod::e_values:
      return "e-values (e-BH), for tests that depend on each other in any way";
    default:
      return "Benjamini-Hochberg";
  }
}

std::string coverage_text(const Json& report) {
  std::string text = fmt::format("{} rows", counted(report, "rows"));
  if (report.contains("scanned")) {
    text += fmt::format(" = {} scanned + {} proven irrelevant + {} failed + {} not visited",
                        counted(report, "scanned"), counted(report, "pruned"),
                        counted(report, "failed"), counted(report, "unvisited"));
  }
  return text + fmt::format("; {} match", counted(report, "matches"));
}

std::string fdr_text(const fold::AnomalyRequest& request, const Json& anomalies) {
  const auto judged = [](const Json& counts, const char* what) {
    return fmt::format("{} of {} {} flagged, {} undecided", counted(counts, "flagged"),
                       counted(counts, "judged"), what, counted(counts, "undecided"));
  };
  std::string text =
      fmt::format("of what is flagged, an expected share of at most {} is flagged wrongly ({}{})",
                  html::number(request.fdr), method_text(request.method),
                  request.robust ? "; robust baselines" : "");
  if (anomalies.contains("judged")) text += "; " + judged(anomalies, "entities");
  if (anomalies.contains("records")) text += "; " + judged(anomalies.at("records"), "records");
  return text;
}

std::uint64_t flagged_in(const Json& report, bool records) {
  if (!report.contains("anomalies")) return 0;
  const Json& anomalies = report.at("anomalies");
  if (!records) return count_in(anomalies, "flagged");
  return anomalies.contains("records") ? count_in(anomalies.at("records"), "flagged") : 0;
}

}  // namespace

std::string page_path(const Json& path) {
  if (path.empty()) return "All";
  std::string text;
  for (const Json& each : path)
    text += (text.empty() ? "" : " \u203A ") + html::name(text_from(each));
  return text;
}

std::string page_figures(const fold::StatsRequest& request, const Json& report) {
  std::string out = "<div class=\"figures\">\n";
  const std::string status = report.value("status", "");
  out += html::figure("Records", counted(report, "records"),
                      fmt::format("of {} rows", counted(report, "rows")));
  if (!request.group_by.empty())
    out += html::figure("Entities", counted(report, "entities"), html::name(request.group_by));
  out += html::figure("Nodes", counted(report, "nodes"),
                      request.levels.empty() && !request.group_by.empty() ? "a balanced tree"
                                                                          : joined(request.levels));
  std::string flags;
  if (request.anomalies && !request.group_by.empty())
    flags += html::figure("Flagged entities", html::count(flagged_in(report, false)),
                          fmt::format("FDR \u2264 {}", html::number(request.anomalies->fdr)));
  if (request.anomalies && request.anomalies->records)
    flags += html::figure("Flagged records", html::count(flagged_in(report, true)),
                          fmt::format("FDR \u2264 {}", html::number(request.anomalies->fdr)));
  out += flags;
  out += html::figure("Coverage", status == "complete" ? "complete" : html::escaped(status),
                      count_in(report, "failed") == 0
                          ? "no row is missing"
                          : fmt::format("{} rows could not be read", counted(report, "failed")));
  return out + "</div>\n";
}

std::string page_about(const fold::StatsRequest& request, const Json& report) {
  std::vector<std::pair<std::string, std::string>> facts;
  if (!request.search.where.empty())
    facts.emplace_back(
        "Rows where",
        "<code>" + html::escaped(html::shortened(request.search.where, 500)) + "</code>");
  facts.emplace_back("Coverage", coverage_text(report));
  facts.emplace_back("Left out",
                     fmt::format("{} without entity or level, {} refused for a value",
                                 counted(report, "without_key"), counted(report, "refused")));
  facts.emplace_back(
      "Intervals",
      fmt::format("{} % confidence for means; {}", html::number(request.confidence * 100),
                  request.group_by.empty()
                      ? "rows are taken as independent"
                      : "rows of one entity may depend on each other, entities may not"));
  if (request.anomalies && report.contains("anomalies"))
    facts.emplace_back("False discovery", fdr_text(*request.anomalies, report.at("anomalies")));
  if (count_in(report, "split_entities") > 0)
    facts.emplace_back("On several paths",
                       fmt::format("{} entities", counted(report, "split_entities")));
  for (const auto& [key, label] :
       {std::pair("certificate", "Certificate"), std::pair("result_digest", "Result (SHA-256)")}) {
    if (report.contains(key))
      facts.emplace_back(label,
                         "<code>" + html::escaped(report.at(key).get<std::string>()) + "</code>");
  }
  return html::facts(facts);
}

std::string stats_page(std::string_view lines, const fold::StatsRequest& request,
                       const Json& report) {
  const StatsPageData data(lines, request);
  html::Page page;
  page.title =
      "Statistics of " + html::shortened(request.features.at(0)) +
      (request.features.size() > 1 ? fmt::format(" and {} more", request.features.size() - 1) : "");
  page.subtitle =
      "Every figure is exact before it is rounded once. Printed with four digits here; "
      "all digits are in stats.jsonl.";
  page.headline = page_figures(request, report);
  page.sections.push_back({"about", "What was looked at", page_about(request, report)});
  page.sections.push_back({"features", "Distributions", page_features(data, request)});
  page.sections.push_back({"tree", "Hierarchy", page_tree(data, request)});
  if (request.anomalies && !request.group_by.empty()) {
    page.sections.push_back({"entities", "Flagged entities",
                             page_flagged_entities(data, request, flagged_in(report, false))});
  }
  if (request.anomalies && request.anomalies->records) {
    page.sections.push_back({"records", "Flagged records",
                             page_flagged_records(data, request, flagged_in(report, true))});
  }
  return html::document(page);
}

}  // namespace trawl::command
