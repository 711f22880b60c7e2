#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>
#include <set>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/error.hpp>
#include <trawl/base/json.hpp>
#include <trawl/base/text.hpp>
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
std::string digest_of(const Work& work, std::string_view works, std::size_t ledger,
                      std::string_view payload) {
  return digest_of(fmt::format("{} {} {} {} {} {}\n{}", work.dataset, work.begin, work.end,
                               work.weight, works, ledger, payload));
}

Work work_from(const Json& work) {
  return {work.at(0), work.at(1), work.at(2), work.at(3)};
}

Json to_json(const Work& work) {
  return {work.dataset, work.begin, work.end, work.weight};
}

// One record: the first work of it has its ledger and summary, others of a checkpoint have none.
// A record without work is more of a summary.
bool take_record(std::string_view& text, std::vector<FinishedWork>& finished) {
  const auto line = take_line(text);
  if (!line) return false;
  const Json head = Json::parse(*line, nullptr, false);
  if (!head.is_object()) return false;
  finished.assign(1, {});
  std::size_t ledger = 0, summary = 0;
  std::string digest, works;
  try {
    if (head.contains("work")) finished[0].work = work_from(head.at("work"));
    const Json list = head.value("works", Json::array());
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (i > 0) finished.emplace_back();
      finished.back().work = work_from(list[i]);
    }
    works = list.dump();
    ledger = head.at("ledger");
    summary = head.at("summary");
    digest = head.at("xxh3");
  } catch (const Json::exception&) {
    return false;
  }
  if (ledger > text.size() || summary > text.size() - ledger) return false;
  const std::string_view payload = text.substr(0, ledger + summary);
  if (digest_of(finished[0].work, works, ledger, payload) != digest) return false;
  finished[0].ledger = Ledger::from_bytes(payload.substr(0, ledger));
  finished[0].summary = payload.substr(ledger);
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

// Every attempt writes files of its own: what follows a torn record would be lost. No name is used
// twice, by any rank: a checkpoint replaces files by name, and they may come back no more.
fs::path Journal::next_path() {
  return folder_ / fmt::format("rank-{:05}.{}.journal", rank_, ++number_);
}

Journal::Journal(const fs::path& folder, int rank, const std::string& head)
    : folder_(folder), rank_(rank), head_(head) {
  for (const fs::path& file : journal_files(folder)) {
    const std::string number = file.stem().extension().string();  // ".7"
    number_ = std::max(number_, parse_int64(number.substr(number.empty() ? 0 : 1)).value_or(0));
  }
  while (!fd_) {
    path_ = next_path();
    fd_ = Fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644));
    if (!fd_ && errno != EEXIST) {
      throw Error(
          fmt::format("cannot write the journal '{}': {}", path_.string(), std::strerror(errno)));
    }
  }
  write_all(fd_, Json{{"journal", 1}, {"head", head}}.dump() + "\n", path_);
}

void Journal::replace(const std::vector<Work>& works, const Ledger& ledger, std::size_t parts,
                      const std::function<std::string(std::size_t)>& part,
                      const std::vector<fs::path>& earlier) {
  std::vector<fs::path> replaced = earlier;
  replaced.push_back(path_);
  Json names = Json::array(), list = Json::array();
  for (const fs::path& file : replaced) names.push_back(file.filename().string());
  for (const Work& work : works) list.push_back(to_json(work));
  const fs::path path = next_path(), unfinished = path.string() + ".tmp";
  const Fd fd(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd) {
    throw Error(fmt::format("cannot write the checkpoint '{}': {}", unfinished.string(),
                            std::strerror(errno)));
  }
  write_all(
      fd,
      Json{{"journal", 1}, {"head", head_}, {"replaces", names}, {"records", parts}}.dump() + "\n",
      unfinished);
  for (std::size_t i = 0; i < parts; ++i) {
    const std::string first = i == 0 ? ledger.to_bytes() : std::string(), sums = part(i);
    const Json mine = i == 0 ? list : Json::array();
    const Work work = i == 0 && !works.empty() ? works[0] : Work{};  // as read back by take_record
    Json head = {{"works", mine}, {"ledger", first.size()}, {"summary", sums.size()}};
    head["xxh3"] = digest_of(work, mine.dump(), first.size(), first + sums);
    write_all(fd, head.dump() + "\n", unfinished);
    write_all(fd, first, unfinished);
    write_all(fd, sums, unfinished);
  }
  if (::fsync(fd.get()) != 0) {
    throw Error(fmt::format("cannot sync the checkpoint '{}': {}", unfinished.string(),
                            std::strerror(errno)));
  }
  fs::rename(unfinished, path);
  fsync_folder(folder_);
  for (const fs::path& file : replaced) fs::remove(file);
  path_ = path;
}

void Journal::append(const FinishedWork& finished) {
  const std::string ledger = finished.ledger.to_bytes();
  const Work& work = finished.work;
  std::string record =
      Json{{"work", to_json(work)},
           {"ledger", ledger.size()},
           {"summary", finished.summary.size()},
           {"xxh3", digest_of(work, "[]", ledger.size(), ledger + finished.summary)}}
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

std::vector<fs::path> journal_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& file : fs::directory_iterator(folder)) {
    if (file.path().extension() == ".journal") files.push_back(file.path());
  }
  return files;
}

std::vector<FinishedWork> read_journals(const fs::path& folder, const std::string& head) {
  struct File {
    std::string records;
    std::optional<std::size_t> expected;  // of a checkpoint
  };
  std::map<fs::path, File> files;
  std::set<std::string> replaced;
  for (const fs::path& file : journal_files(folder)) {
    std::string bytes = read_file(file);
    std::string_view text = bytes;
    const auto line = take_line(text);
    if (!line) continue;  // killed before the first record
    const Json first = Json::parse(*line, nullptr, false);
    if (!first.is_object() || first.value("head", "") != head) {
      throw InputError(
          fmt::format("cannot resume: the journal '{}' belongs to other options, other data or "
                      "another version. Start a new run",
                      file.string()));
    }
    for (const Json& name : first.value("replaces", Json::array()))
      replaced.insert(name.get<std::string>());
    files[file].records = text;
    if (first.contains("records")) files[file].expected = first.at("records").get<std::size_t>();
  }
  std::map<std::pair<std::uint64_t, std::uint64_t>, FinishedWork> finished;
  std::vector<FinishedWork> list;  // more of the sums of what is finished
  for (const auto& [path, file] : files) {
    if (replaced.contains(path.filename().string())) continue;
    std::string_view rest = file.records;
    std::size_t records = 0;
    std::vector<FinishedWork> record;
    while (take_record(rest, record)) {
      ++records;
      for (FinishedWork& work : record) {
        if (work.work.begin == work.work.end) {
          list.push_back(std::move(work));
        } else if (!has_failure(work)) {  // a failed row group deserves another try
          finished.try_emplace({work.work.dataset, work.work.begin}, std::move(work));
        }
      }
    }
    // It appeared whole: what is missing now was in sums whose work counts as done.
    if (file.expected && records != *file.expected) {
      throw InputError(fmt::format("cannot resume: the checkpoint '{}' is damaged. Start a new run",
                                   path.string()));
    }
  }
  for (auto& [place, work] : finished) list.push_back(std::move(work));
  return list;
}

}  // namespace trawl::fold
