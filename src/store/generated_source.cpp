#include <stdexcept>

#include <fmt/format.h>

#include <trawl/store/evidence_source.hpp>
#include <trawl/store/generated_source.hpp>
#include <trawl/store/generator.hpp>

#include "store/source_parameters.hpp"

namespace trawl::store {

std::string GeneratedSource::name_of(std::uint64_t dataset) const {
  return fmt::format("{}-{:05}", kind(), dataset);
}

void GeneratedSource::fill(std::uint64_t dataset, std::uint64_t begin, std::uint64_t end,
                           std::size_t column, ColumnBuffer& into) const {
  const Shape is = shape();
  if (dataset >= is.datasets || begin > end || end > is.rows || column >= schema_.size()) {
    throw std::out_of_range(
        fmt::format("GeneratedSource::fill: dataset {}, rows [{}, {}), "
                    "column {}",
                    dataset, begin, end, column));
  }
  const ColumnSchema& schema = schema_[column];
  into.view = ColumnView{};
  into.view.type = schema.type;
  into.view.lane = schema.lane;
  into.view.rows = static_cast<std::size_t>(end - begin);
  into.view.categories = schema.categories.get();
  make(dataset, begin, end, column, into);
}

std::unique_ptr<GeneratedSource> parse_generated(std::string_view source) {
  const std::string_view name = source.substr(0, source.find('?'));
  if (name == "gen:transactions")
    return std::make_unique<Transactions>(Transactions::parse(source));
  if (name == "gen:evidence")
    return std::make_unique<EvidenceSource>(EvidenceSource::parse(source));
  refuse_source(fmt::format("'{}'", name), "there are gen:transactions and gen:evidence");
}

}  // namespace trawl::store
