#include "command/run_files.hpp"

#include <trawl/base/error.hpp>

namespace trawl::command {

fold::RunFiles run_files_from_root(const comm::Comm& comm, const std::filesystem::path& path) {
  fold::RunFiles run;
  std::string record, certificate;
  comm.agree("reading the run", [&] {
    if (!comm.is_root()) return;
    try {
      run = fold::read_run(std::filesystem::absolute(path));
    } catch (const DataError& error) {
      throw CheckError(error.what());  // the run's own files are damaged
    }
    record = run.record.dump();
    certificate = run.certificate.to_text();
  });
  comm.broadcast(record);
  comm.broadcast(certificate);
  comm.broadcast(run.result);
  comm.broadcast(run.summary);
  run.path = std::filesystem::absolute(path);
  run.record = parse_json(record, "run_record.json");
  run.certificate = fold::Certificate::from_text(certificate, "certificate.json");
  return run;
}

void go_to_working_folder(const Json& record, const comm::Comm& comm) {
  std::error_code gone;
  const std::filesystem::path folder = record.value("working_folder", "");
  const bool there = !folder.empty() && std::filesystem::is_directory(folder, gone);
  if (comm.sum(there ? 1 : 0) == static_cast<std::uint64_t>(comm.size()))
    std::filesystem::current_path(folder, gone);
}

}  // namespace trawl::command
