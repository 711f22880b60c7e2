#include <algorithm>

#include <fmt/format.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/error.hpp>
#include <trawl/fold/source_registry.hpp>
#include <trawl/fold/stats.hpp>

#include "fold/stats/json_fields.hpp"

namespace trawl::fold {

const RegisteredSource* find(std::span<const RegisteredSource> registry,
                             const evidence::Key& source) {
  const auto found = std::ranges::lower_bound(registry, source, {}, &RegisteredSource::source);
  return found == registry.end() || found->source != source ? nullptr : &*found;
}

Json to_json(const SourceRegistry& registry) {
  Json list = Json::array();
  std::uint64_t votes = 0;
  for (const RegisteredSource& each : registry) {
    std::string id;
    append_id(id, each.source);
    list.push_back({Json::parse(id), each.votes});
    votes += each.votes;
  }
  const std::string digest = hex(sha256(bytes_of(list.dump())));
  return {{"sources", registry.size()},
          {"votes", votes},
          {"digest", digest},
          {"list", std::move(list)}};
}

SourceRegistry registry_from(const Json& json) {
  SourceRegistry registry;
  for (const Json& entry : json.at("list"))
    registry.push_back({entity_id_from(entry.at(0)), entry.at(1).get<std::uint32_t>()});
  if (to_json(registry) != json ||
      !std::ranges::is_sorted(registry, std::ranges::less_equal(), &RegisteredSource::source) ||
      !std::ranges::all_of(registry, [](const RegisteredSource& s) { return s.votes > 0; }))
    throw DataError("the list of registered sources is not canonical, or not of its digest");
  return registry;
}

}  // namespace trawl::fold
