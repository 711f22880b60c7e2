#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <trawl/base/error.hpp>
#include <trawl/base/timer.hpp>
#include <trawl/fold/run_directory.hpp>

namespace trawl::fold {
namespace {

// In an unfinished run that replaces another, so that resuming it does the same.
constexpr const char* overwrite_marker = "overwrite";

// A run is interrupted when it has a journal; before that, nothing is lost by beginning again.
bool has_journal(const fs::path& partial) {
  std::error_code none;
  for (const auto& file : fs::directory_iterator(partial / "journal", none)) {
    if (file.path().extension() == ".journal") return true;
  }
  return false;
}

// Whether a folder may be replaced: only what a run left behind, or what holds nothing.
bool is_run_or_empty(const fs::path& path) {
  return fs::is_directory(path) && (fs::exists(path / "certificate.json") || fs::is_empty(path));
}

void check_place(const fs::path& path, const fs::path& partial, bool overwrite, bool resume) {
  if (fs::exists(path) && !overwrite) {
    throw InputError(fmt::format(
        "the run directory '{}' exists already. Choose another --run-dir, or say --overwrite",
        path.string()));
  }
  if (fs::exists(path) && !is_run_or_empty(path)) {
    throw InputError(fmt::format(
        "'{}' is not a run directory, so --overwrite does not touch it. Choose another --run-dir",
        path.string()));
  }
  if (fs::exists(partial) && !fs::exists(partial / "journal") && !fs::is_empty(partial)) {
    throw InputError(
        fmt::format("'{}' is in the way and not an interrupted run. Choose another --run-dir",
                    partial.string()));
  }
  if (resume && !fs::exists(partial)) {
    throw InputError(fmt::format("there is no interrupted run '{}' to resume", partial.string()));
  }
  if (!resume && has_journal(partial) && !overwrite) {
    throw InputError(fmt::format(
        "an interrupted run is in '{}'. Go on with it by --resume, or start anew by --overwrite",
        partial.string()));
  }
}

}  // namespace

RunDirectory RunDirectory::create(const fs::path& path, bool overwrite, bool resume,
                                  const comm::Comm& comm) {
  RunDirectory run;
  run.path_ = path.lexically_normal();
  if (!run.path_.has_filename()) run.path_ = run.path_.parent_path();
  run.partial_ = temporary_name(run.path_);
  const fs::path marker = run.partial_ / overwrite_marker;
  comm.agree("making the run directory", [&] {
    if (!comm.is_root()) return;
    run.overwrite_ = overwrite || (resume && fs::exists(marker));
    check_place(run.path_, run.partial_, run.overwrite_, resume);
    if (!resume) fs::remove_all(run.partial_);
    fs::create_directories(run.journal());
    if (run.overwrite_) write_file_atomically(marker, "", true);
  });
  return run;
}

void RunDirectory::stream_matches(std::string_view lines) {
  const fs::path path = partial_ / "matches.jsonl";
  if (!stream_) stream_ = Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!stream_)
    throw Error(fmt::format("cannot write '{}': {}", path.string(), std::strerror(errno)));
  write_all(stream_, lines, path);
}

void RunDirectory::write(const std::string& name, std::string_view text) const {
  write_file_atomically(partial_ / name, text, true);
}

void RunDirectory::publish() const {
  fs::remove(partial_ / overwrite_marker);
  fsync_folder(partial_);
  // The run that is replaced moves into the new one's journal folder first: no other name is
  // touched.
  const fs::path old = path_ / "journal" / "replaced";
  if (overwrite_ && fs::exists(path_)) fs::rename(path_, journal() / "replaced");
  fs::rename(partial_, path_);
  fsync_folder(fs::absolute(path_).parent_path());
  fs::remove_all(old);
}

fs::path default_run_path(std::string_view command) {
  return fs::path("runs") / fmt::format("{}-{}-{}", command, utc_now_compact(), ::getpid());
}

}  // namespace trawl::fold
