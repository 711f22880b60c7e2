#include "store/codec.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <lz4.h>
#include <zlib.h>
#include <zstd.h>

#include <trawl/base/error.hpp>

#include "store/shuffle.hpp"

namespace trawl::store {
namespace {

constexpr std::size_t lz4_header = 12;
// LZ4_MAX_INPUT_SIZE is a little below 2^31; the filter's own default is 2^30.
constexpr std::uint64_t lz4_block_limit = max_chunk_bytes;

template <class T>
T load_big_endian(const std::byte* from) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>((value << 8) | std::to_integer<T>(from[i]));
  }
  return value;
}

template <class T>
void store_big_endian(T value, std::byte* into) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    into[i] = static_cast<std::byte>(value >> (8 * (sizeof(T) - 1 - i)));
  }
}

// Memory of this thread for shuffled bytes; valid until the next call.
std::byte* shuffle_space(std::size_t bytes) {
  thread_local std::unique_ptr<std::byte[]> space;
  thread_local std::size_t size = 0;
  if (size < bytes) {
    space.reset();
    space = std::make_unique_for_overwrite<std::byte[]>(bytes);
    size = bytes;
  }
  return space.get();
}

void encode_gzip(Bytes raw, std::vector<std::byte>& stored) {
  uLongf size = compressBound(raw.size());
  stored.resize(size);
  const int status = compress2(reinterpret_cast<Bytef*>(stored.data()), &size,
                               reinterpret_cast<const Bytef*>(raw.data()), raw.size(), gzip_level);
  if (status != Z_OK) throw DataError(fmt::format("zlib cannot compress (error {})", status));
  stored.resize(size);
}

void encode_zstd(Bytes raw, std::vector<std::byte>& stored) {
  thread_local const std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context(
      ZSTD_createCCtx(), ZSTD_freeCCtx);
  stored.resize(ZSTD_compressBound(raw.size()));
  const std::size_t size = ZSTD_compressCCtx(context.get(), stored.data(), stored.size(),
                                             raw.data(), raw.size(), zstd_level);
  if (ZSTD_isError(size) != 0) {
    throw DataError(fmt::format("zstd cannot compress ({})", ZSTD_getErrorName(size)));
  }
  stored.resize(size);
}

// One block holds the whole chunk.
void encode_lz4(Bytes raw, std::vector<std::byte>& stored) {
  const int raw_bytes = static_cast<int>(raw.size());
  const std::size_t begin = lz4_header + 4;
  stored.resize(begin + static_cast<std::size_t>(LZ4_compressBound(raw_bytes)));
  int size = LZ4_compress_default(reinterpret_cast<const char*>(raw.data()),
                                  reinterpret_cast<char*>(stored.data() + begin), raw_bytes,
                                  static_cast<int>(stored.size() - begin));
  if (size <= 0) throw DataError("lz4 cannot compress");
  if (size >= raw_bytes) {
    std::copy(raw.begin(), raw.end(), stored.begin() + static_cast<std::ptrdiff_t>(begin));
    size = raw_bytes;
  }
  store_big_endian<std::uint64_t>(raw.size(), stored.data());
  store_big_endian(static_cast<std::uint32_t>(raw.size()), stored.data() + 8);
  store_big_endian(static_cast<std::uint32_t>(size), stored.data() + lz4_header);
  stored.resize(begin + static_cast<std::size_t>(size));
}

const char* decode_gzip(Bytes stored, std::byte* into, std::size_t raw_bytes) {
  uLongf size = raw_bytes;
  const int status = uncompress(reinterpret_cast<Bytef*>(into), &size,
                                reinterpret_cast<const Bytef*>(stored.data()), stored.size());
  return status == Z_OK && size == raw_bytes ? nullptr : "its gzip stream is damaged";
}

const char* decompress(Codec codec, Bytes stored, std::byte* into, std::size_t raw_bytes) {
  switch (codec) {
    case Codec::gzip:
      return decode_gzip(stored, into, raw_bytes);
    case Codec::lz4:
      return decode_lz4(stored, into, raw_bytes);
    case Codec::zstd:
    case Codec::packed:
      return decode_zstd(stored, into, raw_bytes);
    case Codec::none:
      break;
  }
  if (stored.size() != raw_bytes) return "it has the wrong size";
  std::copy(stored.begin(), stored.end(), into);
  return nullptr;
}

}  // namespace

std::string_view name_of(Codec codec) {
  switch (codec) {
    case Codec::none:
      return "none";
    case Codec::gzip:
      return "gzip";
    case Codec::lz4:
      return "lz4";
    case Codec::zstd:
      return "zstd";
    case Codec::packed:
      break;
  }
  return "packed";
}

Codec codec_named(std::string_view name) {
  for (const Codec codec : codecs) {
    if (name == name_of(codec)) return codec;
  }
  throw InputError(
      fmt::format("unknown codec: '{}'. Take one of none, gzip, lz4, zstd, packed", name));
}

void encode(Codec codec, std::size_t element_bytes, Bytes raw, std::vector<std::byte>& stored) {
  if (codec == Codec::none || raw.empty()) {
    stored.assign(raw.begin(), raw.end());
    return;
  }
  if (element_bytes > 1) {
    std::byte* space = shuffle_space(raw.size());
    shuffle(raw.data(), raw.size() / element_bytes, element_bytes, space);
    raw = {space, raw.size()};
  }
  if (codec == Codec::gzip) encode_gzip(raw, stored);
  if (codec == Codec::lz4) encode_lz4(raw, stored);
  if (codec == Codec::zstd || codec == Codec::packed) encode_zstd(raw, stored);
}

