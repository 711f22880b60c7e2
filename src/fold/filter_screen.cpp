#include "filter_screen.hpp"

#include <trawl/base/error.hpp>
#include <trawl/core/filter/filter_bank.hpp>

namespace trawl::fold {

FilterScreen::FilterScreen(const OpenDataset& open, std::span<const core::KeySet* const> keys)
    : open_(&open), keys_(keys) {
  const store::Dataset& dataset = *open.dataset;
  const std::uint64_t groups = dataset.info().row_groups();
  std::vector<std::byte> space;
  for (const core::FilterQuestion& question : core::filter_questions(open.predicate, keys)) {
    const std::size_t column = question.column;
    const store::ScreenInfo* info = dataset.screen(store::Screen::filter, column);
    if (info == nullptr || groups == 0) continue;
    const std::uint64_t hash = core::hash_value(question.value);
    RowGroups may_hold((groups + 63) / 64);
    try {
      const auto layout =
          core::FilterLayout::from_json(info->layout, info->chunks, info->chunk_bytes, groups);
      const auto read = [&](std::uint64_t chunk) {
        return dataset.read_screen(store::Screen::filter, column, chunk, space);
      };
      for (const std::uint64_t chunk : core::chunks_probed(layout, groups, hash))
        dataset.prefetch_screen(store::Screen::filter, column, chunk);
      core::probe_filter_bank(layout, groups, hash, read, may_hold);
    } catch (const DataError&) {  // a damaged index proves nothing
      continue;
    }
    answers_[column].emplace(hash, std::move(may_hold));
  }
}

bool FilterScreen::may_hold(std::uint64_t group, std::size_t column, const Value& value) const {
  const auto& known = answers_.at(column);
  const auto found = known.find(core::hash_value(value));
  return found == known.end() || (found->second[group / 64] >> (group % 64) & 1) != 0;
}

const std::string* FilterScreen::rule(std::uint64_t group) const {
  std::string answers;
  for (const auto& [column, by_hash] : answers_) {
    for (const auto& [hash, may_hold] : by_hash)
      answers += (may_hold[group / 64] >> (group % 64) & 1) != 0 ? '1' : '0';
  }
  auto known = rules_.find(answers);
  if (known == rules_.end()) {
    const auto proof =
        core::prove_by_filter(open_->predicate, open_->info().schema, keys_, lookup(group));
    known = rules_.emplace(answers, proof ? proof->rule : std::string()).first;
  }
  return known->second.empty() ? nullptr : &known->second;
}

core::FilterLookup FilterScreen::lookup(std::uint64_t group) const {
  return {[this, group](std::size_t column, const Value& value) {
            return may_hold(group, column, value);
          },
          [this](std::size_t column) { return has_filter(column); }};
}

}  // namespace trawl::fold
