// Numbers as people read them in a page.
#pragma once

#include <cstdint>
#include <string>

namespace trawl::command::html {

std::string number(double value);         // four digits; a dash for NaN
std::string signed_number(double value);  // +7.3, one decimal
std::string count(std::uint64_t value);   // 1,234,567
// 1 source, 2 sources: `what` is of one.
std::string count_of(std::uint64_t value, const std::string& what);
// The probability exp(log_p) as 10 to a power, as markup; no logarithm is taken, so that the page
// is the same on every host. "0" for minus infinity.
std::string probability(double log_p);

}  // namespace trawl::command::html
