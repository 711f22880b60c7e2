#include <hwy/highway.h>

#include <trawl/base/error.hpp>
#include <trawl/core/scan_program.hpp>

namespace trawl::core {
namespace {

// What the kernels were compiled for (foreach_target.h compiles all of HWY_TARGETS) and this
// processor has, best first.
std::vector<std::int64_t> usable_targets() {
  hwy::SetSupportedTargetsForTest(0);  // what is really there, whatever was forced before
  return hwy::SupportedAndGeneratedTargets();
}

}  // namespace

std::vector<std::string> kernel_targets() {
  std::vector<std::string> names;
  for (const std::int64_t target : usable_targets()) names.emplace_back(hwy::TargetName(target));
  return names;
}

void force_kernel_target(const std::string& target) {
  std::int64_t wanted = 0;
  for (const std::int64_t usable : usable_targets()) {
    if (target == hwy::TargetName(usable)) wanted = usable;
  }
  if (wanted == 0 && !target.empty()) {
    throw InputError("no kernels for instruction set '" + target +
                     "': they are not compiled in, or this processor lacks it. Take one that "
                     "kernel_targets() lists.");
  }
  if (wanted != 0) hwy::SetSupportedTargetsForTest(wanted);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace trawl::core
