// What a --limit leaves of a search: the first matches in canonical order, and a ledger that ends
// at the last of them.
#pragma once

#include <trawl/fold/search.hpp>

namespace trawl::fold {

// Root, before the ledger is canonicalised. Keeps the first `limit` matches; the ledger then covers
// exactly the rows up to and including the last of them, the same for any number of ranks. False
// when nothing had to be cut.
bool cut_at_limit(SearchResult& result, std::uint64_t limit);

}  // namespace trawl::fold
