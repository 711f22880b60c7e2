// The last steps of every file that has an index: datasets, and sidecars that index other files.
#pragma once

#include <string>
#include <vector>

#include <trawl/store/writer.hpp>

#include "store/output_file.hpp"

namespace trawl::store {

// The screens of a file that is being written: opaque chunks, one HDF5 dataset per column and kind.
class ScreenParts {
 public:
  // `names`: of the columns.
  ScreenParts(OutputFile& file, std::vector<std::string> names)
      : file_(&file), names_(std::move(names)) {}

  // InputError when its size is not that of the chunks before it.
  void append(Screen screen, std::size_t column, Bytes chunk);
  void describe(Screen screen, std::size_t column, std::string layout);
  void add_to(Index& index);
  void close();

 private:
  struct One {
    Screen screen;
    std::size_t column;
    PartWriter writer;
    std::string layout;
  };
  One* find(Screen screen, std::size_t column);
  One& create(Screen screen, std::size_t column, std::size_t chunk_bytes);

  OutputFile* file_;
  std::vector<std::string> names_;
  std::vector<One> all_;
};

// The HDF5 type of a ChunkRecord.
Handle chunk_type();

// Adds a part and its chunks. Its number. InputError when there are too many.
std::uint32_t add_part(Index& index, const PartWriter& writer);

// Writes the datasets of /index. The seal still lacks size and digest of the content.
Seal write_index(OutputFile& file, const Index& index);

// Closes the file, reads back all that was written, through HDF5 and through the index (closing
// alone proves nothing), seals the file and moves it to its name.
WrittenDataset seal_and_publish(OutputFile& file, const Index& index, Seal seal);

}  // namespace trawl::store
