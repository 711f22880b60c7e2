// Time of the phases of a run, on this rank. Reduced over ranks only when reported.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace trawl {

class Stopwatch {
 public:
  double seconds() const;  // since construction
 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// One timed stretch, in seconds since the timer began.
struct Phase {
  std::string name;
  double begin = 0;
  double end = 0;
};

class PhaseTimer {
 public:
  // Ends the running phase, if any, and begins `name`.
  void begin(std::string name);
  void end();
  const std::vector<Phase>& phases() const { return phases_; }
  double seconds() const { return watch_.seconds(); }

 private:
  Stopwatch watch_;
  std::vector<Phase> phases_;
  bool running_ = false;
};

// UTC time of the system clock as 20261121T031415Z. For names of things, never for results.
std::string utc_now_compact();

}  // namespace trawl
