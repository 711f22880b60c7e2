// Proofs about states of evidence.
#pragma once

#include <memory>
#include <string>

#include <trawl/fold/state_proof.hpp>

namespace trawl::fold {

// DataError for a configuration that is none.
std::unique_ptr<Provable> make_provable_evidence(const std::string& configuration);

}  // namespace trawl::fold
