// From INPUT arguments to datasets.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>
#include <glob.h>
#include <sys/stat.h>

#include <trawl/base/error.hpp>
#include <trawl/base/file.hpp>
#include <trawl/store/catalog.hpp>
#include <trawl/store/dataset.hpp>
#include <trawl/store/generated_source.hpp>
#include <trawl/store/sidecar.hpp>

namespace trawl::store {
namespace {

// A file that an input leads to.
struct Found {
  std::string path;
  bool plain = false;     // known to be no symbolic link
  bool no_index = false;  // its folder was listed, and there is no sidecar beside it
};

// As fs::path::extension, without making a path: thousands of names are looked at.
bool is_hdf5_name(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return (name.ends_with(".h5") && name.size() > 3) || (name.ends_with(".hdf5") && name.size() > 5);
}

std::string_view without_ending(std::string_view name) {
  return is_hdf5_name(name) ? name.substr(0, name.rfind('.')) : name;
}

bool is_pattern(const std::string& input) {
  return input.find_first_of("*?[") != std::string::npos;
}

// Folders are read with the types of what is in them, so that no file is asked about by itself.
std::vector<Found> files_below(const fs::path& folder, const std::string& input) {
  std::vector<Found> files;
  std::unordered_set<std::string> indexes;
  std::error_code error;
  for (fs::recursive_directory_iterator
           it(folder, fs::directory_options::follow_directory_symlink, error),
       end;
       !error && it != end; it.increment(error)) {
    const std::string& path = it->path().native();
    if (it.depth() > 64)
      throw InputError(fmt::format("folder nested too deeply (a loop?): {}", path));
    if (path.ends_with(sidecar_ending)) indexes.insert(path);
    if (is_hdf5_name(path) && !it->is_directory())
      files.push_back({path, !it->is_symlink(), false});
  }
  if (error)
    throw InputError(fmt::format("cannot list folder: {} ({})", folder.string(), error.message()));
  if (files.empty()) {
    throw InputError(fmt::format("no datasets in folder: {} (no *.h5 or *.hdf5 below it)", input));
  }
  for (Found& file : files) {
    file.no_index = indexes.empty() || !indexes.contains(file.path + std::string(sidecar_ending));
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
void expand_pattern(const std::string& input, std::vector<Found>& files) {
  const std::size_t before = files.size();
  for (const fs::path& path : files_matching(input)) {
    if (fs::is_directory(path)) {
      for (Found& file : files_below(path, path.string())) files.push_back(std::move(file));
    } else if (is_hdf5_name(path.native())) {
      files.push_back({path.string()});
    }
  }
  if (files.size() == before) {
    throw InputError(
        fmt::format("pattern matches no dataset: {} (no *.h5 or *.hdf5 among its files)", input));
  }
}

void expand(const std::string& input, std::vector<Found>& files) {
  std::error_code ignored;
  if (fs::is_directory(input, ignored)) {
    for (Found& file : files_below(input, input)) files.push_back(std::move(file));
  } else if (!fs::exists(input, ignored) && is_pattern(input)) {
    expand_pattern(input, files);
  } else {
    files.push_back({input});
  }
}

fs::path resolve(const fs::path& path) {
  std::error_code error;
  fs::path result = fs::weakly_canonical(path, error);
  return error ? fs::absolute(path).lexically_normal() : result;
}

// What the files of one folder have in common, found once: resolving and normalising a path costs
// more than opening a file.
struct Folder {
  fs::path canonical;    // symbolic links resolved as far as the path exists
  fs::path absolute;     // as given, without links resolved
  std::string relative;  // from the folder that all files share; with a slash behind, or empty
  std::string catalog;
};

class Folders {
 public:
  // The folder that `path` names a file of.
  Folder& of(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    const std::string key(path.substr(0, slash == std::string_view::npos ? 0 : slash + 1));
    const auto known = folders_.find(key);
    if (known != folders_.end()) return known->second;
    const fs::path folder = key.empty() ? fs::path(".") : fs::path(key);
    return folders_
        .emplace(key, Folder{resolve(folder),
                             (fs::absolute(folder) / "x").lexically_normal().parent_path(),
                             {},
                             {}})
        .first->second;
  }
  // Once all are known: what depends on all of them. Returns the folder that all are below.
  void settle() {
    const fs::path common = deepest_common();
    for (auto& [_, folder] : folders_) {
      const fs::path relative = folder.absolute.lexically_relative(common);
      if (relative != ".") folder.relative = relative.string() + '/';
      folder.catalog = catalog_of(folder.absolute / "x", common);
    }
  }

 private:
  fs::path deepest_common() const {
    fs::path common = folders_.begin()->second.absolute;
    for (const auto& [_, folder] : folders_) {
      fs::path kept;
      for (auto a = common.begin(), b = folder.absolute.begin();
           a != common.end() && b != folder.absolute.end() && *a == *b; ++a, ++b) {
        kept /= *a;
      }
      common = kept;
    }
    return common;
  }
  std::unordered_map<std::string, Folder> folders_;
};

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

// One path for one file, however it is written.
std::string canonical_path(const Found& file, Folders& folders) {
  std::error_code error;
  const bool plain = file.plain || fs::is_regular_file(fs::symlink_status(file.path, error));
  if (!plain || error) return resolve(file.path).string();
  return (folders.of(file.path).canonical / file_name(file.path)).string();
}

// The files without those that were found before, by another name or the same. Of several names the
// first one in order stays.
std::vector<Found> distinct(std::vector<Found> files, Folders& folders) {
  std::vector<Found> kept;
  std::unordered_map<std::string, std::size_t> known;  // by canonical path, in `kept`
  for (Found& file : files) {
    const auto [first, is_new] = known.emplace(canonical_path(file, folders), kept.size());
    if (is_new) {
      kept.push_back(std::move(file));
    } else if (fs::path(file.path) < fs::path(kept[first->second].path)) {
      kept[first->second] = std::move(file);
    }
  }
  return kept;
}

std::uint64_t size_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

void add_files(std::vector<Found> files, const std::string& table, bool sizes,
               std::vector<DatasetRef>& refs) {
  if (files.empty()) return;
  // Names come from the paths as given, not from what symbolic links point to: job systems stage
  // inputs as links.
  Folders folders;
  files = distinct(std::move(files), folders);
  Folders named;  // of the files that are left: others have no say in how they are called
  for (const Found& file : files) named.of(file.path);
  named.settle();
  for (Found& file : files) {
    const Folder& folder = named.of(file.path);
    std::string name = folder.relative;
    name += without_ending(file_name(file.path));
    if (name.empty()) name = ".";  // a folder that does not exist: opening it fails
    const std::uint64_t bytes = sizes ? size_of(file.path) : 0;
    refs.push_back(
        {std::move(name), std::move(file.path), table, 0, bytes, folder.catalog, file.no_index});
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

std::vector<DatasetRef> list_inputs(std::span<const std::string> inputs, const std::string& table,
                                    bool sizes) {
  if (inputs.empty())
    throw InputError("no inputs: name files, folders, patterns in quotes, or gen: sources");
  std::vector<Found> files;
  std::vector<DatasetRef> refs;
  for (const std::string& input : inputs) {
    if (input.empty()) throw InputError("an input is empty");
    if (input.starts_with("gen:")) {
      add_generated(input, refs);
    } else {
      expand(input, files);
    }
  }
  add_files(std::move(files), table, sizes, refs);
  settle(refs);
  return refs;
}

}  // namespace trawl::store
