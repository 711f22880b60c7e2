#include <cerrno>
#include <cstring>
#include <map>
#include <optional>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/error.hpp>
#include <trawl/base/json.hpp>
#include <trawl/fold/journal.hpp>

namespace trawl::fold {
namespace {

constexpr double seconds_between_syncs = 5;  // a lost machine costs at most this much work

std::string digest_of(std::string_view text) {
  return fmt::format("{:016x}", xxh3(bytes_of(text)));
}

// The line that ends before the next '\n', taken off `text`; nothing when there is none.
std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

// Everything a record says, so that no changed byte of it is believed.
std::string digest_of(const Work& work, std::size_t ledger, std::string_view payload) {
  return digest_of(fmt::format("{} {} {} {} {}\n{}", work.dataset, work.begin, work.end,
                               work.weight, ledger, payload));
}

bool take_record(std::string_view& text, FinishedWork& finished) {
  const auto line = take_line(text);
  if (!line) return false;
  const Json head = Json::parse(*line, nullptr, false);
  if (!head.is_object()) return false;
  std::size_t ledger = 0, summary = 0;
  std::string digest;
  try {
    const Json& work = head.at("work");
    finished.work = {work.at(0), work.at(1), work.at(2), work.at(3)};
    ledger = head.at("ledger");
    summary = head.at("summary");
    digest = head.at("xxh3");
  } catch (const Json::exception&) {
    return false;
  }
  if (ledger > text.size() || summary > text.size() - ledger) return false;
  const std::string_view payload = text.substr(0, ledger + summary);
  if (digest_of(finished.work, ledger, payload) != digest) return false;
  finished.ledger = Ledger::from_bytes(payload.substr(0, ledger));
  finished.summary = payload.substr(ledger);
  text.remove_prefix(payload.size());
  return true;
}

bool has_failure(const FinishedWork& finished) {
  for (const LedgerRun& run : finished.ledger.runs()) {
    if (run.state == GroupState::failed) return true;
  }
  return false;
}

}  // namespace

// Every attempt writes files of its own: what follows a torn record would be lost.
Journal::Journal(const fs::path& folder, int rank, const std::string& head) {
  for (int attempt = 1; !fd_; ++attempt) {
    path_ = folder / fmt::format("rank-{:05}.{}.journal", rank, attempt);
    fd_ = Fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644));
    if (!fd_ && errno != EEXIST) {
      throw Error(
          fmt::format("cannot write the journal '{}': {}", path_.string(), std::strerror(errno)));
    }
  }
  write_all(fd_, Json{{"journal", 1}, {"head", head}}.dump() + "\n", path_);
}

void Journal::append(const FinishedWork& finished) {
  const std::string ledger = finished.ledger.to_bytes();
  const Work& work = finished.work;
  std::string record = Json{{"work", {work.dataset, work.begin, work.end, work.weight}},
                            {"ledger", ledger.size()},
                            {"summary", finished.summary.size()},
                            {"xxh3", digest_of(work, ledger.size(), ledger + finished.summary)}}
                           .dump();
  record += '\n';
  record += ledger;
  record += finished.summary;
  write_all(fd_, record, path_);
  if (watch_.seconds() - synced_at_ > seconds_between_syncs) {
    if (::fdatasync(fd_.get()) != 0) {
      throw Error(
          fmt::format("cannot sync the journal '{}': {}", path_.string(), std::strerror(errno)));
    }
    synced_at_ = watch_.seconds();
  }
}

std::vector<FinishedWork> read_journals(const fs::path& folder, const std::string& head) {
  std::map<std::pair<std::uint64_t, std::uint64_t>, FinishedWork> finished;
  for (const auto& file : fs::directory_iterator(folder)) {
    if (file.path().extension() != ".journal") continue;
    const std::string bytes = read_file(file.path());
    std::string_view text = bytes;
    const auto line = take_line(text);
    if (!line) continue;  // killed before the first record
    const Json first = Json::parse(*line, nullptr, false);
    if (!first.is_object() || first.value("head", "") != head) {
      throw InputError(
          fmt::format("cannot resume: the journal '{}' belongs to other options, other data or "
                      "another version. Start a new run",
                      file.path().string()));
    }
    FinishedWork work;
    while (take_record(text, work)) {
      // A failed row group deserves another try.
      if (!has_failure(work)) finished.try_emplace({work.work.dataset, work.work.begin}, work);
    }
  }
  std::vector<FinishedWork> list;
  for (auto& [place, work] : finished) list.push_back(std::move(work));
  return list;
}

}  // namespace trawl::fold
