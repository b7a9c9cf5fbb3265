#include "cli/packages/installed.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "cli/packages/dependencies.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

/// "Requires-Dist: x" gives "x" for the field "Requires-Dist"; metadata's fields are headers of an
/// e-mail (RFC 822), and an empty line ends them.
std::string_view field_value(std::string_view line, std::string_view field) {
  if (line.size() <= field.size() || !line.starts_with(field) || line[field.size()] != ':') {
    return {};
  }
  line.remove_prefix(field.size() + 1);
  const size_t begin = line.find_first_not_of(" \t");
  return begin == std::string_view::npos ? std::string_view() : line.substr(begin);
}

InstalledPackage read_metadata(const fs::path& file) {
  InstalledPackage package;
  std::istringstream lines(read_file(file));
  std::string line;
  while (std::getline(lines, line)) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) break;
    if (const auto name = field_value(line, "Name"); !name.empty()) {
      package.name = normalized_package_name(name);
    } else if (const auto version = field_value(line, "Version"); !version.empty()) {
      package.version = std::string(version);
    } else if (const auto required = field_value(line, "Requires-Dist"); !required.empty()) {
      DependencySpecifier specifier = parse_dependency(required);
      if (!specifier.name.empty()) package.requires_.push_back(std::move(specifier));
    }
  }
  return package;
}

/// The first column of RECORD, a CSV file (packaging.python.org, "Recording installed projects").
std::vector<std::string> read_record(const fs::path& file) {
  std::vector<std::string> files;
  std::istringstream lines(read_file(file));
  std::string line;
  while (std::getline(lines, line)) {
    std::string name;
    if (line.starts_with('"')) {
      for (size_t i = 1; i < line.size(); ++i) {
        if (line[i] == '"' && (i + 1 == line.size() || line[++i] != '"')) break;
        name += line[i];
      }
    } else {
      name = line.substr(0, line.find(','));
    }
    // Nothing outside of the folder is its package's.
    const fs::path normal = fs::path(name).lexically_normal();
    if (!name.empty() && normal.is_relative() && *normal.begin() != "..") files.push_back(name);
  }
  return files;
}

/// Feeds a deflate stream and counts what comes out.
class CompressedSize {
 public:
  CompressedSize() {
    // 15 bits of window and 16 for a gzip header, as wrangler's figure has it.
    constexpr int kGzip = 15 + 16;
    constexpr int kMemory = 8;
    if (::deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, kMemory,
                       Z_DEFAULT_STRATEGY) != Z_OK) {
      throw Error("zlib could not be started");
    }
  }
  CompressedSize(const CompressedSize&) = delete;
  CompressedSize& operator=(const CompressedSize&) = delete;
  ~CompressedSize() { ::deflateEnd(&stream_); }

  void add(const std::string& bytes) { feed(bytes, Z_NO_FLUSH); }
  uintmax_t finish() {
    feed("", Z_FINISH);
    return count_;
  }

 private:
  void feed(const std::string& bytes, int flush) {
    std::array<unsigned char, 65536> out;
    // zlib does not write to its input.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      stream_.next_out = out.data();
      stream_.avail_out = static_cast<uInt>(out.size());
      ::deflate(&stream_, flush);
      count_ += out.size() - stream_.avail_out;
    } while (stream_.avail_out == 0);
  }

  z_stream stream_{};
  uintmax_t count_ = 0;
};

}  // namespace

InstalledPackages read_installed(const fs::path& modules) {
  InstalledPackages packages;
  std::error_code failed;
  for (const fs::directory_entry& entry : fs::directory_iterator(modules, failed)) {
    const fs::path& folder = entry.path();
    if (folder.extension() != ".dist-info" || !fs::is_regular_file(folder / "METADATA")) continue;
    InstalledPackage package = read_metadata(folder / "METADATA");
    if (package.name.empty()) continue;
    if (fs::is_regular_file(folder / "RECORD")) package.files = read_record(folder / "RECORD");
    packages[package.name] = std::move(package);
  }
  return packages;
}

std::vector<DependencySpecifier> dependencies_of(const InstalledPackage& package,
                                                 std::string_view full_version,
                                                 const std::set<std::string>& extras) {
  std::vector<DependencySpecifier> result;
  for (const DependencySpecifier& required : package.requires_) {
    if (!marker_holds(required.marker, full_version, extras)) continue;
    const auto known = std::find_if(
        result.begin(), result.end(),
        [&](const DependencySpecifier& earlier) { return earlier.name == required.name; });
    if (known == result.end()) {
      result.push_back(required);
    } else {
      known->extras.insert(known->extras.end(), required.extras.begin(), required.extras.end());
    }
  }
  return result;
}

PackageSize& PackageSize::operator+=(const PackageSize& other) {
  bytes += other.bytes;
  compressed += other.compressed;
  return *this;
}

PackageSize size_of_files(const std::vector<fs::path>& files) {
  PackageSize size;
  CompressedSize compressed;
  for (const fs::path& file : files) {
    std::error_code failed;
    if (!fs::is_regular_file(file, failed)) continue;
    const std::string content = read_file(file);
    size.bytes += content.size();
    compressed.add(content);
  }
  size.compressed = compressed.finish();
  return size;
}

std::string shown_size(uintmax_t bytes) {
  constexpr double kKibi = 1024;
  std::array<char, 32> text{};
  const double size = static_cast<double>(bytes);
  if (size < kKibi * 1000) {
    std::snprintf(text.data(), text.size(), "%.1f KiB", size / kKibi);
  } else {
    std::snprintf(text.data(), text.size(), "%.1f MiB", size / kKibi / kKibi);
  }
  return text.data();
}

}  // namespace cwrangler::cli
