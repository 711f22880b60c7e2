// Python programs in tests: h5py and PyTables are the other side of the formats.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include <trawl/base/file.hpp>

#include "base/temp_folder.hpp"

namespace trawl::test {

// Runs `program` with `folder` as its current folder; its output, or a failure of the test.
inline std::string run_python(const fs::path& folder, const std::string& program) {
  write_file_atomically(folder / "program.py", program, true);
  const std::string command =
      "cd '" + folder.string() + "' && /usr/bin/python3 -W ignore program.py > output.txt 2>&1";
  const int status = std::system(command.c_str());
  std::string output = read_file(folder / "output.txt");
  EXPECT_EQ(status, 0) << output;
  return output;
}

inline bool has_python_modules(const std::string& modules) {
  static std::map<std::string, bool> known;
  const auto found = known.find(modules);
  if (found != known.end()) return found->second;
  const std::string command = "/usr/bin/python3 -c 'import " + modules + "' > /dev/null 2>&1";
  return known[modules] = std::system(command.c_str()) == 0;
}

}  // namespace trawl::test

#define TRAWL_NEED_PYTHON(modules)                   \
  if (!trawl::test::has_python_modules(modules)) {   \
    GTEST_SKIP() << "python3 without " << (modules); \
  }
