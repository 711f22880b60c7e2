// Files of others, made by Python programs.
#pragma once

#include <memory>
#include <string>

#include <trawl/base/error.hpp>

#include "store/python_support.hpp"
#include "store/table_support.hpp"

namespace trawl::store {

inline constexpr const char* h5py_modules = "h5py, numpy";

class Foreign : public testing::Test {
 protected:
  void python(const std::string& program) {
    test::run_python(folder.path(), "import h5py, numpy as np\nf = h5py.File('f.h5', 'w')\n" +
                                        program + "\nf.close()\n");
  }
  std::unique_ptr<Dataset> open(const std::string& table = "") {
    return open_dataset(ref_to(folder / "f.h5", table));
  }
  // Why the dataset cannot be opened, or read.
  std::string refusal(const std::string& table = "", const std::string& file = "f.h5") {
    try {
      const auto dataset = open_dataset(ref_to(folder / file, table));
      ColumnBuffer buffer;
      for (std::size_t c = 0; c < dataset->info().schema.size(); ++c) {
        for (std::uint64_t group = 0; group < dataset->info().row_groups(); ++group)
          dataset->read(group, c, buffer);
      }
    } catch (const DataError& error) {
      return error.what();
    }
    return "";
  }
  TempFolder folder;
};

}  // namespace trawl::store
