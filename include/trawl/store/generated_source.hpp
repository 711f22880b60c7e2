// What generated sources have in common: datasets whose rows are a pure function of the parameters,
// so that any rank can make any slice, and a search can run over data that is never stored.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <trawl/base/column.hpp>
#include <trawl/base/schema.hpp>

namespace trawl::store {

// Immutable.
class GeneratedSource {
 public:
  static constexpr std::uint64_t max_datasets = 100'000;  // so that names sort like numbers
  static constexpr std::uint64_t max_rows = std::uint64_t{1} << 40;

  struct Shape {
    std::uint64_t datasets = 0;
    std::uint64_t rows = 0;  // of each dataset
    std::uint64_t row_group_rows = 0;
  };

  virtual ~GeneratedSource() = default;
  virtual std::string_view kind() const = 0;  // "transactions"
  virtual Shape shape() const = 0;
  // "gen:KIND?parameter=value&...": every parameter that matters, in fixed order.
  virtual std::string canonical() const = 0;
  const Schema& schema() const { return schema_; }

  // KIND-00000, and so on: also what `trawl generate` names its files.
  std::string name_of(std::uint64_t dataset) const;

  // Fills `into` with rows [begin, end) of one column of one dataset. Every value depends only on
  // the parameters, the dataset, the row and the column, and has the same bits on every host.
  // Thread-safe. O(end - begin). std::out_of_range when there are no such rows.
  void fill(std::uint64_t dataset, std::uint64_t begin, std::uint64_t end, std::size_t column,
            ColumnBuffer& into) const;

 protected:
  Schema schema_;

 private:
  // The same, with everything of `into.view` set that the schema says.
  virtual void make(std::uint64_t dataset, std::uint64_t begin, std::uint64_t end,
                    std::size_t column, ColumnBuffer& into) const = 0;
};

// Any order of parameters, defaults for what is missing. InputError names the parameter, or the
// kind, and lists what there is.
std::unique_ptr<GeneratedSource> parse_generated(std::string_view source);

}  // namespace trawl::store
