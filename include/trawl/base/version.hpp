#pragma once

#include <string_view>

namespace trawl {
std::string_view version();  // "0.1.0"
std::string_view
commit();  // the commit built, "-dirty" when files were changed, "unknown" outside git
}  // namespace trawl
