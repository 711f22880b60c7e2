// A finished run, as verify and replay need it.
#pragma once

#include <filesystem>
#include <string>

#include <trawl/comm/comm.hpp>
#include <trawl/fold/verify.hpp>

namespace trawl::command {

// Collective. Root reads the files of a run; all ranks get them.
fold::RunFiles run_files_from_root(const comm::Comm& comm, const std::filesystem::path& path);

// Collective. Paths in a run are relative to the folder it was run in: goes there, where that
// folder still is.
void go_to_working_folder(const Json& record, const comm::Comm& comm);

}  // namespace trawl::command
