// One entity of the page: its posteriors, and its sources on an axis.
#pragma once

#include <string>
#include <string_view>

namespace trawl::command {

// What the marks of cases mean, as markup.
std::string case_key();

// An entity's line of evidence.jsonl as markup; `what` entities are called, text; `number` is its
// place in the list.
std::string case_markup(std::string_view line, const std::string& what, std::size_t number,
                        double confidence);

}  // namespace trawl::command
