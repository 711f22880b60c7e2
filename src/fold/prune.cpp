#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/json.hpp>
#include <trawl/base/parallel.hpp>
#include <trawl/core/predicate/zone_test.hpp>
#include <trawl/fold/open.hpp>

#include "catalogs.hpp"
#include "filter_screen.hpp"

namespace trawl::fold {
namespace {

// Whether a catalog proves that no row group of the dataset holds a match: then that is in the
// ledger.
bool prune_by_catalog(const Opened& opened, std::uint64_t index,
                      std::span<const core::KeySet* const> keys, Ledger& ledger) {
  const DatasetFacts& facts = opened.facts[index];
  if (facts.catalog_digest.empty() || facts.row_groups() == 0) return false;
  const auto proof = opened.catalogs->prove(opened.refs()[index], keys);
  if (!proof) return false;
  ledger.add(
      {index, 0, facts.row_groups(), GroupState::pruned, {facts.rows, 0, 0, 0}, proof->rule, {}});
  return true;
}

// Row groups of one dataset: proofs into the ledger, the others into `work` as runs.
void prune_dataset(const Opened& opened, std::uint64_t index,
                   std::span<const core::KeySet* const> keys, Screens screens, Ledger& ledger,
                   std::vector<Work>& work) {
  const DatasetFacts& facts = opened.facts[index];
  if (screens.zone_maps && prune_by_catalog(opened, index, keys, ledger)) return;
  if (!screens.zone_maps || facts.index_digest.empty()) {
    if (facts.row_groups() > 0) work.push_back({index, 0, facts.row_groups(), facts.group_weight});
    return;
  }
  const auto open = opened.pool->open(index);
  const auto keep = [&](std::uint64_t group) {
    if (!work.empty() && work.back().dataset == index && work.back().end == group) {
      ++work.back().end;
    } else {
      work.push_back({index, group, group + 1, facts.group_weight});
    }
  };
  std::optional<FilterScreen> filters;
  if (screens.index) filters.emplace(*open, keys);
  if (filters && filters->empty()) filters.reset();
  for (std::uint64_t group = 0; group < facts.row_groups(); ++group) {
    const auto proof = prove(*open, group, keys, filters ? &*filters : nullptr);
    if (!proof) {
      keep(group);
      continue;
    }
    const core::ScanCounts counts{open->info().group_rows(group), 0, 0, 0};
    LedgerRun run{index, group, group + 1, GroupState::pruned, counts, proof->rule, {}};
    if (!proof->bounds.empty()) run.bounds.push_back(bounds_json(*proof));
    ledger.add(std::move(run));
  }
}

void record_failure(const Opened& opened, std::uint64_t index, Ledger& ledger) {
  const DatasetFacts& facts = opened.facts[index];
  if (facts.row_groups() == 0) return;
  ledger.add(
      {index, 0, facts.row_groups(), GroupState::failed, {facts.rows, 0, 0, 0}, facts.failure, {}});
}

}  // namespace

namespace {

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
}

}  // namespace

std::string bounds_json(const core::PruneProof& proof) {
  const bool plain =
      std::all_of(proof.bounds.begin(), proof.bounds.end(), [](const core::PruneProof::Bound& b) {
        return is_plain(b.column) && is_plain(b.min) && is_plain(b.max);
      });
  if (plain) {  // nearly all, and there is one for every pruned row group
    std::string text = "[";
    for (const auto& bound : proof.bounds) {
      if (text.size() > 1) text += ',';
      fmt::format_to(std::back_inserter(text),
                     R"({{"column":"{}","min":"{}","max":"{}","nulls":{},"nans":{}}})",
                     bound.column, bound.min, bound.max, bound.nulls, bound.nans);
    }
    return text + "]";
  }
  Json bounds = Json::array();
  for (const auto& bound : proof.bounds) {
    bounds.push_back({{"column", bound.column},
                      {"min", bound.min},
                      {"max", bound.max},
                      {"nulls", bound.nulls},
                      {"nans", bound.nans}});
  }
  return bounds.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<core::PruneProof> prove(const OpenDataset& open, std::uint64_t group,
                                      std::span<const core::KeySet* const> keys,
                                      const FilterScreen* filters) {
  // The same for many row groups, so that most proofs are found, not made.
  if (const std::string* rule = filters != nullptr ? filters->rule(group) : nullptr)
    return core::PruneProof{*rule, {}};
  const auto zone = [&](std::size_t column) { return open.dataset->zone(group, column); };
  std::optional<core::FilterLookup> lookup;
  if (filters != nullptr) lookup = filters->lookup(group);
  return core::prove_no_match(open.predicate, open.info().schema, zone, keys,
                              lookup ? &*lookup : nullptr);
}

namespace {

// What is known of some neighbouring datasets.
struct Part {
  Ledger ledger;
  std::vector<Work> work;
};

void prune_one(const Opened& opened, std::uint64_t index, std::span<const core::KeySet* const> keys,
               Screens screens, Part& part) {
  const DatasetFacts& facts = opened.facts[index];
  if (!facts.failure.empty()) return record_failure(opened, index, part.ledger);
  try {
    prune_dataset(opened, index, keys, screens, part.ledger, part.work);
  } catch (const DataError&) {  // it went away since: scanning will find that, and record why
    part.work.push_back({index, 0, facts.row_groups(), facts.group_weight});
  }
}

}  // namespace

Pruned prune(const Opened& opened, std::span<const core::KeySet* const> keys, Screens screens,
             int threads, const comm::Comm& comm) {
  const auto rank = static_cast<std::size_t>(comm.rank());
  const std::uint64_t begin = opened.owned[rank], end = opened.owned[rank + 1];
  // Few at a time: one dataset may be thousands of row groups.
  const std::uint64_t share =
      (end - begin) / (static_cast<std::uint64_t>(std::max(threads, 1)) * 8);
  const std::uint64_t block = std::clamp<std::uint64_t>(share, 1, 64);
  std::vector<Part> parts((end - begin + block - 1) / block);
  comm.agree("testing zone maps", [&] {
    parallel_for(parts.size(), threads, [&](std::size_t i) {
      const std::uint64_t first = begin + i * block;
      for (std::uint64_t index = first; index < std::min(end, first + block); ++index)
        prune_one(opened, index, keys, screens, parts[i]);
    });
  });
  Pruned pruned;
  std::vector<Work> mine;
  for (Part& part : parts) {
    pruned.ledger.merge(std::move(part.ledger));
    mine.insert(mine.end(), part.work.begin(), part.work.end());
  }
  pruned.work = comm.all_gather(std::span<const Work>(mine));
  return pruned;
}

}  // namespace trawl::fold
