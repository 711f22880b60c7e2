#include "fold/evidence/statement_table.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include <trawl/base/prefetch.hpp>

namespace trawl::fold {

// By two rounds of multiplying and folding, as SplitMix64's finaliser: numbers of names are small
// and dense, and one round would leave lattices.
std::uint64_t StatementTable::hash_of(const StatementName& name) {
  std::uint64_t x =
      (std::uint64_t{name.entity} << 32 | name.source) + name.type * 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 32)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 29)) * 0x94d049bb133111eb;
  return x ^ (x >> 32);
}

void StatementTable::add(std::span<const Stated> records) {
  for (; !records.empty(); records = records.subspan(std::min(batch, records.size())))
    add_batch(records.first(std::min(batch, records.size())));
}

// In three steps, each some records ahead of the next: a slot is asked for, then the statement that
// is most likely its, then that is there.
void StatementTable::add_batch(std::span<const Stated> records) {
  constexpr std::size_t ahead = 24;
  grow(records.size());
  std::array<std::uint64_t, batch> hashes;
  std::array<std::uint32_t, batch> guesses;
  for (std::size_t step = 0; step < records.size() + 2 * ahead; ++step) {
    if (step < records.size()) hashes[step] = ask(records[step].name);
    if (const std::size_t i = step - ahead; i < records.size()) {
      guesses[i] = guess(records[i].name, hashes[i]);
      if (guesses[i] != 0) prefetch(&at(guesses[i] - 1));
    }
    if (const std::size_t i = step - 2 * ahead; i < records.size()) {
      const auto& [name, contribution] = records[i];
      const bool right = guesses[i] != 0 && at(guesses[i] - 1).name == name;
      Statement& statement = right ? at(guesses[i] - 1) : find_or_make(name);
      if (!statement.sums.add(contribution.value, contribution.weight, contribution.clamped))
        add_beside(statement, contribution);
    }
  }
}

std::uint64_t StatementTable::ask(const StatementName& name) const {
  if (grid_.in_use()) {
    if (in_grid(name)) prefetch(&grid_.at(name.entity, name.source));
    return 0;
  }
  const std::uint64_t hash = hash_of(name);
  prefetch(&slots_[home_of(hash)]);
  return hash;
}

std::uint32_t StatementTable::guess(const StatementName& name, std::uint64_t hash) const {
  if (grid_.in_use()) return in_grid(name) ? grid_.at(name.entity, name.source) : 0;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = home_of(hash);; i = (i + 1) & mask) {
    if (slots_[i].next == 0 || slots_[i].tag == static_cast<std::uint32_t>(hash))
      return slots_[i].next;
  }
}

std::uint32_t& StatementTable::place_of(const StatementName& name) {
  if (grid_.in_use()) return grid_.at(name.entity, name.source);
  const std::uint64_t hash = hash_of(name);
  const std::size_t mask = slots_.size() - 1;
  const auto tag = static_cast<std::uint32_t>(hash);
  std::size_t i = home_of(hash);
  for (; slots_[i].next != 0; i = (i + 1) & mask) {
    if (slots_[i].tag == tag && at(slots_[i].next - 1).name == name) return slots_[i].next;
  }
  slots_[i].tag = tag;
  return slots_[i].next;
}

StatementTable::Statement& StatementTable::find_or_make(const StatementName& name) {
  if (grid_.in_use() && !in_grid(name)) {
    const std::size_t slots = slots_for(size_ + batch);
    if (grid_fits(name, slots)) {
      grid_.stretch(std::max(widest_.entity, name.entity) + std::size_t{1},
                    std::max(widest_.source, name.source) + std::size_t{1});
    } else {
      use_slots(slots);
    }
  }
  std::uint32_t& place = place_of(name);
  if (place != 0) return at(place - 1);
  if (size_ == chunks_.size() * chunk) chunks_.emplace_back(chunk * sizeof(Statement));
  place = static_cast<std::uint32_t>(++size_);
  widest_ = {std::max(widest_.entity, name.entity), std::max(widest_.source, name.source),
             std::max(widest_.type, name.type)};
  Statement& statement = at(size_ - 1);
  statement.name = name;
  return statement;
}

void StatementTable::add_beside(Statement& statement, const evidence::Contribution& contribution) {
  evidence::GroupSums& sums = beside_[statement.name];
  sums.merge(statement.sums);
  statement.sums = {};
  sums.add(contribution);
}

std::size_t StatementTable::slots_for(std::size_t statements) const {
  return std::bit_ceil(std::max<std::size_t>(2 * statements, 2 * batch));
}

bool StatementTable::grid_fits(const StatementName& with, std::size_t slots) const {
  const std::size_t entities = std::max(widest_.entity, with.entity) + std::size_t{1};
  const std::size_t sources = std::max(widest_.source, with.source) + std::size_t{1};
  const std::size_t most = slots * sizeof(Slot) / sizeof(std::uint32_t);
  return std::max(widest_.type, with.type) == 0 && entities <= most / sources;
}

void StatementTable::grow(std::size_t more) {
  if (grid_.in_use() || 2 * (size_ + more) <= slots_.size()) return;
  const std::size_t slots = slots_for(size_ + more);
  if (size_ == 0 || !grid_fits({}, slots)) return use_slots(slots);
  slots_ = {};
  grid_.stretch(widest_.entity + std::size_t{1}, widest_.source + std::size_t{1});
  for (std::size_t position = 0; position < size_; ++position)
    place_of(at(position).name) = static_cast<std::uint32_t>(position + 1);
}

void StatementTable::use_slots(std::size_t slots) {
  grid_ = {};
  slots_.assign(slots, {});
  shift_ = 64 - std::countr_zero(slots);
  for (std::size_t position = 0; position < size_; ++position)
    place_of(at(position).name) = static_cast<std::uint32_t>(position + 1);
}

void StatementTable::each(
    const std::function<void(const StatementName&, evidence::GroupSums&&)>& function) const {
  std::vector<const Statement*> statements;
  statements.reserve(size_);
  for (std::size_t position = 0; position < size_; ++position) statements.push_back(&at(position));
  std::ranges::sort(statements, {}, [](const Statement* statement) { return statement->name; });
  for (const Statement* statement : statements) {
    evidence::GroupSums sums;
    if (const auto more = beside_.find(statement->name); more != beside_.end()) sums = more->second;
    sums.merge(statement->sums);
    function(statement->name, std::move(sums));
  }
}

}  // namespace trawl::fold
