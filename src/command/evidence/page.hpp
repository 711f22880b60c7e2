// The page of `trawl evidence --html`: who says what about the strongest cases, and what cutting
// does.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <trawl/base/json.hpp>
#include <trawl/fold/evidence.hpp>

namespace trawl::command {

// So many of each are shown; evidence.jsonl has all.
inline constexpr std::size_t page_cases = 12, page_moved = 6, page_equivocations = 20;

// Root. One file that needs no other (html/page.hpp), the same bytes for any number of ranks and on
// every host. `lines` are those of evidence.jsonl, `report` what --json prints. O(bytes of lines).
std::string evidence_page(std::string_view lines, const fold::EvidenceRequest& request,
                          const Json& report);

}  // namespace trawl::command
