#include "core/scan/mask.hpp"

#include <algorithm>

namespace trawl::core::scan {

Mask::~Mask() {
  if (pool_ != nullptr) pool_->idle_.push_back(std::move(words_));
}

Mask MaskPool::take() {
  Mask mask;
  mask.pool_ = this;
  if (!idle_.empty()) {
    mask.words_ = std::move(idle_.back());
    idle_.pop_back();
  }
  mask.words_.resize(words_);
  return mask;
}

Mask MaskPool::take_zero() {
  Mask mask = take();
  std::fill(mask.words_.begin(), mask.words_.end(), 0);
  return mask;
}

Mask MaskPool::copy(const std::uint64_t* words) {
  Mask mask = take();
  std::copy_n(words, words_, mask.words_.begin());
  return mask;
}

}  // namespace trawl::core::scan
