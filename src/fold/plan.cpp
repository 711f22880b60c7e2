#include <algorithm>

#include <trawl/fold/plan.hpp>

namespace trawl::fold {
namespace {

__extension__ typedef unsigned __int128 uint128;

// Appends row groups [begin, end) of `piece` unless that is nothing.
void append(std::vector<Work>& share, const Work& piece, std::uint64_t begin, std::uint64_t end) {
  if (begin < end) share.push_back({piece.dataset, begin, end, piece.weight});
}

// The row group of `piece` where a cut `wanted` weight into it goes: rounded, or at an edge of its
// dataset that is near.
std::uint64_t cut_inside(const Work& piece, std::uint64_t wanted, std::uint64_t slack) {
  const std::uint64_t weight = std::max<std::uint64_t>(piece.weight, 1);
  const std::uint64_t total = piece.groups() * weight;
  if (wanted <= slack) return piece.begin;
  if (total - wanted <= slack) return piece.end;
  return piece.begin + std::min(piece.groups(), (wanted + weight / 2) / weight);
}

}  // namespace

std::vector<std::vector<Work>> assign(std::span<const Work> work, int ranks, double slack) {
  std::vector<std::vector<Work>> shares(static_cast<std::size_t>(ranks));
  std::uint64_t total = 0;
  for (const Work& piece : work) total += piece.groups() * std::max<std::uint64_t>(piece.weight, 1);
  const auto boundary = [&](std::size_t rank) {  // of weight, where share `rank` ends
    return static_cast<std::uint64_t>(uint128{total} * (rank + 1) /
                                      static_cast<std::uint64_t>(ranks));
  };
  const auto near =
      static_cast<std::uint64_t>(slack * static_cast<double>(total) / static_cast<double>(ranks));

  std::size_t rank = 0;
  std::uint64_t before = 0;  // weight of all pieces before this one
  for (const Work& piece : work) {
    const std::uint64_t weight = piece.groups() * std::max<std::uint64_t>(piece.weight, 1);
    std::uint64_t done = piece.begin;
    while (rank + 1 < shares.size() && boundary(rank) < before + weight) {
      const std::uint64_t wanted = boundary(rank) > before ? boundary(rank) - before : 0;
      const std::uint64_t cut = std::max(done, cut_inside(piece, wanted, near));
      append(shares[rank], piece, done, cut);
      done = cut;
      ++rank;
    }
    append(shares[rank], piece, done, piece.end);
    before += weight;
  }
  return shares;
}

std::vector<Work> split(std::span<const Work> work, std::uint64_t groups) {
  std::vector<Work> pieces;
  for (const Work& piece : work) {
    for (std::uint64_t begin = piece.begin; begin < piece.end; begin += groups) {
      append(pieces, piece, begin, std::min(piece.end, begin + groups));
    }
  }
  return pieces;
}

Prefix take(std::span<const Work> work, std::uint64_t groups) {
  Prefix prefix;
  for (const Work& piece : work) {
    const std::uint64_t cut = piece.begin + std::min(groups, piece.groups());
    append(prefix.first, piece, piece.begin, cut);
    append(prefix.rest, piece, cut, piece.end);
    groups -= cut - piece.begin;
  }
  return prefix;
}

std::vector<Work> subtract(std::span<const Work> work, std::span<const Work> finished) {
  std::vector<Work> done(finished.begin(), finished.end());
  std::sort(done.begin(), done.end(), [](const Work& a, const Work& b) {
    return std::pair(a.dataset, a.begin) < std::pair(b.dataset, b.begin);
  });
  std::vector<Work> left;
  for (const Work& piece : work) {
    std::uint64_t at = piece.begin;
    auto next = std::lower_bound(done.begin(), done.end(), piece, [](const Work& a, const Work& b) {
      return a.dataset < b.dataset || (a.dataset == b.dataset && a.end <= b.begin);
    });
    for (; next != done.end() && next->dataset == piece.dataset && next->begin < piece.end;
         ++next) {
      append(left, piece, at, std::max(at, next->begin));
      at = std::max(at, next->end);
    }
    append(left, piece, at, piece.end);
  }
  return left;
}

std::uint64_t count_groups(std::span<const Work> work) {
  std::uint64_t groups = 0;
  for (const Work& piece : work) groups += piece.groups();
  return groups;
}

}  // namespace trawl::fold
