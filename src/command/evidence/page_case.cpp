#include "command/evidence/page_case.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include <fmt/format.h>

#include <trawl/base/json.hpp>

#include "command/cells.hpp"
#include "command/html/escape.hpp"
#include "command/html/strip.hpp"
#include "command/html/table.hpp"
#include "command/html/text.hpp"
#include "command/json_lines.hpp"

namespace trawl::command {
namespace {

constexpr std::size_t listed_sources = 200;

struct SourceMark {
  std::string name;
  double log_odds = 0, distance = 0;
  std::string standing;
  std::uint64_t votes = 0, cut = 0, records = 0;
};

std::string id_text(const Json& id) {
  return id.is_number() ? id.dump() : text_from(id);
}

std::vector<SourceMark> sources_of(const Json& line) {
  std::vector<SourceMark> sources;
  std::map<std::string, const Json*> cut;
  for (const Json& each : line.at("cut")) cut.emplace(each.at("source").dump(), &each);
  for (const Json& source : line.at("sources")) {
    SourceMark mark{id_text(source.at("source")),
                    number_in(source, "log_odds"),
                    0,
                    source.at("standing"),
                    source.at("votes"),
                    0,
                    source.at("records")};
    const auto found = cut.find(source.at("source").dump());
    if (found != cut.end()) {
      mark.cut = found->second->at("cut");
      mark.distance = number_in(*found->second, "distance");
    }
    sources.push_back(std::move(mark));
  }
  return sources;
}

// p as people read it, near 0 and 1 as a power of ten.
std::string probability(const Json& posterior) {
  const double p = number_in(posterior, "p");
  if (p > 0.9999) return "1 \u2212 " + html::probability(number_in(posterior, "log_not_p"));
  if (p < 0.0001) return html::probability(number_in(posterior, "log_p"));
  return html::number(p);
}

std::string posterior_text(const Json& line, const char* member) {
  const Json& posterior = line.at(member);
  return fmt::format("{} <span class=\"note\">(p = {})</span>",
                     html::number(number_in(posterior, "log_odds")), probability(posterior));
}

double log_odds(const Json& line, const char* posterior) {
  return number_in(line.at(posterior), "log_odds");
}

std::string figures(const Json& line, double confidence) {
  std::string out = fmt::format(
      "<div class=\"figs\"><span><b>robust {}</b></span><span>trimmed {}</span>"
      "<span class=\"pl\"><b>plain {}</b></span>",
      posterior_text(line, "median"), posterior_text(line, "trimmed_mean"),
      posterior_text(line, "plain"));
  if (!std::isnan(log_odds(line, "low"))) {
    out += fmt::format("<span>{} % interval {} to {}</span>", html::number(confidence * 100),
                       html::number(log_odds(line, "low")), html::number(log_odds(line, "high")));
  }
  return out + "</div>\n";
}

// Ends of an axis: of what is given and finite.
class Ends {
 public:
  void add(double value) {
    if (!std::isfinite(value)) return;
    low_ = empty_ ? value : std::min(low_, value);
    high_ = empty_ ? value : std::max(high_, value);
    empty_ = false;
  }
  double low() const { return low_; }
  double high() const { return high_; }

