#include "fold/evidence/provable.hpp"

#include <fmt/format.h>

#include <trawl/base/error.hpp>

#include "fold/evidence/state.hpp"
#include "fold/evidence/state_entity.hpp"
#include "fold/evidence/state_root.hpp"
#include "fold/stats/entity_key.hpp"

namespace trawl::fold {
namespace {

constexpr std::size_t hash_bytes = sizeof(std::uint64_t);
constexpr std::size_t digest_bytes = Sha256Digest{}.size();

class ProvableEvidence final : public Provable {
 public:
  explicit ProvableEvidence(const std::string& configuration)
      : sums_(evidence_sums(configuration)) {
    apply_evidence_configuration(configuration, "the state's configuration", request_);
  }

  const core::SumKind& sums() const override { return sums_; }

  std::string words() const override {
    const EvidenceColumns& c = request_.columns;
    std::string text = fmt::format("evidence {} about {}", c.log_odds, c.entity);
    if (!c.source.empty()) text += fmt::format(" by {}", c.source);
    const std::string& where = request_.search.where;
    return where == "TRUE" ? text : text + " where " + where;
  }

  std::string key_of(const LeafName& name) const override {
    if (!name.entity) {
      throw InputError(
          fmt::format("whom? The state has one sum for each {}: name one with --entity",
                      request_.columns.entity));
    }
    if (name.path) throw InputError("entities of evidence are in no hierarchy: leave out --path");
    return leaf_key(stats::hash_of(*name.entity), EntityKey{name.entity, {}}.sort_bytes());
  }

  LeafName name_of(Bytes bytes) const override {
    const std::string_view key(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (key.size() < hash_bytes + digest_bytes) throw DataError("a key of no entity");
    LeafName name;
    try {
      const std::string_view order = key.substr(hash_bytes, key.size() - hash_bytes - digest_bytes);
      name.entity = EntityKey::from_sort_bytes(order, true, 0).id;
    } catch (const Error&) {
      throw DataError("a key of no entity");
    }
    if (key_of(name) != key.substr(0, key.size() - digest_bytes))
      throw DataError("an entity under a key that is not its own");
    return name;
  }

  void each_leaf(const store::StateReader& file, const std::string& name,
                 const Leaf& leaf) const override {
    EvidenceEntityReader reader(file, name, !request_.columns.prior.empty());
    while (reader.next()) {
      const std::string key =
          evidence_leaf_key(reader.hash(), reader.sort_bytes(), reader.entity_bytes());
      leaf(bytes_of(key), reader.entity().total().to_bytes());
    }
  }

  Json describe(Bytes sum) const override {
    const auto total = evidence::Total::from_bytes(sum);
    return {{"records", total.records},       {"clamped", total.clamped},
            {"duplicates", total.duplicates}, {"withheld", total.withheld},
            {"refused", total.refused},       {"log_odds", total.contributions.value()},
            {"weight", total.weights.value()}};
  }

 private:
  EvidenceRequest request_;
  core::SumKind sums_;
};

}  // namespace

std::unique_ptr<Provable> make_provable_evidence(const std::string& configuration) {
  return std::make_unique<ProvableEvidence>(configuration);
}

}  // namespace trawl::fold
