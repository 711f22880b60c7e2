// The file form of proofs: docs/formats/proof.md.
#include <string_view>

#include <trawl/core/integrity/merkle.hpp>
#include <trawl/core/integrity/sum_proof.hpp>

#include "core/integrity/node_bytes.hpp"

namespace trawl::core {
namespace {

using integrity::append;
using integrity::append_bytes;
using integrity::append_string;
using integrity::Reader;

constexpr std::string_view inclusion_magic = "trawl proof 3\n";
constexpr std::string_view absence_magic = "trawl absence 3\n";
enum Neighbours : std::uint8_t { has_before = 1, has_after = 2 };

bool begins_with(Bytes bytes, std::string_view magic) {
  const Bytes expected = bytes_of(magic);
  return bytes.size() >= expected.size() &&
         std::equal(expected.begin(), expected.end(), bytes.begin());
}

// The number of siblings follows from index and leaves, which are checked to agree.
void append_leaf(std::vector<std::byte>& out, const SumProof& proof) {
  append(out, proof.leaves);
  append(out, proof.index);
  append_string(out, proof.key);
  integrity::SumCoder sums;
  sums.append(out, proof.sum);
  if (proof.index >= proof.leaves ||
      proof.path.size() != siblings_of(proof.index, proof.leaves).size()) {
    throw std::logic_error("a proof whose path does not fit its leaf cannot be written");
  }
  sums.append_nodes(out, proof.path);
}

SumProof read_leaf(Reader& reader, const std::string& kind) {
  SumProof proof;
  proof.kind = kind;
  proof.leaves = reader.number<std::uint64_t>();
  proof.index = reader.number<std::uint64_t>();
  if (proof.index >= proof.leaves) reader.fail("no such leaf");
  proof.key = reader.string();
  integrity::SumCoder sums;
  proof.sum = sums.take(reader);
  proof.path = sums.take_nodes(reader, siblings_of(proof.index, proof.leaves).size());
  return proof;
}

}  // namespace

ProofOf what_is_proved(Bytes bytes) {
  if (begins_with(bytes, inclusion_magic)) return ProofOf::inclusion;
  if (begins_with(bytes, absence_magic)) return ProofOf::absence;
  for (const std::string_view magic : {inclusion_magic, absence_magic}) {
    const std::string_view words =
        magic.substr(0, magic.size() - 2);  // without version and newline
    if (!begins_with(bytes, words)) continue;
    throw DataError("a proof of another version: this program reads '" +
                    std::string(magic.substr(0, magic.size() - 1)) +
                    "'. Let `trawl prove` make it again from the state");
  }
  throw DataError("not a proof: it does not begin with '" +
                  std::string(inclusion_magic.substr(0, inclusion_magic.size() - 1)) + "'");
}

std::vector<std::byte> to_bytes(const SumProof& proof) {
  std::vector<std::byte> out;
  append_bytes(out, bytes_of(inclusion_magic));
  append_string(out, bytes_of(proof.kind));
  append_leaf(out, proof);
  return out;
}

std::vector<std::byte> to_bytes(const AbsenceProof& proof) {
  std::vector<std::byte> out;
  append_bytes(out, bytes_of(absence_magic));
  append_string(out, bytes_of(proof.kind));
  append(out, static_cast<std::uint8_t>((proof.before ? has_before : 0) |
                                        (proof.after ? has_after : 0)));
  if (proof.before) append_leaf(out, *proof.before);
  if (proof.after) append_leaf(out, *proof.after);
  return out;
}

SumProof sum_proof_from_bytes(Bytes bytes) {
  Reader reader(bytes, "a proof");
  if (!begins_with(bytes, inclusion_magic)) reader.fail("not a proof of inclusion");
  reader.take(inclusion_magic.size());
  const std::string kind = reader.text();
  SumProof proof = read_leaf(reader, kind);
  reader.expect_end();
  return proof;
}

AbsenceProof absence_proof_from_bytes(Bytes bytes) {
  Reader reader(bytes, "a proof");
  if (!begins_with(bytes, absence_magic)) reader.fail("not a proof of absence");
  reader.take(absence_magic.size());
  AbsenceProof proof;
  proof.kind = reader.text();
  const auto neighbours = reader.number<std::uint8_t>();
  if (neighbours > (has_before | has_after)) reader.fail("unknown flag");
  if (neighbours & has_before) proof.before = read_leaf(reader, proof.kind);
  if (neighbours & has_after) proof.after = read_leaf(reader, proof.kind);
  reader.expect_end();
  return proof;
}

}  // namespace trawl::core
