#include "fold/evidence/lines.hpp"

#include <bit>

#include <fmt/format.h>

#include <trawl/base/json.hpp>

#include "fold/stats/json_fields.hpp"

namespace trawl::fold {
namespace {

using evidence::Guarantee;
using evidence::Posterior;
using evidence::Standing;

std::string_view name_of(Guarantee guarantee) {
  switch (guarantee) {
    case Guarantee::holds:
      return "holds";
    case Guarantee::holds_if_independent:
      return "holds_if_independent";
    case Guarantee::too_few_sources:
      return "too_few_sources";
  }
  return "too_few_sources";
}

std::string_view name_of(Standing standing) {
  switch (standing) {
    case Standing::votes:
      return "votes";
    case Standing::distrusted:
      return "distrusted";
    case Standing::unregistered:
      return "unregistered";
  }
  return "votes";
}

void append_posterior(std::string& out, std::string_view name, const Posterior& posterior) {
  out += fmt::format(",\"{}\":{{\"log_odds\":", name);
  append_number(out, posterior.log_odds);
  append_field(out, "log_p", posterior.log_p);
  append_field(out, "log_not_p", posterior.log_not_p);
  append_field(out, "p", posterior.p);
  out += '}';
}

void append_combination(std::string& out, const evidence::Combination& c) {
  out += fmt::format(
      ",\"over_sources\":{{\"sources\":{},\"votes\":{},\"tolerated_votes\":{},"
      "\"tolerated_sources\":{}",
      c.sources, c.votes, c.tolerated_votes, c.tolerated_sources);
  append_field(out, "median", c.median);
  append_field(out, "trimmed_mean", c.trimmed_mean);
  append_field(out, "spread", c.spread);
  append_field(out, "low", c.interval.low);
  append_field(out, "high", c.interval.high);
  out += "},\"cut\":[";
  for (std::size_t i = 0; i < c.cut.size(); ++i) {
    out += i == 0 ? "{\"source\":" : ",{\"source\":";
    append_id(out, c.cut[i].source);
    append_field(out, "log_odds", c.cut[i].log_odds);
    append_field(out, "distance", c.cut[i].distance);
    out += fmt::format(",\"votes\":{},\"cut\":{}}}", c.cut[i].votes, c.cut[i].cut);
  }
  out += ']';
}

void append_sources(std::string& out, const EntityLine& entity) {
  out += ",\"sources\":[";
  for (std::size_t i = 0; i < entity.counts.size(); ++i) {
    const evidence::SourceView& s = entity.assessment.sources[i];
    out += i == 0 ? "{\"source\":" : ",{\"source\":";
    append_id(out, s.source);
    append_field(out, "log_odds", s.log_odds);
    out += fmt::format(
        ",\"standing\":\"{}\",\"votes\":{},\"records\":{},\"clamped\":{},\"capped_groups\":{},"
        "\"duplicates\":{},\"withheld\":{}}}",
        name_of(s.standing), s.votes, s.records, s.clamped, s.capped_groups,
        entity.counts[i].duplicates, entity.counts[i].withheld);
  }
  out += ']';
}

void append_key_or_null(std::string& out, const std::optional<evidence::Key>& key) {
  key ? append_id(out, *key) : void(out += "null");
}

void append_record(std::string& out, const Candidate& record,
                   const std::vector<std::string>& names) {
  const RecordContent& content = record.content;
  out += "{\"dataset\":";
  if (names.empty()) {
    out += "null,\"row\":null,\"type\":";
  } else {
    append_json_string(out, names[record.place.dataset]);
    out += fmt::format(",\"row\":{},\"type\":", record.place.row);
  }
  append_key_or_null(out, content.type);
  out += ",\"time\":";
  if (!content.time) {
    out += "null";
  } else if (content.time_type == Type::float64) {
    append_json(out, std::bit_cast<double>(*content.time), Type::float64);
  } else {
    append_json(out, Value(*content.time), content.time_type);
  }
  out += ",\"log_odds\":";
  append_json(out, std::bit_cast<double>(content.log_odds), Type::float64);
  out += ",\"weight\":";
  append_json(out, std::bit_cast<double>(content.weight), Type::float64);
  out += '}';
}

}  // namespace

std::string line_of(const EntityLine& entity) {
  const evidence::Assessment& a = entity.assessment;
  std::int64_t duplicates = 0, withheld = 0;
  for (const SourceCounts& source : entity.counts) {
    duplicates += source.duplicates;
    withheld += source.withheld;
  }
  std::string out = "{\"entity\":";
  append_id(out, entity.entity);
  append_field(out, "prior_log_odds", entity.prior_log_odds);
  append_posterior(out, "median", a.median);
  append_posterior(out, "low", a.low);
  append_posterior(out, "high", a.high);
  append_posterior(out, "trimmed_mean", a.trimmed_mean);
  append_posterior(out, "plain", a.plain);
  append_posterior(out, "uncapped", a.uncapped);
  out += fmt::format(
      ",\"guarantee\":\"{}\",\"records\":{},\"clamped\":{},\"capped_groups\":{},"
      "\"duplicates\":{},\"withheld\":{},\"refused\":{},\"distrusted\":{},\"unregistered\":{}",
      name_of(a.combination.guarantee), a.records, a.clamped, a.capped_groups, duplicates, withheld,
      entity.refused, a.distrusted, a.unregistered);
  append_combination(out, a.combination);
  append_sources(out, entity);
  return out + "}\n";
}

std::string line_of(const EquivocationRecords& equivocation,
                    const std::vector<std::string>& names) {
  std::string out = "{\"equivocation\":{\"entity\":";
  append_id(out, equivocation.first.entity);
  out += ",\"source\":";
  append_id(out, equivocation.first.source);
  out += ",\"id\":";
  append_id(out, equivocation.first.id);
  out += "},\"records\":[";
  append_record(out, equivocation.first, names);
  out += ',';
  append_record(out, equivocation.second, names);
  return out + "]}\n";
}

}  // namespace trawl::fold
