#include "fold/stats/provable.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <trawl/base/error.hpp>
#include <trawl/base/text.hpp>

#include "fold/stats/entity_key.hpp"
#include "fold/stats/state.hpp"
#include "fold/stats/state_entities.hpp"
#include "fold/stats/state_root.hpp"

namespace trawl::fold {
namespace {

StatsRequest request_from(const std::string& configuration) {
  StatsRequest request;
  apply_configuration(configuration, "the state's configuration", request);
  return request;
}

std::string_view view_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <class Sums>
class ProvableStats final : public Provable {
 public:
  ProvableStats(StatsRequest request, const std::string& configuration)
      : request_(std::move(request)), sums_(moments_kind<Sums>(request_, configuration)) {}

  const core::SumKind& sums() const override { return sums_; }

  std::string words() const override {
    std::vector<std::string> keys = request_.levels;
    if (!request_.group_by.empty()) keys.insert(keys.begin(), request_.group_by);
    std::string text = fmt::format("statistics of {}", fmt::join(request_.features, ", "));
    if (!keys.empty()) text += fmt::format(" by {}", fmt::join(keys, ", "));
    const std::string& where = request_.search.where;
    return where == "TRUE" ? text : text + " where " + where;
  }

  std::string key_of(const LeafName& name) const override {
    check_entity(name);
    EntityKey key{name.entity, path_of(name)};
    const bool whole = key.path.size() == request_.levels.size();
    if (!whole && !key.id)
      throw InputError("its records are told apart by levels alone: name one place with --path");
    return leaf_key(key.hash(key.to_bytes()), key.sort_bytes());
  }

  LeafName name_of(Bytes bytes) const override {
    std::string_view rest = view_of(bytes);
    LeafName name;
    try {
      take_bytes(rest, sizeof(std::uint64_t));  // the hash: compared below
      EntityKey key = EntityKey::from_sort_bytes(rest, has_entities(), request_.levels.size());
      name.entity = std::move(key.id);
      name.path = std::move(key.path);
    } catch (const Error&) {
      throw DataError("a key of no entity");
    }
    if (key_of(name) != view_of(bytes))
      throw DataError("an entity under a key that is not its own");
    return name;
  }

  void each_leaf(const store::StateReader& file, const std::string& name,
                 const Leaf& leaf) const override {
    EntityReader reader(file, name, request_);
    while (reader.next())
      leaf(bytes_of(leaf_key(reader.hash(), reader.sort_bytes())), bytes_of(reader.state()));
  }

  Json describe(Bytes sum) const override {
    sums_.check(sum);
    const auto moments = core::Moments<Sums>::from_bytes(sum);
    Json means = Json::object();
    for (std::size_t i = 0; i < request_.features.size(); ++i)
      means[request_.features[i]] = moments.mean(i);
    return {{"records", moments.count()}, {"refused", moments.refused()}, {"mean", means}};
  }

 private:
  bool has_entities() const { return !request_.group_by.empty(); }

  void check_entity(const LeafName& name) const {
    if (has_entities() && !name.entity) {
      throw InputError(fmt::format(
          "whom? The state has one sum for each {}: name one with --entity", request_.group_by));
    }
    if (!has_entities() && name.entity)
      throw InputError(
          "the state has no entities (it was made without --group-by): leave out "
          "--entity");
  }

  // One text may stand for all names of a path.
  stats::Path path_of(const LeafName& name) const {
    if (!name.path) return {};
    stats::Path path = *name.path;
    if (path.size() == 1 && request_.levels.size() > 1) path = trawl::split(path[0], ',');
    if (path.size() == request_.levels.size()) return path;
    throw InputError(fmt::format("--path has {} names, the state has {} levels: {}", path.size(),
                                 request_.levels.size(), fmt::join(request_.levels, ", ")));
  }

  StatsRequest request_;
  core::SumKind sums_;
};

}  // namespace

std::unique_ptr<Provable> make_provable_stats(const std::string& configuration) {
  StatsRequest request = request_from(configuration);
  if (request.unit_exponents.empty())
    return std::make_unique<ProvableStats<core::ExactSums>>(std::move(request), configuration);
  return std::make_unique<ProvableStats<core::FixedSums>>(std::move(request), configuration);
}

}  // namespace trawl::fold
