// Text columns of foreign files: fixed-length and variable-length strings.
#include <algorithm>
#include <new>
#include <vector>

#include <trawl/base/error.hpp>

#include "store/hdf5_column.hpp"

namespace trawl::store {
namespace {

// Strings are read in blocks of about this size, and a row group of texts may take so much in all.
constexpr std::size_t block_bytes = std::size_t{16} << 20;
constexpr std::size_t max_text_bytes = std::size_t{1} << 30;

// Collects texts into a buffer.
class Texts {
 public:
  explicit Texts(std::size_t rows) { ends_.reserve(rows); }
  bool add(std::string_view text) {
    bytes_ += text;
    ends_.push_back(bytes_.size());
    return bytes_.size() <= max_text_bytes;
  }
  void move_to(ColumnBuffer& into) const {
    std::uint64_t* ends = into.allocate_ends(ends_.size());
    char* bytes = into.allocate_bytes(bytes_.size());
    std::copy(ends_.begin(), ends_.end(), ends);
    bytes_.copy(bytes, bytes_.size());
    into.view.ends = ends;
    into.view.bytes = bytes;
  }

 private:
  std::vector<std::uint64_t> ends_;
  std::string bytes_;
};

class FixedStringColumn : public Hdf5Column {
 public:
  FixedStringColumn(ColumnSchema schema, std::uint64_t stored,
                    std::shared_ptr<const Hdf5Source> source, Handle memory,
                    const std::string& member)
      : Hdf5Column(std::move(schema), stored, *source),
        source_(std::move(source)),
        width_(H5Tget_size(memory.get())),
        padding_(H5Tget_strpad(memory.get())),
        memory_(picking(std::move(memory), member)) {}

 protected:
  void read_values(std::uint64_t begin, std::size_t rows, ColumnBuffer& into) const override {
    const std::size_t step = std::max<std::size_t>(1, block_bytes / width_);
    std::string block;
    Texts texts(rows);
    for (std::size_t done = 0; done < rows; done += step) {
      const std::size_t count = std::min(step, rows - done);
      block.resize(count * width_);
      source_->read(memory_.get(), begin + done, count, block.data());
      for (std::size_t i = 0; i < count; ++i) {
        if (!texts.add(trimmed({block.data() + i * width_, width_}))) {
          bad_value(schema_, *source_, begin + done + i, "more than 1 GiB of text in a row group");
        }
      }
    }
    texts.move_to(into);
  }

 private:
  std::string_view trimmed(std::string_view text) const {
    if (padding_ == H5T_STR_NULLTERM) return text.substr(0, text.find('\0'));
    return text.substr(0, text.find_last_not_of(padding_ == H5T_STR_SPACEPAD ? ' ' : '\0') + 1);
  }

  std::shared_ptr<const Hdf5Source> source_;
  std::size_t width_;
  H5T_str_t padding_;
  Handle memory_;
};

// Memory for variable-length strings, freed at once, and never more of it than a row group may
// have.
class Arena {
 public:
  static void* allocate(std::size_t bytes, void* arena) {
    auto& self = *static_cast<Arena*>(arena);
    if (bytes > max_text_bytes - self.used_) return nullptr;
    self.used_ += bytes;
    try {
      return self.blocks_.emplace_back(std::make_unique_for_overwrite<char[]>(bytes)).get();
    } catch (const std::bad_alloc&) {
      return nullptr;  // the caller is C
    }
  }
  static void release(void*, void*) {}

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t used_ = 0;
};

class VariableStringColumn : public Hdf5Column {
 public:
  VariableStringColumn(ColumnSchema schema, std::uint64_t stored,
                       std::shared_ptr<const Hdf5Source> source, Handle memory,
                       const std::string& member)
      : Hdf5Column(std::move(schema), stored, *source),
        source_(std::move(source)),
        memory_(picking(std::move(memory), member)) {}

 protected:
  void read_values(std::uint64_t begin, std::size_t rows, ColumnBuffer& into) const override {
    Arena arena;
    const Handle transfer =
        owned(H5Pcreate(H5P_DATASET_XFER), H5Pclose, "cannot read", source_->path);
    check(H5Pset_vlen_mem_manager(transfer.get(), Arena::allocate, &arena, Arena::release, &arena),
          "cannot read", source_->path);
    std::vector<const char*> pointers(rows);
    source_->read(memory_.get(), begin, rows, pointers.data(), transfer.get());
    Texts texts(rows);
    for (std::size_t row = 0; row < rows; ++row) {
      if (!texts.add(pointers[row] == nullptr ? "" : pointers[row])) {
        bad_value(schema_, *source_, begin + row, "more than 1 GiB of text in a row group");
      }
    }
    texts.move_to(into);
  }

 private:
  std::shared_ptr<const Hdf5Source> source_;
  Handle memory_;
};

}  // namespace

std::unique_ptr<Hdf5Column> make_string_column(ColumnSchema schema, std::uint64_t stored,
                                               std::shared_ptr<const Hdf5Source> source,
                                               Meaning meaning, const std::string& member) {
  if (meaning.kind == Kind::fixed_string) {
    return std::make_unique<FixedStringColumn>(std::move(schema), stored, std::move(source),
                                               std::move(meaning.memory), member);
  }
  return std::make_unique<VariableStringColumn>(std::move(schema), stored, std::move(source),
                                                std::move(meaning.memory), member);
}

}  // namespace trawl::store
