// Sections of state files as streams of records, and several of them side by side.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/comm/comm.hpp>
#include <trawl/store/state_file.hpp>

namespace trawl::fold {

// The bytes of a section from the first to the last. Memory: a chunk, and what is at hand.
class SectionBytes {
 public:
  // `file` must live as long; `name` is for people.
  SectionBytes(const store::StateReader& file, std::string name, std::string_view section);

  bool done() const { return at_ == buffer_.size() && left_ == 0; }
  // Bytes [offset, offset + size) from where the section stands; valid until the next call.
  // DataError when it ends before.
  std::string_view at(std::size_t offset, std::size_t size);
  void skip(std::size_t size) { at_ += size; }  // of bytes that were at hand

  // DataError naming the file.
  [[noreturn]] void damaged(std::string_view why) const;

 private:
  const store::StateReader& file_;
  std::string name_;
  std::string_view section_;
  std::uint64_t left_;  // bytes of the section that are not in the buffer
  std::uint64_t chunk_ = 0;
  std::vector<std::byte> space_;
  std::string buffer_;
  std::size_t at_ = 0;
};

// Records of several states in their common order. A Reader has next(), before(other), same(other).
template <class Reader>
class RecordMerge {
 public:
  explicit RecordMerge(std::vector<Reader>& readers) : readers_(readers) {
    for (std::size_t i = 0; i < readers_.size(); ++i) advance(i);
  }

  bool done() const { return heap_.empty(); }

  // Calls with the readers, by their numbers, that have the next record, and moves them on.
  template <class Function>
  void next(const Function& on_group) {
    group_.clear();
    do {
      group_.push_back(heap_.top());
      heap_.pop();
    } while (!heap_.empty() && readers_[heap_.top()].same(readers_[group_[0]]));
    on_group(group_);
    for (const std::size_t i : group_) advance(i);
  }

 private:
  struct Behind {
    const std::vector<Reader>* readers;
    bool operator()(std::size_t a, std::size_t b) const {
      return (*readers)[b].before((*readers)[a]);
    }
  };
  void advance(std::size_t i) {
    if (readers_[i].next()) heap_.push(i);
  }

  std::vector<Reader>& readers_;
  std::priority_queue<std::size_t, std::vector<std::size_t>, Behind> heap_{Behind{&readers_}};
  std::vector<std::size_t> group_;
};

// Collective. What ranks have, one rank after the other, in pieces: `next` makes the next piece of
// this rank, of some MiB; `done` says that there is none. Calls `on_piece` on root alone.
struct Pieces {
  static constexpr std::size_t bytes = std::size_t{4} << 20;
  std::function<std::vector<char>()> next;
  std::function<bool()> done;
};
void collect_pieces(std::string_view phase, const Pieces& mine, const comm::Comm& comm,
                    const std::function<void(std::string_view)>& on_piece);

}  // namespace trawl::fold
