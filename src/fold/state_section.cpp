#include "fold/state_section.hpp"

#include <utility>

#include <fmt/format.h>

#include <trawl/base/error.hpp>

namespace trawl::fold {

SectionBytes::SectionBytes(const store::StateReader& file, std::string name,
                           std::string_view section)
    : file_(file), name_(std::move(name)), section_(section), left_(file.section_bytes(section)) {}

std::string_view SectionBytes::at(std::size_t offset, std::size_t size) {
  const std::uint64_t all = buffer_.size() - at_ + left_;
  if (size > all || offset > all - size) damaged("its last record is cut off");
  while (buffer_.size() - at_ < offset + size) {
    buffer_.erase(0, at_);
    at_ = 0;
    if (!file_.read_chunk(section_, chunk_++, space_)) damaged("records are missing");
    buffer_.append(reinterpret_cast<const char*>(space_.data()), space_.size());
    left_ -= space_.size();
  }
  return std::string_view(buffer_).substr(at_ + offset, size);
}

void SectionBytes::damaged(std::string_view why) const {
  throw DataError(fmt::format("damaged state: {} ({}). Make it again", name_, why));
}

void collect_pieces(std::string_view phase, const Pieces& mine, const comm::Comm& comm,
                    const std::function<void(std::string_view)>& on_piece) {
  for (int from = 0; from < comm.size(); ++from) {
    for (bool more = true; more;) {
      std::vector<std::vector<char>> parts(static_cast<std::size_t>(comm.size()));
      comm.agree(phase, [&] {
        if (comm.rank() == from) parts[0] = mine.next();
      });
      const auto received = comm.exchange(parts);
      comm.agree(phase, [&] {
        const std::vector<char>& piece = received[static_cast<std::size_t>(from)];
        if (comm.is_root()) on_piece({piece.data(), piece.size()});
      });
      more = comm.max(comm.rank() == from && !mine.done() ? std::uint64_t{1} : 0) != 0;
    }
  }
}

}  // namespace trawl::fold
