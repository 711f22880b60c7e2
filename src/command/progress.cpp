#include "command/progress.hpp"

#include <algorithm>
#include <atomic>
#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

#include <trawl/base/text.hpp>

namespace trawl::command {
namespace {

constexpr double seconds_between_lines = 0.2;
constexpr std::size_t rows_word = 0, matches_word = 1, first_dataset_word = 2;

std::uint64_t read(std::span<std::uint64_t> words, std::size_t i) {
  return std::atomic_ref(words[i]).load();
}

}  // namespace

Progress::Progress(const comm::Comm& comm, bool wanted)
    : comm_(comm), visible_(wanted && comm.is_root() && ::isatty(STDERR_FILENO) == 1) {}

void Progress::begin(const fold::Opened& opened, const std::vector<fold::Work>& work) {
  groups_.assign(opened.facts.size(), 0);
  for (const fold::Work& piece : work) {
    const fold::DatasetFacts& facts = opened.facts[piece.dataset];
    groups_[piece.dataset] += piece.groups();
    rows_ +=
        std::min(piece.end * facts.row_group_rows, facts.rows) - piece.begin * facts.row_group_rows;
  }
  datasets_ = static_cast<std::uint64_t>(
      std::count_if(groups_.begin(), groups_.end(), [](auto n) { return n > 0; }));
  if (comm_.max(std::uint64_t{visible_}) == 0) return;
  done_ = std::make_unique<comm::NodeMemory>(
      comm_, (first_dataset_word + groups_.size()) * sizeof(std::uint64_t));
}

void Progress::add(const fold::Ledger& done) {
  if (!done_) return;
  const auto words = done_->as<std::uint64_t>();
  for (const fold::LedgerRun& run : done.runs()) {
    std::atomic_ref(words[rows_word]).fetch_add(run.counts.rows);
    std::atomic_ref(words[matches_word]).fetch_add(run.counts.matches);
    std::atomic_ref(words[first_dataset_word + run.dataset]).fetch_add(run.end - run.begin);
  }
}

std::string Progress::line() const {
  const auto words = done_->as<std::uint64_t>();
  // Other nodes are taken to be as far as this one.
  const std::uint64_t scale = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(comm_.size()) / static_cast<std::uint64_t>(comm_.node_size()));
  const std::uint64_t rows = std::min(rows_, read(words, rows_word) * scale);
  std::uint64_t datasets = 0;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    datasets += groups_[i] > 0 && read(words, first_dataset_word + i) >= groups_[i] ? 1 : 0;
  }
  const double seconds = watch_.seconds();
  const double rate = static_cast<double>(rows) / std::max(seconds, 1e-9);
  const std::string left = rate > 0 ? human_seconds(static_cast<double>(rows_ - rows) / rate) : "?";
  return fmt::format(
      "{} of {} datasets, {} of {} rows ({:.0f} %), {} rows/s, {} left, {} matches", datasets,
      datasets_, with_thousands(rows), with_thousands(rows_),
      rows_ == 0 ? 100.0 : 100.0 * static_cast<double>(rows) / static_cast<double>(rows_),
      with_thousands(static_cast<std::uint64_t>(rate)), left,
      with_thousands(read(words, matches_word) * scale));
}

void Progress::show() {
  if (!visible_ || !done_ || watch_.seconds() - shown_at_ < seconds_between_lines) return;
  shown_at_ = watch_.seconds();
  fmt::print(stderr, "\r\033[K{}", line());
  std::fflush(stderr);
}

void Progress::clear() {
  if (!visible_ || shown_at_ < 0) return;
  fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
}

}  // namespace trawl::command
