#include "command/evidence/page.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <trawl/base/text.hpp>

#include "command/evidence/lines.hpp"
#include "command/evidence/page_case.hpp"
#include "command/html/escape.hpp"
#include "command/html/page.hpp"
#include "command/html/table.hpp"
#include "command/html/text.hpp"

namespace trawl::command {
namespace {

std::string counted(const Json& report, const char* key) {
  return html::count(report.value(key, std::uint64_t{0}));
}

// What cutting does, over all entities.
struct Moved {
  std::uint64_t reversed = 0;           // on the other side of even odds than the plain sum
  std::vector<std::string_view> lines;  // those with the greatest change
};

double posterior_in(std::string_view line, std::string_view key) {
  const std::string_view rest = after(line, key);
  return parse_double(rest.substr(0, rest.find(','))).value_or(std::nan(""));
}

Moved moved_in(std::string_view entities) {
  Moved moved;
  std::vector<std::pair<double, std::string_view>> changes;
  const auto before = [](const auto& a, const auto& b) {
    return std::tuple(-a.first, a.second.data()) < std::tuple(-b.first, b.second.data());
  };
  each_line(entities, [&](std::string_view line) {
    const double robust = posterior_in(line, ",\"median\":{\"log_odds\":");
    const double plain = posterior_in(line, ",\"plain\":{\"log_odds\":");
    const double change = std::fabs(plain - robust);
    if (!(change > 0)) return;
    moved.reversed += (plain > 0) != (robust > 0) ? 1 : 0;
    changes.emplace_back(change, line);
    if (changes.size() < 64 * page_moved) return;
    std::ranges::sort(changes, before);
    changes.resize(page_moved);
  });
  std::ranges::sort(changes, before);
  for (std::size_t i = 0; i < std::min(changes.size(), page_moved); ++i)
    moved.lines.push_back(changes[i].second);
  return moved;
}

std::string figures(const Json& report, const Moved& moved) {
  const Json& guarantees = report.at("guarantees");
  const std::uint64_t held = guarantees.at("holds").get<std::uint64_t>() +
                             guarantees.at("holds_if_independent").get<std::uint64_t>();
  const bool registered = guarantees.at("holds").get<std::uint64_t>() > 0;
  std::string out = "<div class=\"figures\">\n";
  out += html::figure("Entities", counted(report, "entities"),
                      counted(report, "statements") + " statements of sources");
  out += html::figure("Records", counted(report, "records"),
                      "of " + counted(report, "matches") + " rows");
  out +=
      html::figure("Decided otherwise", html::count(moved.reversed), "than by believing everybody");
  out += html::figure(
      "Guarantee", html::count(held),
      registered ? "entities, for registered sources" : "entities, if nobody has several names");
  out += html::figure("Said two things", counted(report, "equivocating_sources"),
                      "sources, in " + counted(report, "equivocations") + " pieces of evidence");
  const std::string status = report.value("status", "");
  out += html::figure("Coverage", html::escaped(status),
                      report.value("failed", std::uint64_t{0}) == 0
                          ? "no row is missing"
                          : counted(report, "failed") + " rows could not be read");
  return out + "</div>\n";
}

std::string rules_text(const fold::EvidenceRequest& request) {
  const evidence::Rules& rules = request.rules;
  std::string text =
      fmt::format("log-odds beyond \u00B1{} are clamped; {} % of votes may lie",
                  html::number(rules.max_log_odds), html::number(rules.byzantine * 100));
  if (std::isfinite(rules.max_group_weight))
    text += fmt::format("; one source's records of one type weigh at most {} together",
                        html::number(rules.max_group_weight));
  switch (rules.equivocation) {
    case evidence::Equivocation::distrust:
      return text + "; who says two things has no vote anywhere";
    case evidence::Equivocation::distrust_on_entity:
      return text + "; who says two things has no vote there";
    case evidence::Equivocation::drop:
      return text + "; who says two things keeps his votes, but not these records";
  }
  return text;
}

std::string voters_text(const fold::EvidenceRequest& request, const Json& report) {
  if (!request.registered)
    return "every source, one vote each: what is guaranteed supposes that nobody has several names";
  const Json list = fold::to_json(*request.registered);
  return fmt::format(
      "{} registered sources, {} votes, list <code>{}</code>; {} statements of others "
      "do not vote",
      counted(list, "sources"), counted(list, "votes"), list.at("digest").get<std::string>(),
      counted(report, "unregistered"));
}

std::string refusals_text(const Json& refusals) {
  std::string text;
  for (const auto& [key, what] : {std::pair("null", "NULL"),
                                  {"inexact", "an integer that no double equals"},
                                  {"nan_log_odds", "log-odds that are no number"},
                                  {"bad_weight", "a weight outside 0 to 1"},
                                  {"bad_prior", "a prior outside 0 to 1"}}) {
    if (refusals.at(key).get<std::uint64_t>() == 0) continue;
    text += fmt::format("{}{} for {}", text.empty() ? "" : ", ", counted(refusals, key), what);
  }
  return text.empty() ? "" : " (" + text + ")";
}

// Of states only what they cover is known.
std::string coverage_text(const Json& report) {
  std::string text = counted(report, "rows") + " rows";
  if (report.contains("scanned")) {
    text += fmt::format(" = {} scanned + {} proven irrelevant + {} failed + {} not visited",
                        counted(report, "scanned"), counted(report, "pruned"),
                        counted(report, "failed"), counted(report, "unvisited"));
  } else {
    text += fmt::format(" of {} datasets, in {} states", counted(report.at("covered"), "datasets"),
                        counted(report, "states"));
  }
  return text + fmt::format("; {} match", counted(report, "matches"));
}

std::string about(const fold::EvidenceRequest& request, const Json& report) {
  std::vector<std::pair<std::string, std::string>> facts;
  facts.emplace_back(
      "Rows where",
      "<code>" + html::escaped(html::shortened(request.search.where, 500)) + "</code>");
  facts.emplace_back("Coverage", coverage_text(report));
  const bool retracted =
      report.contains("retracted") && report.at("retracted").get<std::uint64_t>() > 0;
  facts.emplace_back(
      "What became of them",
      fmt::format("{} records + {} duplicates + {} withheld as equivocation + {} refused{}{}; {} "
                  "records clamped, {} groups scaled down",
                  counted(report, "records"), counted(report, "duplicates"),
                  counted(report, "withheld"), counted(report, "refused"),
                  refusals_text(report.at("refusals")),
                  retracted ? fmt::format(" + {} retracted", counted(report, "retracted")) : "",
                  counted(report, "clamped"), counted(report, "capped_groups")));
  facts.emplace_back("Rules", rules_text(request));
  facts.emplace_back("Prior", request.columns.prior.empty()
                                  ? html::number(request.prior)
                                  : "column " + html::name(request.columns.prior));
  facts.emplace_back("Who votes", voters_text(request, report));
  const Json& guarantees = report.at("guarantees");
  facts.emplace_back(
      "Guarantee",
      fmt::format("entities for which it holds: {}; if nobody has several names: {}; not, for too "
                  "few sources: {}",
                  counted(guarantees, "holds"), counted(guarantees, "holds_if_independent"),
                  counted(guarantees, "too_few_sources")));
  facts.emplace_back("Distrusted", fmt::format("{} statements of sources that said two things",
                                               counted(report, "distrusted")));
  for (const auto& [key, label] :
       {std::pair("certificate", "Certificate"), std::pair("result_digest", "Result (SHA-256)")}) {
    if (report.contains(key))
      facts.emplace_back(label,
                         "<code>" + html::escaped(report.at(key).get<std::string>()) + "</code>");
  }
  return html::facts(facts);
}

std::string cases(const std::vector<std::string_view>& lines, const std::string& note,
                  const fold::EvidenceRequest& request) {
  std::string out = "<p class=\"note\">" + note + "</p>\n";
  if (lines.empty()) return out;
  out += case_key();
  for (std::size_t i = 0; i < lines.size(); ++i)
    out += case_markup(lines[i], request.columns.entity, i + 1, request.rules.confidence);
  return out;
}

std::string id_markup(const Json& id) {
  return html::name(id.is_number() ? id.dump() : text_from(id));
}

// States do not say where records are.
std::string record_markup(const Json& record) {
  if (record.at("row").is_null()) return html::number(number_in(record, "log_odds"));
  return fmt::format("{}<br><span class=\"note\">{}, row {}</span>",
                     html::number(number_in(record, "log_odds")),
                     html::name(text_from(record.at("dataset"))),
                     html::count(record.at("row").get<std::uint64_t>()));
}

std::string equivocations(std::string_view lines, const Json& report) {
  std::string out =
      "<p class=\"note\">Two records of one entity, source and id that differ. Neither "
      "counts.</p>\n";
  html::Table table({"source", "entity", "id", ">log-odds of one", ">and of the other"});
  std::size_t shown = 0;
  each_line(lines, [&](std::string_view text) {
    if (shown == page_equivocations) return;
    ++shown;
    const Json line = Json::parse(text);
    const Json& of = line.at("equivocation");
    table.add({id_markup(of.at("source")), id_markup(of.at("entity")), id_markup(of.at("id")),
               record_markup(line.at("records").at(0)), record_markup(line.at("records").at(1))});
  });
  out += table.markup();
  const std::uint64_t all = report.at("equivocations");
  if (all > shown)
    out += fmt::format("<p class=\"note\">and {} more, in evidence.jsonl</p>\n",
                       html::count(all - shown));
  return out;
}

}  // namespace

std::string evidence_page(std::string_view lines, const fold::EvidenceRequest& request,
                          const Json& report) {
  const EvidenceSections sections = evidence_sections(lines);
  const Moved moved = moved_in(sections.entities);
  html::Page page;
  page.title = "Evidence about " + html::shortened(request.columns.entity);
  page.subtitle =
      "Sums are exact and do not depend on the order of records. Printed with four digits here; "
      "all "
      "digits are in evidence.jsonl. Log-odds are natural: 0 is as likely as not, +2.2 is 9 to 1.";
  page.headline = figures(report, moved);
  page.sections.push_back({"about", "What was weighed", about(request, report)});
  page.sections.push_back(
      {"cases", "The strongest cases",
       cases(
           strongest(sections.entities, page_cases),
           "By robust log-odds: the prior and the number of sources times the median of what "
           "they say. The plain posterior adds up what everybody says. In each case the posterior "
           "comes first, what its sources say second.",
           request)});
  page.sections.push_back(
      {"moved", "Where cutting matters most",
       cases(moved.lines,
             fmt::format("By the distance of the plain from the robust log-odds. Of {} entities "
                         "{} are on the other side of even odds than by the plain sum.",
                         counted(report, "entities"), html::count(moved.reversed)),
             request)});
  if (!sections.equivocations.empty())
    page.sections.push_back(
        {"equivocations", "Who said two things", equivocations(sections.equivocations, report)});
  return html::document(page);
}

}  // namespace trawl::command
