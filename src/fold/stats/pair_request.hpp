// What pairs are asked for and what was counted, as a certificate says it, and back.
#pragma once

#include <trawl/base/json.hpp>
#include <trawl/fold/stats.hpp>

namespace trawl::fold {

Json to_json(const PairRequest& request);
Json to_json(const PairCounts& counts);
// DataError (or a JSON exception) for what to_json would not have written.
PairRequest pairs_from(const Json& json);

}  // namespace trawl::fold
