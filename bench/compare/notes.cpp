#include <algorithm>

#include "generator.hpp"

namespace trawl::bench {
namespace {

constexpr int needles = 7;
constexpr const char* syllables[16] = {"ka", "lo", "mi", "ra", "to", "su", "ve", "ni",
                                       "po", "da", "re", "go", "hu", "be", "sa", "ti"};

// Words of two to four syllables; different numbers may give the same word.
std::string word(unsigned number) {
  std::string text = std::string(syllables[number & 15]) + syllables[(number >> 4) & 15];
  if ((number & 256) != 0) text += syllables[(number >> 8) & 15];
  if ((number & 512) != 0) text += syllables[(number >> 6) & 15];
  return text;
}

}  // namespace

Notes::Notes(DataParams params) : params_(params) {
  for (unsigned number = 0; number < 1024; ++number) words_.push_back(word(number));
  for (std::uint64_t k = 0; k < needles && params_.notes > 0; ++k)
    needles_.push_back(mix(params_.seed * 99 + k) % params_.notes);
  std::ranges::sort(needles_);
}

std::string Notes::note(std::uint64_t index) const {
  const std::uint64_t hash = mix(mix(params_.seed * 31337) + index * golden_gamma);
  const std::uint64_t words = 5 + (hash & 7);
  std::uint64_t state = hash >> 3;
  std::string text;
  for (std::uint64_t k = 0; k < words; ++k) {
    if (k > 0) text += ' ';
    state = mix(state + k + 1);
    text += words_[state & 1023];
    if (k == 2 && std::ranges::binary_search(needles_, index)) text += " lostneedlehere";
  }
  return text;
}

}  // namespace trawl::bench
