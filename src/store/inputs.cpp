// From INPUT arguments to datasets.
#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <glob.h>

#include <trawl/base/error.hpp>
#include <trawl/base/file.hpp>
#include <trawl/store/catalog.hpp>
#include <trawl/store/dataset.hpp>
#include <trawl/store/generated_source.hpp>

namespace trawl::store {
namespace {

bool is_hdf5_name(const fs::path& path) {
  return path.extension() == ".h5" || path.extension() == ".hdf5";
}

bool is_pattern(const std::string& input) {
  return input.find_first_of("*?[") != std::string::npos;
}

// One path for one file, however it is written: symbolic links resolved as far as the path exists.
// Folders are resolved once: resolving costs a few system calls per part of a path.
class CanonicalPaths {
 public:
  fs::path of(const fs::path& path) {
    std::error_code error;
    const bool is_plain = fs::is_regular_file(fs::symlink_status(path, error));
    if (!is_plain || error || !path.has_filename()) return resolve(path);
    const fs::path folder = path.parent_path();
    auto known = folders_.find(folder);
    if (known == folders_.end())
      known = folders_.emplace(folder, resolve(folder.empty() ? "." : folder)).first;
    return known->second / path.filename();
  }

 private:
  static fs::path resolve(const fs::path& path) {
    std::error_code error;
    fs::path result = fs::weakly_canonical(path, error);
    return error ? fs::absolute(path).lexically_normal() : result;
  }
  std::map<fs::path, fs::path> folders_;
};

std::vector<fs::path> files_below(const fs::path& folder, const std::string& input) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator
           it(folder, fs::directory_options::follow_directory_symlink, error),
       end;
       !error && it != end; it.increment(error)) {
    if (it.depth() > 64)
      throw InputError(fmt::format("folder nested too deeply (a loop?): {}", it->path().string()));
    if (is_hdf5_name(it->path()) && !it->is_directory()) files.push_back(it->path());
  }
  if (error)
    throw InputError(fmt::format("cannot list folder: {} ({})", folder.string(), error.message()));
  if (files.empty()) {
    throw InputError(fmt::format("no datasets in folder: {} (no *.h5 or *.hdf5 below it)", input));
  }
  return files;
}

std::vector<fs::path> files_matching(const std::string& input) {
  glob_t found{};
  const int status = ::glob(input.c_str(), GLOB_NOSORT, nullptr, &found);
  std::vector<fs::path> files(found.gl_pathv, found.gl_pathv + (status == 0 ? found.gl_pathc : 0));
  ::globfree(&found);
  if (status == GLOB_NOSPACE || status == GLOB_ABORTED) {
    throw InputError(fmt::format("cannot expand pattern: {}", input));
  }
  if (files.empty()) throw InputError(fmt::format("pattern matches nothing: {}", input));
  return files;
}

// A pattern may match folders and files; of its files only datasets are meant, but one that matches
// none is a mistake.
void expand_pattern(const std::string& input, std::vector<fs::path>& files) {
  const std::size_t before = files.size();
  for (const fs::path& path : files_matching(input)) {
    if (fs::is_directory(path)) {
      for (fs::path& file : files_below(path, path.string())) files.push_back(std::move(file));
    } else if (is_hdf5_name(path)) {
      files.push_back(path);
    }
  }
  if (files.size() == before) {
    throw InputError(
        fmt::format("pattern matches no dataset: {} (no *.h5 or *.hdf5 among its files)", input));
  }
}

void expand(const std::string& input, std::vector<fs::path>& files) {
  std::error_code ignored;
  if (fs::is_directory(input, ignored)) {
    for (fs::path& file : files_below(input, input)) files.push_back(std::move(file));
  } else if (!fs::exists(input, ignored) && is_pattern(input)) {
    expand_pattern(input, files);
  } else {
    files.emplace_back(input);
  }
}

fs::path deepest_common_folder(const std::vector<fs::path>& files) {
  fs::path common = files[0].parent_path();
  for (const fs::path& file : files) {
    fs::path kept;
    const fs::path folder = file.parent_path();
    for (auto a = common.begin(), b = folder.begin();
         a != common.end() && b != folder.end() && *a == *b; ++a, ++b) {
      kept /= *a;
    }
    common = kept;
  }
  return common;
}

void add_files(std::vector<fs::path> files, const std::string& table,
               std::vector<DatasetRef>& refs) {
  if (files.empty()) return;
  // Names come from the paths as given, not from what symbolic links point to: job systems stage
  // inputs as links.
  std::sort(files.begin(), files.end());
  std::map<fs::path, fs::path> first;  // canonical path -> the first path that leads there
  CanonicalPaths canonical;
  for (const fs::path& file : files) first.emplace(canonical.of(file), file);
  std::vector<fs::path> absolute;
  for (const auto& [_, file] : first) absolute.push_back(fs::absolute(file).lexically_normal());
  const fs::path folder = deepest_common_folder(absolute);
  std::map<fs::path, std::string> catalogs;  // by folder
  std::size_t i = 0;
  for (const auto& [_, file] : first) {
    fs::path name = absolute[i++].lexically_relative(folder);
    if (is_hdf5_name(name)) name.replace_extension();
    std::error_code error;
    const std::uintmax_t bytes = fs::file_size(file, error);
    refs.push_back({name.string(), file.string(), table, 0, error ? 0 : bytes, {}});
    const fs::path own = absolute[i - 1].parent_path();
    auto known = catalogs.find(own);
    if (known == catalogs.end())
      known = catalogs.emplace(own, catalog_of(absolute[i - 1], folder)).first;
    refs.back().catalog = known->second;
  }
}

void add_generated(const std::string& source, std::vector<DatasetRef>& refs) {
  const std::unique_ptr<GeneratedSource> generated = parse_generated(source);
  const GeneratedSource::Shape shape = generated->shape();
  const std::string location = generated->canonical();
  std::uint64_t row_bytes = 0;
  for (const ColumnSchema& column : generated->schema())
    row_bytes += std::max<std::size_t>(8, lane_bytes(column.lane));
  for (std::uint64_t i = 0; i < shape.datasets; ++i)
    refs.push_back({generated->name_of(i), location, "", i, shape.rows * row_bytes, {}});
}

// Canonical order; the same dataset twice is one.
void settle(std::vector<DatasetRef>& refs) {
  std::sort(refs.begin(), refs.end(), [](const DatasetRef& a, const DatasetRef& b) {
    return std::tie(a.name, a.location, a.index) < std::tie(b.name, b.location, b.index);
  });
  refs.erase(std::unique(refs.begin(), refs.end()), refs.end());
  for (std::size_t i = 1; i < refs.size(); ++i) {
    if (refs[i].name == refs[i - 1].name) {
      throw InputError(fmt::format(
          "two datasets have the same name: '{}' ({} and {}). Rename one, or search them "
          "in two runs",
          refs[i].name, refs[i - 1].location, refs[i].location));
    }
  }
}

}  // namespace

std::vector<DatasetRef> list_inputs(std::span<const std::string> inputs, const std::string& table) {
  if (inputs.empty())
    throw InputError("no inputs: name files, folders, patterns in quotes, or gen: sources");
  std::vector<fs::path> files;
  std::vector<DatasetRef> refs;
  for (const std::string& input : inputs) {
    if (input.empty()) throw InputError("an input is empty");
    if (input.starts_with("gen:")) {
      add_generated(input, refs);
    } else {
      expand(input, files);
    }
  }
  add_files(std::move(files), table, refs);
  settle(refs);
  return refs;
}

}  // namespace trawl::store
