// What evidence is asked for and what was counted, as a certificate says it, and back.
#include <limits>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/fold/evidence.hpp>

#include "fold/evidence/columns.hpp"

namespace trawl::fold {
namespace {

constexpr evidence::Equivocation policies[] = {evidence::Equivocation::distrust,
                                               evidence::Equivocation::distrust_on_entity,
                                               evidence::Equivocation::drop};

evidence::Equivocation policy_named(const std::string& name) {
  for (const evidence::Equivocation policy : policies) {
    if (name_of(policy) == name) return policy;
  }
  throw DataError("nothing is known that happens to equivocating sources as: " + name);
}

Json name_or_null(const std::string& name) {
  return name.empty() ? Json() : Json(name);
}

std::string name_from(const Json& json) {
  return json.is_null() ? std::string() : json.get<std::string>();
}

Json parameters_of(const EvidenceRequest& request) {
  const EvidenceColumns& c = request.columns;
  const evidence::Rules& r = request.rules;
  Json parameters = {{"entity", c.entity},
                     {"log_odds", c.log_odds},
                     {"weight", name_or_null(c.weight)},
                     {"source", name_or_null(c.source)},
                     {"id", name_or_null(c.id)},
                     {"time", name_or_null(c.time)},
                     {"type", name_or_null(c.type)},
                     {"prior_column", name_or_null(c.prior)},
                     {"prior", request.prior},
                     {"max_log_odds", r.max_log_odds}};
  const bool capped = r.max_group_weight < std::numeric_limits<double>::infinity();
  parameters["max_group_weight"] = capped ? Json(r.max_group_weight) : Json();
  parameters["byzantine"] = r.byzantine;
  parameters["confidence"] = r.confidence;
  parameters["equivocation"] = name_of(r.equivocation);
  parameters["registered"] = request.registered ? to_json(*request.registered) : Json();
  return parameters;
}

// The names that --help tells, as far as the columns are there.
EvidenceColumns columns_of(const Schema& schema) {
  const auto there = [&](const char* name) {
    return schema.find(name) ? std::string(name) : std::string();
  };
  return {"entity",    "log_odds",    there("weight"), there("source"),
          there("id"), there("time"), there("type"),   ""};
}

Schema first_schema(const SearchRequest& search) {
  std::string why;
  for (const store::DatasetRef& ref : store::list_inputs(search.inputs, search.table)) {
    try {
      return open_with_retry(ref)->info().schema;
    } catch (const DataError& error) {
      if (why.empty()) why = error.what();
    }
  }
  throw InputError("no dataset can be opened to see which columns it has: " + why);
}

}  // namespace

std::string_view name_of(evidence::Equivocation policy) {
  switch (policy) {
    case evidence::Equivocation::distrust:
      return "distrust";
    case evidence::Equivocation::distrust_on_entity:
      return "distrust-on-entity";
    case evidence::Equivocation::drop:
      return "drop";
  }
  return "distrust";
}

EvidenceColumns usual_columns(const SearchRequest& search, const comm::Comm& comm) {
  EvidenceColumns columns;
  comm.agree("looking for the columns", [&] {
    if (comm.is_root()) columns = columns_of(first_schema(search));
  });
  for (std::string* name : {&columns.entity, &columns.log_odds, &columns.weight, &columns.source,
                            &columns.id, &columns.time, &columns.type})
    comm.broadcast(*name);
  return columns;
}

bool has_whole_numbers(const SearchRequest& search, const std::string& column,
                       const comm::Comm& comm) {
  std::vector<std::uint8_t> whole;
  comm.agree("looking at the type of a column", [&] {
    if (!comm.is_root()) return;
    const Schema schema = first_schema(search);
    const auto position = schema.find(column);
    whole = {position && schema[*position].type == Type::int64};
  });
  comm.broadcast(whole);
  return whole.at(0) != 0;
}

SearchRequest search_of(const EvidenceRequest& request) {
  const EvidenceColumns& c = request.columns;
  SearchRequest search = request.search;
  search.command = "evidence";
  search.select = EvidencePositions(c).select;
  search.numbers.clear();
  search.names.clear();
  for (const std::string& name : {c.log_odds, c.weight, c.prior, c.time})
    if (!name.empty()) search.numbers.push_back(name);
  for (const std::string& name : {c.entity, c.source, c.id, c.type})
    if (!name.empty()) search.names.push_back(name);
  search.parameters = parameters_of(request);
  return search;
}

EvidenceRequest evidence_request_of(const Json& body) {
  if (body.at("command") != "evidence") throw DataError("not the certificate of evidence");
  const Json& p = body.at("parameters");
  EvidenceRequest request;
  request.search.where = body.at("predicate");
  request.search.table = body.at("table");
  request.columns = {p.at("entity"),
                     p.at("log_odds"),
                     name_from(p.at("weight")),
                     name_from(p.at("source")),
                     name_from(p.at("id")),
                     name_from(p.at("time")),
                     name_from(p.at("type")),
                     name_from(p.at("prior_column"))};
  request.prior = p.at("prior");
  request.rules.max_log_odds = p.at("max_log_odds");
  if (!p.at("max_group_weight").is_null())
    request.rules.max_group_weight = p.at("max_group_weight");
  request.rules.byzantine = p.at("byzantine");
  request.rules.confidence = p.at("confidence");
  request.rules.equivocation = policy_named(p.at("equivocation").get<std::string>());
  if (!p.at("registered").is_null()) request.registered = registry_from(p.at("registered"));
  request.rules.registered_only = request.registered.has_value();
  request.search = search_of(request);
  return request;
}

Json counts_of(const EvidenceCounts& c) {
  return {{"entities", c.entities},
          {"statements", c.statements},
          {"records", c.records},
          {"clamped", c.clamped},
          {"capped_groups", c.capped_groups},
          {"duplicates", c.duplicates},
          {"equivocations", c.equivocations},
          {"withheld", c.withheld},
          {"equivocating_sources", c.equivocating_sources},
          {"distrusted", c.distrusted},
          {"unregistered", c.unregistered},
          {"guarantees",
           {{"holds", c.holds},
            {"holds_if_independent", c.holds_if_independent},
            {"too_few_sources", c.too_few_sources}}},
          {"refused", c.refused.sum()},
          {"refusals",
           {{"null", c.refused.null},
            {"inexact", c.refused.inexact},
            {"nan_log_odds", c.refused.nan_log_odds},
            {"bad_weight", c.refused.bad_weight},
            {"bad_prior", c.refused.bad_prior}}}};
}

Json counts_of(const EvidenceResult& result) {
  Json counts = counts_of(result.counts);
  if (result.entities_root) counts["entities_root"] = hex(*result.entities_root);
  return counts;
}

}  // namespace trawl::fold
