#include "read_ahead.hpp"

#include <algorithm>

#include <sys/resource.h>

#include <trawl/base/error.hpp>

namespace trawl::fold {

ReadAhead::ReadAhead(DatasetPool& pool, std::span<const Work> pieces)
    : pool_(pool), pieces_(pieces), bytes_(pieces.size()) {}

ReadAhead::~ReadAhead() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  wake_.notify_all();
}

long ReadAhead::waits() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_majflt + usage.ru_inblock;
}

void ReadAhead::begin(std::size_t piece) {
  const std::lock_guard lock(mutex_);
  for (; begun_ <= piece; ++begun_) ahead_ -= bytes_[begun_];
  asked_ = std::max(asked_, begun_);
  if (may_fetch()) wake_.notify_all();
}

void ReadAhead::scanned(const GroupColumns& columns, long& waits) {
  const long before = std::exchange(waits, ReadAhead::waits());
  const bool waited = waits != before;
  if (!waited && idle_.load(std::memory_order_relaxed)) return;
  const std::lock_guard lock(mutex_);
  if (waited) cold_until_ = begun_ + patience;
  idle_.store(cold_until_ <= begun_, std::memory_order_relaxed);
  learn(columns.needs());
  if (!may_fetch()) return;
  if (crew_.empty()) {
    for (int i = 0; i < crew_size; ++i) crew_.emplace_back([this] { run(); });
  } else {
    wake_.notify_all();
  }
}

void ReadAhead::learn(const std::vector<GroupColumns::Need>& needs) {
  constexpr double memory = 0.9;  // the last ten or so
  seen_ = seen_ * memory + 1;
  for (Usual& usual : usual_) usual = {usual.values * memory, usual.sketch * memory};
  for (const GroupColumns::Need& need : needs) {
    if (usual_.size() <= need.column) usual_.resize(need.column + 1);
    usual_[need.column].values += need.values ? 1 : 0;
    usual_[need.column].sketch += need.sketch ? 1 : 0;
  }
}

// What more than one row group in five needs: waiting for a disk costs about as much as reading
// five chunks. The rest is read when it turns out to be needed.
std::vector<GroupColumns::Need> ReadAhead::usual_needs() const {
  std::vector<GroupColumns::Need> needs;
  for (std::size_t column = 0; column < usual_.size(); ++column) {
    const bool values = usual_[column].values * 5 > seen_;
    const bool sketch = usual_[column].sketch * 5 > seen_;
    if (values || sketch) needs.push_back({column, values, sketch});
  }
  return needs;
}

bool ReadAhead::may_fetch() const {
  return asked_ < std::min(pieces_.size(), cold_until_) && ahead_ < depth_bytes;
}

std::shared_ptr<const OpenDataset> ReadAhead::open(const Work& piece) const {
  try {
    return pool_.open(piece.dataset);
  } catch (const Error&) {  // the thread that comes to it will say so
    return nullptr;
  }
}

namespace {

using Need = GroupColumns::Need;

// Another dataset may have other columns: those that it has.
std::vector<Need> needs_of(const store::Dataset& dataset, std::vector<Need> needs) {
  std::erase_if(needs,
                [&](const Need& need) { return need.column >= dataset.info().schema.size(); });
  for (Need& need : needs) {
    need.sketch = need.sketch && dataset.screen(store::Screen::sketch, need.column) != nullptr;
  }
  return needs;
}

std::uint64_t bytes_of(const Work& piece, const store::Dataset& dataset,
                       std::span<const Need> needs) {
  const store::DatasetInfo& info = dataset.info();
  std::uint64_t bytes = 0;
  for (const Need& need : needs) {
    if (need.values) bytes += info.column_bytes[need.column] / info.row_groups();
    if (need.sketch) bytes += dataset.screen(store::Screen::sketch, need.column)->chunk_bytes;
  }
  return bytes * piece.groups();
}

bool fetch(const store::Dataset& dataset, const Work& piece, std::span<const Need> needs) {
  bool fetched = false;
  for (const Need& need : needs) {
    if (need.sketch) {
      fetched |= dataset.fetch_screen(store::Screen::sketch, need.column, piece.begin, piece.end);
    }
    if (need.values) fetched |= dataset.fetch(piece.begin, piece.end, need.column);
  }
  return fetched;
}

}  // namespace

void ReadAhead::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return ended_ || may_fetch(); });
    if (ended_) return;
    const std::size_t i = asked_++;
    std::vector<Need> needs = usual_needs();
    lock.unlock();
    const auto dataset = open(pieces_[i]);
    if (dataset) needs = needs_of(*dataset->dataset, std::move(needs));
    lock.lock();
    if (!dataset || i < begun_) continue;
    bytes_[i] = bytes_of(pieces_[i], *dataset->dataset, needs);
    ahead_ += bytes_[i];
    lock.unlock();
    const bool fetched = fetch(*dataset->dataset, pieces_[i], needs);
    lock.lock();
    if (fetched) cold_until_ = std::max(cold_until_, i + patience);
  }
}

}  // namespace trawl::fold
