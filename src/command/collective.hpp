// What one rank does for all: reading small files, deciding, printing.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include <trawl/comm/comm.hpp>

namespace trawl::command {

// Collective. Runs `make` on root only; all ranks get its text. When it throws, all ranks throw
// CollectiveError with the same text and the exit code that belongs to it.
std::string from_root(const comm::Comm& comm, const std::function<std::string()>& make);

// Collective. Runs `step` on root only; when it throws, all ranks throw the same CollectiveError.
void on_root(const comm::Comm& comm, const std::function<void()>& step);

// Collective. The bytes of a file that the user named, read once, by root. CollectiveError
// (bad_input) when it cannot be read.
std::string file_from_root(const comm::Comm& comm, const std::filesystem::path& path);

// Collective, without waiting. Root writes `text` to standard output and checks that it went out (a
// full disk behind a redirection is an error).
void print_from_root(const comm::Comm& comm, std::string_view text);

}  // namespace trawl::command
