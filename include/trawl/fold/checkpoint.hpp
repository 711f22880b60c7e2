// When sums that are kept in one place are written, so that a killed run can go on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include <trawl/base/timer.hpp>
#include <trawl/fold/ledger.hpp>
#include <trawl/fold/plan.hpp>

namespace trawl::fold {

class Journal;

// Who holds the sums says how to write them (keep); workers hold gate() shared while a piece goes
// into the sums and onto the list of what is done; the main thread writes both, now and then.
class Checkpoint {
 public:
  using Part = std::function<std::string(std::size_t)>;

  explicit Checkpoint(double seconds_between) : seconds_between_(seconds_between) {}

  // Where to; `earlier`: files of attempts whose work is in the sums already, and on `done`.
  void use(Journal& journal, std::vector<std::filesystem::path> earlier);
  // What to write, until stop() is called: see Journal::replace.
  void keep(std::size_t parts, Part part);
  // Work of earlier attempts that was added to the sums here.
  void resumed(const Work& work, const Ledger& ledger);
  void stop();

  std::shared_mutex& gate() { return gate_; }
  // One at a time, under the gate.
  void finished(const Ledger& ledger);

  // Main thread. Writes when that is due; at once. Nothing when there is nothing to keep.
  void tick();
  void write();

 private:
  std::shared_mutex gate_;
  const double seconds_between_;
  Stopwatch watch_;
  double written_at_ = 0;
  Journal* journal_ = nullptr;
  std::vector<std::filesystem::path> earlier_;
  std::size_t parts_ = 0;
  Part part_;
  std::vector<Work> works_;
  Ledger ledger_;
};

}  // namespace trawl::fold
