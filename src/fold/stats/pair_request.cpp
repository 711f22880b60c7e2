#include "fold/stats/pair_request.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <trawl/base/error.hpp>

#include "fold/stats/json_fields.hpp"

namespace trawl::fold {
namespace {

Json json_of(const stats::EntityId& id) {
  return Json::parse(json_text(id));
}

}  // namespace

PairRequest canonical(PairRequest request) {
  for (auto& [a, b] : request.named) {
    if (a == b)
      throw InputError(fmt::format("the pair [{0},{0}] is one entity; name two", json_text(a)));
    if (b < a) std::swap(a, b);
  }
  std::ranges::sort(request.named);
  const auto copies = std::ranges::unique(request.named);
  request.named.erase(copies.begin(), copies.end());
  return request;
}

std::string json_text(const stats::EntityId& id) {
  std::string text;
  append_id(text, id);
  return text;
}

stats::EntityId entity_id_from(const Json& json) {
  if (json.is_number_integer() && !(json.is_number_unsigned() && json.get<std::uint64_t>() >> 63))
    return json.get<std::int64_t>();
  return text_from(json);
}

Json to_json(const PairRequest& request) {
  Json named = Json::array();
  for (const auto& [a, b] : request.named) named.push_back({json_of(a), json_of(b)});
  return {{"similar", request.similar}, {"named", std::move(named)}};
}

Json to_json(const PairCounts& counts) {
  return {{"parents", counts.parents}, {"undecided_parents", counts.undecided_parents},
          {"flat", counts.flat},       {"similar", counts.similar},
          {"named", counts.named},     {"undefined", counts.undefined}};
}

PairRequest pairs_from(const Json& json) {
  PairRequest request;
  request.similar = json.at("similar");
  for (const Json& pair : json.at("named"))
    request.named.emplace_back(entity_id_from(pair.at(0)), entity_id_from(pair.at(1)));
  return request;
}

}  // namespace trawl::fold
