#include "fold/stats/pairs.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/core/stats/profiles.hpp>

#include "fold/stats/entity_key.hpp"
#include "fold/stats/json_fields.hpp"
#include "fold/stats/similar_pairs.hpp"

namespace trawl::fold {
namespace {

// Where an entity is, and its means there; none when all its records were refused.
using Places = std::map<stats::Path, std::vector<double>>;

// Local. Of this rank's entities those that are named: id, path of the parent, means.
template <class Sums>
std::string named_entities(const PairRequest& request, const EntityTable<Sums>& table,
                           const Hang& hang) {
  std::set<stats::EntityId> names;
  for (const auto& [a, b] : request.named) names.insert({a, b});
  std::string out;
  table.each([&](const std::string& bytes, const core::Moments<Sums>& moments) {
    const EntityKey key = EntityKey::from_bytes(bytes);
    if (!key.id || !names.contains(*key.id)) return;
    put_text(out, EntityKey{key.id, {}}.to_bytes());
    put_path(out, parent_path(key, hang));
    const std::vector<double> means = moments.count() > 0 ? moments.means() : std::vector<double>();
    put(out, static_cast<std::uint32_t>(means.size()));
    for (const double mean : means) put(out, mean);
  });
  return out;
}

std::map<stats::EntityId, Places> places_of(std::string_view bytes) {
  std::map<stats::EntityId, Places> all;
  while (!bytes.empty()) {
    const EntityKey key = EntityKey::from_bytes(take_text(bytes));
    std::vector<double>& means = all[*key.id][take_path(bytes)];
    means.resize(take<std::uint32_t>(bytes));
    for (double& mean : means) mean = take<double>(bytes);
  }
  return all;
}

stats::Path shared_path(const stats::Path& a, const stats::Path& b) {
  return {a.begin(), std::ranges::mismatch(a, b).in1};
}

// Root.
template <class Sums>
class NamedPairs {
 public:
  NamedPairs(const PairRequest& request, const NodeMap<Sums>& nodes,
             std::map<stats::EntityId, Places> places)
      : request_(request), nodes_(nodes), places_(std::move(places)) {
    check_names();
  }

  std::string lines(PairCounts& counts) {
    std::string out;
    for (const auto& [a, b] : request_.named) {
      for (const auto& place_a : places_.at(a)) {
        for (const auto& place_b : places_.at(b)) {
          const double r = append_line(out, a, place_a, b, place_b);
          ++counts.named;
          if (r != r) ++counts.undefined;
        }
      }
    }
    return out;
  }

 private:
  void check_names() const {
    constexpr std::size_t shown = 20;
    std::set<stats::EntityId> unknown;
    for (const auto& [a, b] : request_.named) {
      for (const auto& id : {a, b}) {
        if (!places_.contains(id)) unknown.insert(id);
      }
    }
    if (unknown.empty()) return;
    std::string list;
    std::size_t count = 0;
    for (const auto& id : unknown) {
      if (count++ < shown) list += (list.empty() ? "" : ", ") + json_text(id);
    }
    if (count > shown) list += fmt::format(", and {} more", count - shown);
    throw InputError(fmt::format(
        "pairs name entities that have no matching row: {}. Numbers are written without quotes, "
        "texts with them",
        list));
  }

  double append_line(std::string& out, const stats::EntityId& a, const Places::value_type& place_a,
                     const stats::EntityId& b, const Places::value_type& place_b) {
    const stats::Path path = shared_path(place_a.first, place_b.first);
    auto scale = scales_.find(path);
    if (scale == scales_.end())
      scale = scales_.emplace(path, core::ProfileScale(nodes_.at(path).between)).first;
    double r = std::numeric_limits<double>::quiet_NaN();
    if (!place_a.second.empty() && !place_b.second.empty()) {
      const auto u = scale->second.unit(place_a.second), v = scale->second.unit(place_b.second);
      if (!u.empty() && !v.empty()) r = core::correlation(u, v);
    }
    std::string paths = "\"paths\":[";
    append_path(paths, place_a.first);
    paths += ',';
    append_path(paths, place_b.first);
    out += pair_line(a, b, paths + "],", path, scale->second.varying(), r);
    return r;
  }

  const PairRequest& request_;
  const NodeMap<Sums>& nodes_;
  std::map<stats::EntityId, Places> places_;
  std::map<stats::Path, core::ProfileScale> scales_;
};

template <class Sums>
std::string named_pairs(const PairRequest& request, const EntityTable<Sums>& table,
                        const NodeMap<Sums>& nodes, const Hang& hang, const comm::Comm& comm,
                        PairCounts& counts) {
  std::string mine;
  comm.agree("looking for named entities", [&] { mine = named_entities(request, table, hang); });
  const std::string all = comm.merge_to_root(
      std::move(mine), [](std::string a, const std::string& b) { return std::move(a) + b; });
  std::string lines;
  comm.agree("correlating named entities", [&] {
    if (comm.is_root()) lines = NamedPairs<Sums>(request, nodes, places_of(all)).lines(counts);
  });
  return lines;
}

void check(const StatsRequest& request) {
  if (request.group_by.empty()) throw InputError("pairs are of entities, and there are none");
  if (request.features.size() < core::min_profile_features)
    throw InputError(
        fmt::format("{} features; the correlation of entities is over features, and "
                    "needs at least {}",
                    request.features.size(), core::min_profile_features));
}

}  // namespace

template <class Sums>
std::string report_pairs(const StatsRequest& request, const EntityTable<Sums>& table,
                         const NodeMap<Sums>& nodes, const Hang& hang, const comm::Comm& comm,
                         PairCounts& counts) {
  comm.agree("correlating entities", [&] { check(request); });
  std::string lines;
  if (request.pairs->similar > 0) lines = similar_pairs(request, table, nodes, hang, comm, counts);
  if (!request.pairs->named.empty())
    lines += named_pairs(*request.pairs, table, nodes, hang, comm, counts);
  return lines;
}

template std::string report_pairs(const StatsRequest&, const EntityTable<core::ExactSums>&,
                                  const NodeMap<core::ExactSums>&, const Hang&, const comm::Comm&,
                                  PairCounts&);
template std::string report_pairs(const StatsRequest&, const EntityTable<core::FixedSums>&,
                                  const NodeMap<core::FixedSums>&, const Hang&, const comm::Comm&,
                                  PairCounts&);

}  // namespace trawl::fold
