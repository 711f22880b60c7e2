#include <trawl/fold/checkpoint.hpp>
#include <trawl/fold/journal.hpp>

namespace trawl::fold {

void Checkpoint::use(Journal& journal, std::vector<std::filesystem::path> earlier) {
  journal_ = &journal;
  earlier_ = std::move(earlier);
}

void Checkpoint::keep(std::size_t parts, Part part) {
  parts_ = parts;
  part_ = std::move(part);
}

void Checkpoint::stop() {
  part_ = nullptr;
}

void Checkpoint::resumed(const Work& work, const Ledger& ledger) {
  if (work.begin < work.end) works_.push_back(work);
  ledger_.merge(ledger);
}

// What failed is in no sum: it may be tried again.
void Checkpoint::finished(const Ledger& ledger) {
  for (const LedgerRun& run : ledger.runs()) {
    if (run.state != GroupState::scanned) continue;
    works_.push_back({run.dataset, run.begin, run.end, 0});
    ledger_.add(run);
  }
}

void Checkpoint::tick() {
  if (watch_.seconds() - written_at_ >= seconds_between_) write();
}

void Checkpoint::write() {
  if (journal_ == nullptr || !part_ || works_.empty()) return;
  const std::unique_lock all(gate_);
  ledger_.canonicalise();
  journal_->replace(works_, ledger_, parts_, part_, earlier_);
  earlier_.clear();
  written_at_ = watch_.seconds();
}

}  // namespace trawl::fold
