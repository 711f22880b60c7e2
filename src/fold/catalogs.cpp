#include "catalogs.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/log.hpp>
#include <trawl/core/filter/filter_bank.hpp>
#include <trawl/store/sidecar.hpp>

namespace trawl::fold {

Catalogs::Opened* Catalogs::open(const std::string& path) {
  const auto known = opened_.find(path);
  if (known != opened_.end()) return known->second.get();
  std::unique_ptr<Opened> opened;
  try {
    opened = std::make_unique<Opened>(store::Catalog(path));
    opened->bound.resize(opened->catalog.schemas().size());
  } catch (const DataError& error) {
    log::any_rank(error.what());
  }
  return opened_.emplace(path, std::move(opened)).first->second.get();
}

Catalogs::Bound& Catalogs::bind(Opened& opened, std::uint64_t schema) {
  std::optional<Bound>& bound = opened.bound[schema];
  if (!bound) {
    bound.emplace();
    try {
      bound->predicate = fold::bind(query_, opened.catalog.schemas()[schema]).predicate;
    } catch (const InputError&) {  // opening it will tell
    }
  }
  return *bound;
}

std::optional<Catalogs::Known> Catalogs::find(const store::DatasetRef& ref) {
  if (ref.catalog.empty() || !ref.table.empty()) return std::nullopt;
  Opened* opened = nullptr;
  {
    const std::lock_guard lock(mutex_);
    opened = open(ref.catalog);
  }
  if (opened == nullptr) return std::nullopt;
  const auto number = opened->catalog.find(ref.location);
  if (!number) return std::nullopt;
  const store::CatalogEntry& entry = opened->catalog.entries()[*number];
  // An index beside the file may prove more, and says so in the certificate.
  if (store::has_sidecar(ref)) return std::nullopt;
  const bool current = opened->catalog.is_current(*number, ref.location);

  const std::lock_guard lock(mutex_);
  const Bound& bound = bind(*opened, entry.schema);
  if (!bound.predicate) return std::nullopt;
  if (!current) {
    if (!std::exchange(opened->told_changed, true)) {
      log::any_rank(
          fmt::format("catalog not used for '{}', and maybe others: changed since {} was "
                      "made. Make it again with `trawl index --catalog`",
                      ref.name, ref.catalog));
    }
    return std::nullopt;
  }
  found_[ref.location] = {opened, *number};
  return Known{&entry.info, &*bound.predicate, &opened->catalog.digest()};
}

void Catalogs::probe(const store::Catalog& catalog, std::string_view column, std::uint64_t hash,
                     Datasets& may_hold) {
  const std::uint64_t datasets = catalog.entries().size();
  const store::ScreenInfo& info = *catalog.keys(column);
  std::vector<std::byte> space;
  const auto layout =
      core::FilterLayout::from_json(info.layout, info.chunks, info.chunk_bytes, datasets);
  core::probe_filter_bank(
      layout, datasets, hash,
      [&](std::uint64_t chunk) { return catalog.read_keys(column, chunk, space); }, may_hold);
}

void Catalogs::ask(const store::Catalog& catalog, const Schema& schema, Bound& bound,
                   std::span<const core::KeySet* const> keys) {
  bound.asked = true;
  for (const core::FilterQuestion& question : core::filter_questions(*bound.predicate, keys)) {
    const std::string& column = schema[question.column].name;
    if (catalog.keys(column) == nullptr) continue;
    const std::uint64_t hash = core::hash_value(question.value);
    auto& answers = bound.answers[question.column];
    if (answers.contains(hash)) continue;
    Datasets may_hold((catalog.entries().size() + 63) / 64);
    try {
      probe(catalog, column, hash, may_hold);
    } catch (const DataError& error) {  // proves nothing
      log::any_rank(error.what());
      std::fill(may_hold.begin(), may_hold.end(), ~std::uint64_t{0});
    }
    answers.emplace(hash, std::move(may_hold));
  }
}

std::optional<core::PruneProof> Catalogs::prove(const store::DatasetRef& ref,
                                                std::span<const core::KeySet* const> keys) {
  const std::lock_guard lock(mutex_);
  Opened* const in = found_.at(ref.location).in;
  const std::size_t entry = found_.at(ref.location).number;
  const store::Catalog& catalog = in->catalog;
  const std::uint64_t number = catalog.entries()[entry].schema;
  const Schema& schema = catalog.schemas()[number];
  Bound& bound = bind(*in, number);
  if (!bound.asked) ask(catalog, schema, bound, keys);
  if (bound.answers.empty()) return std::nullopt;
  std::string answers;  // the proof is made once for equal ones
  for (const auto& [column, by_hash] : bound.answers) {
    for (const auto& [hash, may_hold] : by_hash)
      answers += (may_hold[entry / 64] >> (entry % 64) & 1) != 0 ? '1' : '0';
  }
  const auto known = bound.proofs.find(answers);
  if (known != bound.proofs.end()) return known->second;
  const core::FilterLookup lookup{
      [&](std::size_t column, const Value& value) {
        const auto& by_hash = bound.answers.at(column);
        const auto found = by_hash.find(core::hash_value(value));
        return found == by_hash.end() || (found->second[entry / 64] >> (entry % 64) & 1) != 0;
      },
      [&](std::size_t column) { return bound.answers.contains(column); }};
  return bound.proofs
      .emplace(std::move(answers),
               core::prove_by_filter(*bound.predicate, schema, keys, lookup, screen))
      .first->second;
}

}  // namespace trawl::fold
