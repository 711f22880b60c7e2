#include <cfenv>

#include "core/exact/kernels.hpp"
#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace trawl::core::exact {

bool default_float_environment() {
#if defined(__SSE2__)
  constexpr unsigned flush_to_zero = 0x8000, rounding = 0x6000, subnormals_are_zero = 0x0040;
  return (_mm_getcsr() & (flush_to_zero | rounding | subnormals_are_zero)) == 0;
#else
  return std::fegetround() == FE_TONEAREST;
#endif
}

}  // namespace trawl::core::exact
