#include <algorithm>
#include <bit>

#include <trawl/base/error.hpp>
#include <trawl/core/evidence/consensus.hpp>

namespace trawl::evidence {

Consensus::Consensus(const Rules& rules) : combiner_(rules) {}

void Consensus::register_source(const Key& source, std::uint32_t votes) {
  const auto known = registry_.find(source);
  if (votes == 0 || (known != registry_.end() && known->second != votes)) {
    throw InputError("source " + stats::text_of(source) + " cannot be registered with " +
                     std::to_string(votes) + " votes (" +
                     (votes == 0 ? "at least 1 is needed"
                                 : "it has " + std::to_string(known->second) + " already") +
                     ")");
  }
  registry_.emplace(source, votes);
}

void Consensus::count(Source& source, const Content& content, bool negative) {
  const Contribution contribution =
      normalise(std::bit_cast<double>(content.log_odds), std::bit_cast<double>(content.weight),
                rules().max_log_odds);
  if (negative) {
    source.sums.subtract(content.type, contribution);
  } else {
    source.sums.add(content.type, contribution);
  }
}

void Consensus::set_equivocation(const Key& key, Source& source, bool there) {
  source.equivocations += there ? 1 : -1;
  const auto all = equivocations_.try_emplace(key, 0).first;
  all->second += there ? 1 : -1;
  if (all->second == 0) equivocations_.erase(all);
}

Added Consensus::add(const Evidence& evidence) {
  const Refusal refusal =
      normalise(evidence.log_odds, evidence.weight, rules().max_log_odds).refusal;
  if (refusal != Refusal::none) {
    refused_.count(refusal);
    return Added::refused;
  }
  Content content{evidence.type, evidence.time, std::bit_cast<std::uint64_t>(evidence.log_odds),
                  std::bit_cast<std::uint64_t>(evidence.weight)};
  return store(evidence.entity, evidence.source, evidence.id, std::move(content), 1);
}

Added Consensus::store(const Key& entity, const Key& key, const Key& id, Content content,
                       std::int64_t deliveries) {
  Source& source = entities_[entity][key];
  const auto [at, is_new] = source.records.try_emplace(id);
  Stored& stored = at->second;
  stored.deliveries += deliveries;
  if (is_new) {
    count(source, content, false);
    stored.first = std::move(content);
    return Added::counted;
  }
  if (content == stored.first || (stored.second && content == *stored.second)) {
    return Added::duplicate;
  }
  if (!stored.second) {
    count(source, stored.first, true);
    set_equivocation(key, source, true);
    stored.second = std::make_unique<Content>(std::move(content));
    if (*stored.second < stored.first) std::swap(stored.first, *stored.second);
  } else if (content < stored.first) {
    *stored.second = std::exchange(stored.first, std::move(content));
  } else if (content < *stored.second) {
    *stored.second = std::move(content);
  }
  return Added::equivocation;
}

std::int64_t Consensus::retract(const Key& entity, const Key& key, const Key& id) {
  const auto sources = entities_.find(entity);
  if (sources == entities_.end()) return 0;
  const auto source = sources->second.find(key);
  if (source == sources->second.end()) return 0;
  const auto at = source->second.records.find(id);
  if (at == source->second.records.end()) return 0;
  const std::int64_t deliveries = at->second.deliveries;
  if (at->second.second) {
    set_equivocation(key, source->second, false);
  } else {
    count(source->second, at->second.first, true);
  }
  source->second.records.erase(at);
  if (source->second.records.empty()) sources->second.erase(source);
  if (sources->second.empty()) entities_.erase(sources);
  return deliveries;
}

std::pair<Standing, std::uint32_t> Consensus::standing(const Key& key, const Source& source) const {
  const auto registered = registry_.find(key);
  const std::uint32_t votes = registered == registry_.end() ? 1 : registered->second;
  const bool here = source.equivocations > 0, anywhere = is_distrusted(key);
  if ((rules().equivocation == Equivocation::distrust && anywhere) ||
      (rules().equivocation == Equivocation::distrust_on_entity && here)) {
    return {Standing::distrusted, votes};
  }
  if (rules().registered_only && registered == registry_.end()) {
    return {Standing::unregistered, votes};
  }
  return {Standing::votes, votes};
}

Assessment Consensus::posterior(const Key& entity, double prior) const {
  const double log_odds = prior_log_odds(prior);
  std::vector<Statement> statements;
  if (const auto sources = entities_.find(entity); sources != entities_.end()) {
    for (const auto& [key, source] : sources->second) {
      const auto [its_standing, votes] = standing(key, source);
      // Who only equivocated says nothing, but that is to be seen; nor is it an opinion of 0.
      if (source.sums.is_zero() && its_standing == Standing::votes) continue;
      statements.push_back({key, &source.sums, its_standing, votes});
    }
  }
  return assess(statements, log_odds, combiner_);
}

std::vector<Key> Consensus::entities() const {
  std::vector<Key> out;
  for (const auto& [entity, sources] : entities_) out.push_back(entity);
  std::sort(out.begin(), out.end());
  return out;
}

ConsensusCounts Consensus::counts() const {
  ConsensusCounts out;
  out.refused = refused_;
  for (const auto& [entity, sources] : entities_) {
    for (const auto& [key, source] : sources) {
      out.evidence += static_cast<std::int64_t>(source.records.size());
      out.equivocations += source.equivocations;
      for (const auto& [id, stored] : source.records) {
        out.duplicates += stored.deliveries - (stored.second ? 2 : 1);
      }
    }
  }
  return out;
}

std::vector<EquivocationProof> Consensus::equivocations() const {
  std::vector<EquivocationProof> out;
  for (const auto& [entity, sources] : entities_) {
    for (const auto& [key, source] : sources) {
      if (source.equivocations == 0) continue;
      for (const auto& [id, stored] : source.records) {
        if (stored.second) out.push_back({entity, key, id, stored.first, *stored.second});
      }
    }
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return std::tie(a.entity, a.source, a.id) < std::tie(b.entity, b.source, b.id);
  });
  return out;
}

void Consensus::merge(const Consensus& other) {
  if (!(rules() == other.rules())) {
    throw InputError("evidence cannot be merged: it was read by different rules");
  }
  for (const auto& [source, votes] : other.registry_) {
    const auto mine = registry_.find(source);
    if (mine != registry_.end() && mine->second != votes) {
      throw InputError("evidence cannot be merged: source " + stats::text_of(source) +
                       " is registered with " + std::to_string(mine->second) + " and " +
                       std::to_string(votes) + " votes");
    }
  }
  if (&other == this) {
    const Consensus copy = from_bytes(to_bytes());
    return merge(copy);
  }
  registry_.insert(other.registry_.begin(), other.registry_.end());
  refused_.merge(other.refused_);
  for (const auto& [entity, sources] : other.entities_) {
    for (const auto& [key, source] : sources) {
      for (const auto& [id, stored] : source.records) {
        // Of two contents one delivery goes with the second.
        const bool two = stored.second != nullptr;
        store(entity, key, id, stored.first, stored.deliveries - (two ? 1 : 0));
        if (two) store(entity, key, id, *stored.second, 1);
      }
    }
  }
}

}  // namespace trawl::evidence
