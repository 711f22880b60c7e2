#include "command/evidence/fields.hpp"

namespace trawl::command {
namespace {

using Kind = EvidenceField::Kind;
using gold::member;

void add_posterior(std::vector<EvidenceField>& fields, const char* member_name,
                   const std::string& prefix) {
  for (const char* part : {"log_odds", "log_p", "log_not_p", "p"})
    fields.push_back({prefix + part, Kind::number, member(member_name, part)});
}

std::vector<EvidenceField> make_fields() {
  std::vector<EvidenceField> fields;
  fields.push_back({"prior_log_odds", Kind::number, member("prior_log_odds")});
  add_posterior(fields, "median", "");
  add_posterior(fields, "low", "low_");
  add_posterior(fields, "high", "high_");
  add_posterior(fields, "trimmed_mean", "trimmed_");
  add_posterior(fields, "plain", "plain_");
  add_posterior(fields, "uncapped", "uncapped_");
  fields.push_back({"guarantee", Kind::guarantee, member("guarantee")});
  for (const char* name : {"sources", "votes", "tolerated_votes", "tolerated_sources"})
    fields.push_back({name, Kind::count, member("over_sources", name)});
  for (const char* name : {"median", "trimmed_mean", "spread", "low", "high"})
    fields.push_back({std::string("source_") + name, Kind::number, member("over_sources", name)});
  for (const char* name : {"distrusted", "unregistered", "records", "duplicates", "withheld",
                           "refused", "clamped", "capped_groups"})
    fields.push_back({name, Kind::count, member(name)});
  return fields;
}

}  // namespace

const std::vector<EvidenceField>& evidence_fields() {
  static const std::vector<EvidenceField> fields = make_fields();
  return fields;
}

}  // namespace trawl::command
