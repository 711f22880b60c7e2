// The identities that a state of evidence has seen, with what was said under each: what it takes to
// count each once when states are merged, and to take one back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fold/evidence/candidate.hpp"
#include "fold/evidence/table.hpp"
#include "fold/state_section.hpp"

namespace trawl::fold {

inline constexpr std::string_view records_section = "records";
inline constexpr std::string_view retracted_section = "retracted";

// Where an identity stands in both sections: by the hash of its bytes (append_identity), then
// these.
struct IdentityOrder {
  std::uint64_t hash = 0;
  std::string identity;

  explicit IdentityOrder(std::string bytes);
  IdentityOrder() = default;
  auto operator<=>(const IdentityOrder&) const = default;
};

// All rows of one identity.
struct IdentityRecord {
  std::string identity;
  std::uint64_t deliveries = 0;       // rows; 0: not known, in states without ids
  std::vector<std::string> contents;  // bytes (CandidateBytes::content), ascending, each once

  // Contents of both, once.
  void merge(const IdentityRecord& other);

  // Appends the record of the section, whose numbers are varints (LEB128): bytes that follow; size
  // of the identity, identity; deliveries; contents; of each, size and bytes.
  void append_bytes(std::string& out) const;
  // Of what follows the first number. Error for everything that append_bytes would not have
  // written.
  static IdentityRecord from_bytes(std::string_view bytes);
};

// What sums are made by.
struct SumRules {
  double max_log_odds = 50;  // as in evidence::Rules
  bool by_type = false;
};
// Adds what an identity counts in the sums of its source.
void count_record(const IdentityRecord& record, const SumRules& rules, SourceState& into);

// Reads the section of records, one identity after the other. Memory: a chunk and a record.
class IdentityRecordReader {
 public:
  IdentityRecordReader(const store::StateReader& file, const std::string& name, bool ids)
      : bytes_(file, name, records_section), ids_(ids) {}

  // Moves to the next, first to the first; false behind the last. DataError: damaged.
  bool next();
  const IdentityRecord& record() const { return record_; }
  const IdentityOrder& order() const { return order_; }
  bool before(const IdentityRecordReader& other) const { return order_ < other.order_; }
  bool same(const IdentityRecordReader& other) const { return order_ == other.order_; }

 private:
  SectionBytes bytes_;
  bool ids_;
  bool first_ = true;
  IdentityRecord record_;
  IdentityOrder order_;
};

// The retracted identities of a state: few, so all at once. Ascending. DataError: damaged.
std::vector<IdentityOrder> read_retracted(const store::StateReader& file, const std::string& name);
void write_retracted(const std::vector<IdentityOrder>& retracted, store::StateWriter& writer);

void put_varint(std::string& out, std::uint64_t value);
// Error when the bytes end before it does, or it is longer than it needs to be.
std::uint64_t take_varint(std::string_view& bytes);

}  // namespace trawl::fold
