#include "store/generated_dataset.hpp"

#include <fmt/format.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/error.hpp>
#include <trawl/store/generated_source.hpp>

namespace trawl::store {
namespace {

class GeneratedDataset final : public Dataset {
 public:
  explicit GeneratedDataset(const DatasetRef& ref)
      : source_(parse_generated(ref.location)), index_(ref.index) {
    const GeneratedSource::Shape shape = source_->shape();
    if (index_ >= shape.datasets) {
      throw InputError(fmt::format("no dataset {}: '{}' has {}, counted from 0", index_,
                                   ref.location, shape.datasets));
    }
    info_.name = ref.name;
    info_.kind = "generated";
    info_.schema = source_->schema();
    info_.rows = shape.rows;
    info_.row_group_rows = shape.row_group_rows;
    info_.codec = "-";
    info_.digest = digest();
    info_.column_bytes.assign(info_.schema.size(), 0);
    info_.distinct.assign(info_.schema.size(), std::nullopt);
  }

  std::optional<Zone> zone(std::uint64_t, std::size_t) const override { return std::nullopt; }

  std::uint64_t read(std::uint64_t group, std::size_t column, ColumnBuffer& into) const override {
    const std::uint64_t begin = info_.group_begin(group);
    source_->fill(index_, begin, begin + info_.group_rows(group), column, into);
    return 0;
  }

  std::string recompute_digest() const override { return digest(); }

 private:
  // The parameters are all the data there is.
  std::string digest() const {
    Xxh3Stream stream;
    stream.add(bytes_of(fmt::format("{}#{}", source_->canonical(), index_)));
    return stream.hex();
  }

  std::unique_ptr<GeneratedSource> source_;
  std::uint64_t index_;
};

}  // namespace

std::unique_ptr<Dataset> open_generated(const DatasetRef& ref) {
  return std::make_unique<GeneratedDataset>(ref);
}

}  // namespace trawl::store
