// The integer lanes of columns, for what is instantiated for each of them.
#pragma once

#include <cstdint>

// Calls M(name, C++ type) for every lane.
#define TRAWL_FOR_EACH_INTEGER_LANE(M) \
  M(U8, std::uint8_t)                  \
  M(I8, std::int8_t)                   \
  M(U16, std::uint16_t)                \
  M(I16, std::int16_t)                 \
  M(U32, std::uint32_t)                \
  M(I32, std::int32_t)                 \
  M(I64, std::int64_t)
