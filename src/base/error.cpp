#include <trawl/base/error.hpp>

namespace trawl {

ExitCode exit_code_of(const std::exception& error) {
  if (const auto* collective = dynamic_cast<const CollectiveError*>(&error)) {
    return collective->code();
  }
  if (dynamic_cast<const InputError*>(&error) != nullptr) return ExitCode::bad_input;
  if (dynamic_cast<const DataError*>(&error) != nullptr) return ExitCode::incomplete;
  if (dynamic_cast<const CheckError*>(&error) != nullptr) return ExitCode::check_failed;
  return ExitCode::internal_error;
}

}  // namespace trawl
