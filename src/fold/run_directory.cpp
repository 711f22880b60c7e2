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

void check_place(const fs::path& path, const fs::path& partial, bool overwrite, bool resume) {
  if (fs::exists(path) && !overwrite) {
    throw InputError(fmt::format(
        "the run directory '{}' exists already. Choose another --run-dir, or say --overwrite",
        path.string()));
  }
  if (resume && !fs::exists(partial)) {
    throw InputError(fmt::format("there is no interrupted run '{}' to resume", partial.string()));
  }
  if (!resume && fs::exists(partial) && !overwrite) {
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
  run.overwrite_ = overwrite;
  comm.agree("making the run directory", [&] {
    if (!comm.is_root()) return;
    check_place(run.path_, run.partial_, overwrite, resume);
    if (!resume) fs::remove_all(run.partial_);
    fs::create_directories(run.journal());
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
  fsync_folder(partial_);
  const fs::path old = path_.string() + ".old";
  if (overwrite_ && fs::exists(path_)) {
    fs::remove_all(old);
    fs::rename(path_, old);
  }
  fs::rename(partial_, path_);
  fsync_folder(fs::absolute(path_).parent_path());
  if (overwrite_) fs::remove_all(old);
}

fs::path default_run_path(std::string_view command) {
  return fs::path("runs") / fmt::format("{}-{}-{}", command, utc_now_compact(), ::getpid());
}

}  // namespace trawl::fold
