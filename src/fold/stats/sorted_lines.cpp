#include "fold/stats/sorted_lines.hpp"

#include <string_view>
#include <utility>

#include "fold/stats/entity_key.hpp"

namespace trawl::fold {
namespace {

std::string to_bytes(const SortedLines& lines) {
  std::string out;
  for (const auto& [order, line] : lines) {
    put_text(out, order);
    put_text(out, line);
  }
  return out;
}

// Merges two sorted sequences of (order, line), both as bytes.
std::string merge_sorted(const std::string& a, const std::string& b) {
  std::string out;
  out.reserve(a.size() + b.size());
  std::string_view left = a, right = b;
  const auto order_of = [](std::string_view bytes) { return take_text(bytes); };
  while (!left.empty() || !right.empty()) {
    const bool first = right.empty() || (!left.empty() && order_of(left) < order_of(right));
    std::string_view& from = first ? left : right;
    put_text(out, take_text(from));
    put_text(out, take_text(from));
  }
  return out;
}

}  // namespace

std::string lines_in_order(const SortedLines& mine, const comm::Comm& comm) {
  if (comm.size() > 1) return lines_in_order(to_bytes(mine), comm);
  std::string lines;
  std::size_t bytes = 0;
  for (const auto& [order, line] : mine) bytes += line.size();
  lines.reserve(bytes);  // hundreds of megabytes: to take memory anew costs as much as to copy
  for (const auto& [order, line] : mine) lines += line;
  return lines;
}

std::string lines_in_order(std::string mine, const comm::Comm& comm) {
  std::string lines;
  const std::string all = comm.merge_to_root(std::move(mine), merge_sorted);
  for (std::string_view rest = all; !rest.empty();) {
    take_text(rest);
    lines += take_text(rest);
  }
  return lines;
}

}  // namespace trawl::fold
