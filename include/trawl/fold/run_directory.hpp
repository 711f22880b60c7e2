// The folder that a run leaves behind. Until the run has ended it is called <name>.partial and
// holds the journal and the matches found so far; then everything is synced and the folder gets its
// name, all at once.
#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>

#include <trawl/base/file.hpp>
#include <trawl/comm/comm.hpp>

namespace trawl::fold {

class RunDirectory {
 public:
  // Collective. InputError: `path` exists and `overwrite` is false; an interrupted run is there and
  // `resume` is false, or the other way round.
  static RunDirectory create(const fs::path& path, bool overwrite, bool resume,
                             const comm::Comm& comm);

  const fs::path& path() const { return path_; }
  const fs::path& partial() const { return partial_; }
  fs::path journal() const { return partial_ / "journal"; }

  // Local, any rank and thread: appends lines to the growing matches.jsonl by one write(2). For
  // people who watch; the final file is written anew from the merged matches.
  void stream_matches(std::string_view lines);
  // Root. Writes a file of the run.
  void write(const std::string& name, std::string_view text) const;
  // Root. Syncs, and gives the folder its name.
  void publish() const;

 private:
  fs::path path_, partial_;
  bool overwrite_ = false;
  Fd stream_;
};

// runs/<command>-<UTC time>-<process>: where a run goes when nobody says where.
fs::path default_run_path(std::string_view command);

}  // namespace trawl::fold
