#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <unistd.h>

#include <trawl/base/file.hpp>
#include <trawl/base/text.hpp>
#include <trawl/base/version.hpp>
#include <trawl/fold/run_record.hpp>

namespace trawl::fold {
namespace {

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

Json to_json(const RankReport& r) {
  Json phases = Json::array();
  for (const Phase& p : r.phases) phases.push_back(Json::array({p.name, p.begin, p.end}));
  return Json::array({r.rank, r.leads_node, r.host, phases, r.bytes_read, r.rows_scanned,
                      r.filters_paused, r.thread_seconds});
}

RankReport report_from(const Json& j) {
  RankReport r{j[0], j[1], j[2], {}, j[4], j[5], j[6], j[7].get<std::vector<double>>()};
  for (const Json& p : j[3]) r.phases.push_back({p[0], p[1], p[2]});
  return r;
}

double seconds_in(const RankReport& report, const std::string& phase) {
  double seconds = 0;
  for (const Phase& p : report.phases) seconds += p.name == phase ? p.end - p.begin : 0;
  return seconds;
}

struct Spread {
  double min = 0, mean = 0, max = 0;
};

template <class F>
Spread spread(const std::vector<RankReport>& reports, F value) {
  Spread s{value(reports.front()), 0, 0};
  for (const RankReport& report : reports) {
    const double v = value(report);
    s.min = std::min(s.min, v);
    s.max = std::max(s.max, v);
    s.mean += v / static_cast<double>(reports.size());
  }
  return s;
}

Json to_json(const Spread& s) {
  return {{"min", s.min}, {"mean", s.mean}, {"max", s.max}};
}

double wall_seconds(const std::vector<RankReport>& reports) {
  double wall = 0;
  for (const RankReport& report : reports) {
    for (const Phase& phase : report.phases) wall = std::max(wall, phase.end);
  }
  return wall;
}

// Phases in which only root works; everything else is shared by all ranks.
double serial_seconds(const std::vector<RankReport>& reports) {
  return seconds_in(reports.front(), "merge") + seconds_in(reports.front(), "certify");
}

double busy_seconds(const RankReport& report) {
  double busy = 0;
  for (const double seconds : report.thread_seconds) busy += seconds;
  return busy;
}

Json input_entry(const SearchResult& result, std::size_t i) {
  const store::DatasetRef& ref = result.opened.refs()[i];
  const DatasetFacts& facts = result.opened.facts[i];
  Json entry = {{"name", ref.name},       {"location", ref.location}, {"table", ref.table},
                {"index", ref.index},     {"kind", facts.kind},       {"codec", facts.codec},
                {"digest", facts.digest}, {"rows", facts.rows},       {"bytes", facts.bytes}};
  if (!facts.catalog_digest.empty()) entry["catalog"] = ref.catalog;
  if (!facts.failure.empty()) entry["failure"] = facts.failure;
  return entry;
}

Json key_list_facts(const SearchResult& result) {
  Json lists = Json::array();
  const Coverage& total = result.total;
  const double probed =
      static_cast<double>(std::max<std::uint64_t>(total.scanned - total.matches, 1));
  for (const KeyListFacts& f : result.key_lists) {
    lists.push_back(
        {{"path", f.path},
         {"keys_read", f.read},
         {"keys", f.checked_late ? Json() : Json(f.distinct)},
         {"checked", f.checked_late ? "late" : "by search"},
         {"bytes_per_node", f.bytes},
         {"membership_filter", f.filter_bytes > 0 ? "used"
                               : f.checked_late
                                   ? "skipped: other conditions leave fewer rows than keys"
                                   : "skipped: so few keys are searched directly"},
         {"filter_bytes", f.filter_bytes},
         {"false_positive_rate_expected", f.expected_fpr},
         {"false_positive_rate_seen", static_cast<double>(total.false_positives) / probed},
         {"shared_by_the_node", f.shared},
         {"digest", f.digest}});
  }
  return lists;
}

}  // namespace

std::vector<RankReport> gather_reports(const SearchResult& result, const PhaseTimer& timer,
                                       const comm::Comm& comm) {
  const RankReport mine{comm.rank(),           comm.node_rank() == 0, host_name(),
                        timer.phases(),        result.bytes_read,     result.rows_scanned,
                        result.filters_paused, result.thread_seconds};
  std::vector<RankReport> reports;
  for (const std::string& text : comm.all_gather_text(to_json(mine).dump())) {
    reports.push_back(report_from(parse_json(text, "rank report")));
  }
  return reports;
}

Json performance(const std::vector<RankReport>& reports, const Coverage& total,
                 double price_per_node_hour) {
  const double wall = std::max(wall_seconds(reports), 1e-9);
  const double serial = std::min(1.0, serial_seconds(reports) / wall);
  std::uint64_t bytes = 0, nodes = 0, threads = 0, scanned = 0;
  for (const RankReport& report : reports) {
    scanned += report.rows_scanned;
    bytes += report.bytes_read;
    nodes += report.leads_node ? 1 : 0;
    threads = std::max<std::uint64_t>(threads, report.thread_seconds.size());
  }
  Json phases = Json::object();
  for (const Phase& phase : reports.front().phases) {
    phases[phase.name] =
        to_json(spread(reports, [&](const RankReport& r) { return seconds_in(r, phase.name); }));
  }
  const Spread fold = spread(reports, busy_seconds);
  Json json = {{"seconds", wall},
               {"ranks", reports.size()},
               {"threads", threads},
               {"nodes", nodes},
               {"phases", std::move(phases)},
               {"bytes_read", bytes},
               {"rows_scanned", scanned},  // by this attempt, after --resume less than all
               {"rows_per_second", static_cast<double>(total.rows - total.unvisited) / wall},
               {"rows_scanned_per_second", static_cast<double>(total.scanned) / wall},
               {"busy_seconds", to_json(fold)},
               {"load_balance", fold.max > 0 ? fold.mean / fold.max : 1.0},
               {"serial_fraction", serial},
               {"speed_up_limit", serial > 0 ? 1 / serial : 0},
               {"node_hours", wall * static_cast<double>(nodes) / 3600}};
  if (price_per_node_hour > 0) {
    json["price_per_node_hour"] = price_per_node_hour;
    json["cost"] = price_per_node_hour * wall * static_cast<double>(nodes) / 3600;
  }
  return json;
}

Json make_run_record(const SearchRequest& request, const SearchResult& result,
                     const MadeCertificate& certificate, const std::vector<RankReport>& reports,
                     const std::string& options, double price_per_node_hour) {
  Json inputs = Json::array();
  for (std::size_t i = 0; i < result.opened.refs().size(); ++i)
    inputs.push_back(input_entry(result, i));
  std::uint64_t paused = 0;
  for (const RankReport& report : reports) paused += report.filters_paused;
  Json record = {{"format", "trawl-run-1"},
                 {"program", fmt::format("trawl {} ({})", version(), commit())},
                 {"command", request.command},
                 {"status", name_of(result.status)},
                 {"finished", utc_now_compact()},
                 {"working_folder", fs::current_path().string()},
                 {"where", request.where},
                 {"predicate", result.opened.normal_form},
                 {"options", options},
                 {"certificate", certificate.digest},
                 {"result_digest", certificate.head.at("result_digest")},
                 {"coverage", fold::to_json(result.total)},
                 {"audit", certificate.head.at("audit")},
                 {"audit_share", request.audit},
                 {"screens",
                  {{"zone_maps", request.zone_maps},
                   {"stored_index", request.index},
                   {"membership_filters", request.filters},
                   {"membership_filters_paused_in_row_groups", paused}}},
                 {"key_lists", key_list_facts(result)},
                 {"performance", performance(reports, result.total, price_per_node_hour)},
                 {"inputs", std::move(inputs)}};
  if (certificate.tail.contains("counts")) record["counts"] = certificate.tail.at("counts");
  return record;
}

std::string trace_events(const std::vector<RankReport>& reports) {
  Json events = Json::array();
  for (const RankReport& report : reports) {
    events.push_back(
        {{"name", "process_name"},
         {"ph", "M"},
         {"pid", report.rank},
         {"args", {{"name", fmt::format("rank {} on {}", report.rank, report.host)}}}});
    for (const Phase& phase : report.phases) {
      events.push_back({{"name", phase.name},
                        {"cat", "phase"},
                        {"ph", "X"},
                        {"ts", std::llround(phase.begin * 1e6)},
                        {"dur", std::llround((phase.end - phase.begin) * 1e6)},
                        {"pid", report.rank},
                        {"tid", 0}});
    }
    for (std::size_t thread = 0; thread < report.thread_seconds.size(); ++thread) {
      for (const Phase& phase : report.phases) {
        if (phase.name != "fold") continue;
        events.push_back({{"name", "busy"},
                          {"cat", "thread"},
                          {"ph", "X"},
                          {"ts", std::llround(phase.begin * 1e6)},
                          {"dur", std::llround(report.thread_seconds[thread] * 1e6)},
                          {"pid", report.rank},
                          {"tid", thread + 1}});
      }
    }
  }
  return Json{{"displayTimeUnit", "ms"}, {"traceEvents", std::move(events)}}.dump(1) + "\n";
}

}  // namespace trawl::fold
