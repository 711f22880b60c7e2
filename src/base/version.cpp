#include "version.inc"  // TRAWL_VERSION, TRAWL_COMMIT; written by version.cmake

#include <trawl/base/version.hpp>

namespace trawl {

std::string_view version() {
  return TRAWL_VERSION;
}
std::string_view commit() {
  return TRAWL_COMMIT;
}

}  // namespace trawl
