// Progress of a search on the terminal: one line on standard error, of root only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <trawl/base/timer.hpp>
#include <trawl/comm/comm.hpp>
#include <trawl/fold/ledger.hpp>
#include <trawl/fold/open.hpp>
#include <trawl/fold/plan.hpp>

namespace trawl::command {

// Ranks of a node count in memory they share; root shows its node's count, scaled to all nodes.
// Silent when standard error is no terminal.
class Progress {
 public:
  Progress(const comm::Comm& comm, bool wanted);
  // Collective. What there is to do.
  void begin(const fold::Opened& opened, const std::vector<fold::Work>& work);
  // Any thread, one at a time per rank.
  void add(const fold::Ledger& done);
  void show();   // root's main thread
  void clear();  // wipes the line

 private:
  std::string line() const;

  const comm::Comm& comm_;
  bool visible_;
  std::uint64_t rows_ = 0;  // to do, on all ranks
  std::uint64_t datasets_ = 0;
  std::vector<std::uint64_t> groups_;       // to do, per dataset
  std::unique_ptr<comm::NodeMemory> done_;  // rows, matches, then row groups per dataset
  Stopwatch watch_;
  double shown_at_ = -1;
};

}  // namespace trawl::command
