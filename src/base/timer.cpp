#include <array>
#include <ctime>
#include <utility>

#include <trawl/base/timer.hpp>

namespace trawl {

double Stopwatch::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void PhaseTimer::begin(std::string name) {
  end();
  const double now = seconds();
  phases_.push_back({std::move(name), now, now});
  running_ = true;
}

void PhaseTimer::end() {
  if (running_) phases_.back().end = seconds();
  running_ = false;
}

std::string utc_now_compact() {
  const std::time_t now = std::time(nullptr);
  std::tm utc = {};
  ::gmtime_r(&now, &utc);
  std::array<char, 32> text;
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &utc);
  return {text.data(), size};
}

}  // namespace trawl