namespace {

// Packed chunks, and those that are stored as they are, decode several times faster than
// compressed ones, so they may be somewhat larger.
constexpr double fast_bias = 1.25;
constexpr std::size_t sample_parts = 8;

// Bytes that zstd would take for the whole, about: one part in eight, from the middle.
double compressed_bytes(std::size_t element_bytes, Bytes raw, std::vector<std::byte>& space) {
  const std::size_t elements = raw.size() / element_bytes;
  const std::size_t sampled = std::max<std::size_t>(1, elements / sample_parts);
  const std::size_t begin = (elements - sampled) / 2;
  encode(Codec::zstd, element_bytes, raw.subspan(begin * element_bytes, sampled * element_bytes),
         space);
  return static_cast<double>(space.size()) * static_cast<double>(elements) /
         static_cast<double>(sampled);
}

}  // namespace

std::uint32_t skip_all(const Packing& packing, std::size_t element_bytes) {
  const int filters =
      (packing.kind != Packing::Kind::none ? 1 : 0) + (element_bytes > 1 ? 1 : 0) + 1;
  return (std::uint32_t{1} << filters) - 1;
}

std::uint32_t encode_chunk(Codec codec, const Packing& packing, std::size_t element_bytes,
                           Bytes raw, std::vector<std::byte>& stored) {
  const bool may_be_packed = codec == Codec::packed && packing.kind != Packing::Kind::none;
  if (may_be_packed) {
    thread_local std::vector<std::byte> sample;
    if (pack(packing, element_bytes, raw, stored) &&
        static_cast<double>(stored.size()) <=
            fast_bias * compressed_bytes(element_bytes, raw, sample)) {
      return skip_compression;
    }
  }
  encode(codec, element_bytes, raw, stored);
  if (codec == Codec::packed &&
      static_cast<double>(raw.size()) <= fast_bias * static_cast<double>(stored.size())) {
    stored.assign(raw.begin(), raw.end());
    return skip_all(packing, element_bytes);
  }
  return may_be_packed ? skip_packing : 0;
}

const char* decode_chunk(Codec codec, const Packing& packing, std::uint32_t skipped,
                         std::size_t element_bytes, Bytes stored, std::byte* into,
                         std::size_t raw_bytes) {
  if (codec == Codec::packed) {
    if (skipped == skip_all(packing, element_bytes))
      return decode(Codec::none, element_bytes, stored, into, raw_bytes);
    if (packing.kind != Packing::Kind::none && (skipped & skip_packing) == 0)
      return unpack(packing, element_bytes, stored, into, raw_bytes / element_bytes);
  }
  return decode(codec, element_bytes, stored, into, raw_bytes);
}

const char* decode(Codec codec, std::size_t element_bytes, Bytes stored, std::byte* into,
                   std::size_t raw_bytes) {
  if (codec == Codec::none || element_bytes <= 1) return decompress(codec, stored, into, raw_bytes);
  std::byte* space = shuffle_space(raw_bytes);
  if (const char* problem = decompress(codec, stored, space, raw_bytes)) return problem;
  unshuffle(space, raw_bytes / element_bytes, element_bytes, into);
  return nullptr;
}

const char* decode_lz4(Bytes stored, std::byte* into, std::size_t raw_bytes) {
  if (stored.size() < lz4_header || claimed_bytes_lz4(stored) != raw_bytes) {
    return "its LZ4 header is damaged";
  }
  const std::uint64_t block = load_big_endian<std::uint32_t>(stored.data() + 8);
  if (block == 0 || block > lz4_block_limit) return "its LZ4 block size is damaged";
  std::size_t at = lz4_header;
  for (std::size_t done = 0; done < raw_bytes;) {
    const std::size_t want = std::min<std::size_t>(block, raw_bytes - done);
    if (stored.size() - at < 4) return "its LZ4 blocks are cut off";
    const std::size_t size = load_big_endian<std::uint32_t>(stored.data() + at);
    at += 4;
    if (size > stored.size() - at || size > max_chunk_bytes) return "its LZ4 blocks are cut off";
    if (size == want) {
      std::memcpy(into + done, stored.data() + at, want);
    } else if (LZ4_decompress_safe(reinterpret_cast<const char*>(stored.data() + at),
                                   reinterpret_cast<char*>(into + done), static_cast<int>(size),
                                   static_cast<int>(want)) != static_cast<int>(want)) {
      return "an LZ4 block of it is damaged";
    }
    at += size;
    done += want;
  }
  return at == stored.size() ? nullptr : "it goes on after its last LZ4 block";
}

const char* decode_zstd(Bytes stored, std::byte* into, std::size_t raw_bytes) {
  thread_local const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(
      ZSTD_createDCtx(), ZSTD_freeDCtx);
  const std::size_t size =
      ZSTD_decompressDCtx(context.get(), into, raw_bytes, stored.data(), stored.size());
  return size == raw_bytes ? nullptr : "its Zstandard frame is damaged";
}

std::uint64_t claimed_bytes_lz4(Bytes stored) {
  return stored.size() < lz4_header ? 0 : load_big_endian<std::uint64_t>(stored.data());
}

std::uint64_t claimed_bytes_zstd(Bytes stored) {
  const unsigned long long size = ZSTD_getFrameContentSize(stored.data(), stored.size());
  return size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR ? 0 : size;
}

}  // namespace trawl::store
