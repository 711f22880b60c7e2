#include <new>
#include <stdexcept>
#include <utility>

#include <openssl/evp.h>
#include <xxhash.h>
#ifdef TRAWL_XXHASH_DISPATCH  // CMake: this libxxhash can choose its vector instructions at run
                              // time
#define XXH_DISPATCH_DISABLE_REPLACE
#include <xxh_x86dispatch.h>
#endif

#include <trawl/base/digest.hpp>

namespace trawl {

std::uint64_t xxh3(Bytes bytes) {
#ifdef TRAWL_XXHASH_DISPATCH
  constexpr std::size_t vectors_from = 240;  // shorter inputs are hashed without them anyway
  if (bytes.size() > vectors_from) return XXH3_64bits_dispatch(bytes.data(), bytes.size());
#endif
  return XXH3_64bits(bytes.data(), bytes.size());
}

struct Xxh3Stream::State {
  State() : hash(XXH3_createState()) {
    if (hash == nullptr) throw std::bad_alloc();
    XXH3_128bits_reset(hash);
  }
  ~State() { XXH3_freeState(hash); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  XXH3_state_t* hash;
};

Xxh3Stream::Xxh3Stream() : state_(std::make_unique<State>()) {}
Xxh3Stream::~Xxh3Stream() = default;
Xxh3Stream::Xxh3Stream(Xxh3Stream&&) noexcept = default;
Xxh3Stream& Xxh3Stream::operator=(Xxh3Stream&&) noexcept = default;

void Xxh3Stream::add(Bytes bytes) {
  if (bytes.empty()) return;
#ifdef TRAWL_XXHASH_DISPATCH
  XXH3_128bits_update_dispatch(state_->hash, bytes.data(), bytes.size());
#else
  XXH3_128bits_update(state_->hash, bytes.data(), bytes.size());
#endif
}

std::string Xxh3Stream::hex() const {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state_->hash));
  return trawl::hex(std::as_bytes(std::span(canonical.digest)));
}

namespace {

// Fetched once: looking it up costs more than hashing a short text.
const EVP_MD* sha256_method() {
  static const EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return method;
}

void begin_hash(EVP_MD_CTX* context) {
  if (sha256_method() == nullptr || EVP_DigestInit_ex(context, sha256_method(), nullptr) != 1) {
    throw std::runtime_error(
        "OpenSSL offers no SHA-256: a provider is missing. Check openssl.cnf.");
  }
}

}  // namespace

struct Sha256::State {
  State() : context(EVP_MD_CTX_new()) {
    if (context == nullptr) throw std::bad_alloc();
    try {
      begin_hash(context);
    } catch (...) {
      EVP_MD_CTX_free(context);
      throw;
    }
  }
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  EVP_MD_CTX* context;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::add(Bytes bytes) {
  if (state_ == nullptr) throw std::logic_error("Sha256::add after finish");
  if (EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) != 1) {
    throw std::runtime_error("OpenSSL failed to hash");
  }
}

Sha256Digest Sha256::finish() {
  const auto state = std::exchange(state_, nullptr);
  if (state == nullptr) throw std::logic_error("Sha256::finish called twice");
  Sha256Digest digest;
  if (EVP_DigestFinal_ex(state->context, digest.data(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL failed to hash");
  }
  return digest;
}

Sha256Digest sha256(Bytes bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.finish();
}

std::string hex(Bytes bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::byte byte : bytes) {
    text += digits[std::to_integer<std::size_t>(byte >> 4)];
    text += digits[std::to_integer<std::size_t>(byte & std::byte{15})];
  }
  return text;
}

std::string hex(const Sha256Digest& digest) {
  return hex(std::as_bytes(std::span(digest)));
}

namespace {

// Of `tag`, `first` and `second`, in a context that this thread keeps: trees have many nodes.
Sha256Digest sha256_of(char tag, Bytes first, Bytes second) {
  using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;
  thread_local const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (context == nullptr) throw std::bad_alloc();
  begin_hash(context.get());
  Sha256Digest digest;
  if (EVP_DigestUpdate(context.get(), &tag, 1) != 1 ||
      EVP_DigestUpdate(context.get(), first.data(), first.size()) != 1 ||
      EVP_DigestUpdate(context.get(), second.data(), second.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL failed to hash");
  }
  return digest;
}

}  // namespace

Sha256Digest merkle_leaf(Bytes leaf) {
  return sha256_of('\0', leaf, {});
}

Sha256Digest merkle_node(const Sha256Digest& left, const Sha256Digest& right) {
  return sha256_of('\1', std::as_bytes(std::span(left)), std::as_bytes(std::span(right)));
}

namespace {

// Replaces the last two subtrees by the one that has them as children.
void join_last(std::vector<Sha256Digest>& roots) {
  const Sha256Digest right = roots.back();
  roots.pop_back();
  roots.back() = merkle_node(roots.back(), right);
}

}  // namespace

Sha256Digest merkle_root(std::span<const std::string> leaves) {
  if (leaves.empty()) return sha256({});
  // Roots of the full subtrees over the leaves so far, the widest first: one per bit of their
  // number. RFC 6962 splits off the largest power of two, so these are its left subtrees.
  std::vector<Sha256Digest> roots;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    roots.push_back(merkle_leaf(bytes_of(leaves[i])));
    for (std::size_t carry = i; (carry & 1u) != 0; carry >>= 1) join_last(roots);
  }
  while (roots.size() > 1) join_last(roots);
  return roots.front();
}

}  // namespace trawl