 private:
  bool empty_ = true;
  double low_ = 0, high_ = 0;
};

// An interval that is far wider than what it is about is cut by the border; its ends are in the
// text.
std::string posterior_strip(const Json& line, const std::string& name) {
  Ends ends;
  ends.add(0);
  for (const char* each : {"median", "trimmed_mean", "plain"}) ends.add(log_odds(line, each));
  const double span = ends.high() - ends.low(), low = ends.low() - span, high = ends.high() + span;
  for (const char* each : {"low", "high"}) ends.add(std::clamp(log_odds(line, each), low, high));
  html::Strip strip(
      html::axis_over(ends.low(), ends.high(), "posterior log-odds (nats)"),
      fmt::format("Posterior of {}: robust {}, plain {}", name,
                  html::number(log_odds(line, "median")), html::number(log_odds(line, "plain"))));
  strip.band(log_odds(line, "low"), log_odds(line, "high"));
  strip.line("md", log_odds(line, "median"), "robust");
  strip.line("tr", log_odds(line, "trimmed_mean"), "trimmed");
  strip.line("pl", log_odds(line, "plain"), "plain: believing everybody");
  return strip.markup();
}

// What is very far out would press all others together: it stands at the border.
html::Axis source_axis(const std::vector<SourceMark>& sources, const Json& over, double plain) {
  const double centre = number_in(over, "median"), reach = 20 * number_in(over, "spread");
  std::vector<double> values = {0, plain, number_in(over, "low"), number_in(over, "high")};
  for (const SourceMark& source : sources) values.push_back(source.log_odds);
  Ends all, near;
  for (Ends* ends : {&all, &near}) {
    ends->add(centre);
    ends->add(number_in(over, "trimmed_mean"));
  }
  for (const double value : values) {
    all.add(value);
    if (std::fabs(value - centre) <= reach) near.add(value);
  }
  const bool wide = reach > 0 && all.high() - all.low() > 2 * reach;
  const Ends& ends = wide ? near : all;
  return html::axis_over(ends.low(), ends.high(), "log-odds of one source (nats)");
}

const char* kind_of(const SourceMark& source) {
  if (source.standing != "votes" || source.votes == 0) return "no";
  return source.cut > 0 ? "cut" : "in";
}

std::string about(const SourceMark& source) {
  std::string text =
      fmt::format("{}: {}", html::shortened(source.name), html::number(source.log_odds));
  if (source.standing != "votes") return text + ", " + source.standing;
  if (source.cut > 0)
    text += fmt::format(", {} of {} votes cut, {} from the median", source.cut, source.votes,
                        html::number(source.distance));
  return text;
}

std::string source_strip(const Json& line, const std::vector<SourceMark>& sources,
                         const std::string& name) {
  const Json& over = line.at("over_sources");
  // The plain sum on the axis of one source: shared out to all that speak.
  const auto speaking =
      std::ranges::count_if(sources, [](const SourceMark& s) { return s.records > 0; });
  const double plain = speaking == 0
                           ? std::nan("")
                           : (log_odds(line, "plain") - number_in(line, "prior_log_odds")) /
                                 static_cast<double>(speaking);
  html::Strip strip(source_axis(sources, over, plain),
                    fmt::format("What {} sources say about {}", sources.size(), name));
  strip.band(number_in(over, "low"), number_in(over, "high"));
  const auto label = [](const char* what, double value) {
    return fmt::format("{} {}", what, html::number(value));
  };
  const double median = number_in(over, "median"), trimmed = number_in(over, "trimmed_mean");
  strip.line("md", median, label("median", median));
  strip.line("tr", trimmed, label("trimmed mean", trimmed));
  strip.line("pl", plain, label("plain sum / sources", plain));
  for (const SourceMark& source : sources)
    strip.dot(kind_of(source), source.log_odds, about(source));
  return strip.markup();
}

std::string source_table(const std::vector<SourceMark>& sources) {
  html::Table table(
      {"source", ">log-odds", "standing", ">votes", ">cut", ">from median", ">records"});
  for (std::size_t i = 0; i < std::min(sources.size(), listed_sources); ++i) {
    const SourceMark& s = sources[i];
    table.add({html::name(s.name), html::number(s.log_odds), s.standing, html::count(s.votes),
               s.cut > 0 ? html::count(s.cut) : "", s.cut > 0 ? html::number(s.distance) : "",
               html::count(s.records)});
  }
  std::string out = fmt::format("<details><summary>{} sources as a table</summary>{}",
                                html::count(sources.size()), table.markup());
  if (sources.size() > listed_sources)
    out += fmt::format("<p class=\"note\">and {} more, in evidence.jsonl</p>",
                       html::count(sources.size() - listed_sources));
  return out + "</details>\n";
}

// What is behind the numbers, in a sentence.
std::string footing(const Json& line) {
  const Json& over = line.at("over_sources");
  const auto at = [&](const Json& of, const char* key) { return of.at(key).get<std::uint64_t>(); };
  std::string text = fmt::format(
      "{} with {}, of which {} may lie: ", html::count_of(at(over, "sources"), "source"),
      html::count_of(at(over, "votes"), "vote"), html::count(at(over, "tolerated_votes")));
  const std::string guarantee = line.at("guarantee");
  text += guarantee == "holds" ? "whatever these say, the median stays among what the others say"
          : guarantee == "too_few_sources"
              ? "<span class=\"flag\">too few votes to hold against a single liar</span>"
              : "whatever these say, the median stays among what the others say, if nobody has "
                "several names";
  for (const auto& [key, what] : {std::pair("distrusted", "without votes because of equivocation"),
                                  {"unregistered", "not registered"},
                                  {"duplicates", "duplicates"},
                                  {"withheld", "rows withheld as equivocation"},
                                  {"refused", "refused"},
                                  {"clamped", "clamped"},
                                  {"capped_groups", "groups of one source and type scaled down"}}) {
    if (at(line, key) > 0) text += fmt::format("; {} {}", html::count(at(line, key)), what);
  }
  return fmt::format("<p class=\"note\">{}. {}.</p>\n",
                     html::count_of(at(line, "records"), "record"), text);
}

}  // namespace

std::string case_key() {
  return "<div class=\"keys\"><span class=\"key\"><i class=\"o\"></i>source that counts</span>"
         "<span class=\"key\"><i class=\"c\"></i>votes cut by the trimmed mean</span>"
         "<span class=\"key\"><i class=\"x\"></i>no votes (distrusted, not registered)</span>"
         "<span class=\"key\"><i></i>interval</span>"
         "<span>left of 0: against; right of 0: for; \u25C25: five are beyond</span></div>\n";
}

std::string case_markup(std::string_view text, const std::string& what, std::size_t number,
                        double confidence) {
  const Json line = Json::parse(text);
  const std::string id = id_text(line.at("entity"));
  const std::vector<SourceMark> sources = sources_of(line);
  const std::string name = html::shortened(id);
  return fmt::format("<div class=\"case\"><h3>{}. <span class=\"note\">{}</span> {}</h3>\n", number,
                     html::name(what), html::name(id)) +
         figures(line, confidence) + posterior_strip(line, name) +
         source_strip(line, sources, name) + footing(line) + source_table(sources) + "</div>\n";
}

}  // namespace trawl::command
