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
    if (step < records.size()) {
      hashes[step] = hash_of(records[step].name);
      prefetch(&slots_[home_of(hashes[step])]);
    }
    if (const std::size_t i = step - ahead; i < records.size()) {
      guesses[i] = guess(hashes[i]);
      if (guesses[i] != 0) prefetch(&at(guesses[i] - 1));
    }
    if (const std::size_t i = step - 2 * ahead; i < records.size()) {
      const auto& [name, contribution] = records[i];
      const bool right = guesses[i] != 0 && at(guesses[i] - 1).name == name;
      Statement& statement = right ? at(guesses[i] - 1) : find_or_make(name, hashes[i]);
      if (!statement.sums.add(contribution.value, contribution.weight, contribution.clamped))
        add_beside(statement, contribution);
    }
  }
}

std::uint32_t StatementTable::guess(std::uint64_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = home_of(hash);; i = (i + 1) & mask) {
    if (slots_[i].next == 0 || slots_[i].tag == static_cast<std::uint32_t>(hash))
      return slots_[i].next;
  }
}

StatementTable::Statement& StatementTable::find_or_make(const StatementName& name,
                                                        std::uint64_t hash) {
  const std::size_t mask = slots_.size() - 1;
  const auto tag = static_cast<std::uint32_t>(hash);
  std::size_t i = home_of(hash);
  for (; slots_[i].next != 0; i = (i + 1) & mask) {
    if (slots_[i].tag == tag && at(slots_[i].next - 1).name == name) return at(slots_[i].next - 1);
  }
  if (size_ == chunks_.size() * chunk) chunks_.emplace_back(chunk * sizeof(Statement));
  slots_[i] = {tag, static_cast<std::uint32_t>(++size_)};
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

// Makes room for so many more.
void StatementTable::grow(std::size_t more) {
  if (2 * (size_ + more) <= slots_.size()) return;
  const std::size_t slots = std::bit_ceil(std::max<std::size_t>(2 * (size_ + more), 256));
  slots_.assign(slots, {});
  shift_ = 64 - std::countr_zero(slots);
  for (std::size_t position = 0; position < size_; ++position) {
    const std::uint64_t hash = hash_of(at(position).name);
    std::size_t i = home_of(hash);
    while (slots_[i].next != 0) i = (i + 1) & (slots - 1);
    slots_[i] = {static_cast<std::uint32_t>(hash), static_cast<std::uint32_t>(position + 1)};
  }
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
