// Tags of point-to-point messages: one per protocol, so that a bug in one cannot be taken for a
// message of another.
#pragma once

namespace trawl::comm {

inline constexpr int tag_exchange = 1;
inline constexpr int tag_merge_header = 2;
inline constexpr int tag_merge_body = 3;

}  // namespace trawl::comm
