// One function per command; registry.cpp lists them.
#pragma once

#include "command/command.hpp"

namespace trawl::command {

Command evidence_command();
Command generate_transactions_command();
Command generate_evidence_command();
Command generate_keys_command();
Command ingest_command();
Command index_command();
Command inspect_command();
Command merge_command();
Command prove_command();
Command check_proof_command();
Command replay_command();
Command search_command();
Command stats_command();
Command sweep_command();
Command verify_command();

}  // namespace trawl::command
