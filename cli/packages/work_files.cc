#include "cli/packages/work_files.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> kNames{kLockAtWork, kWheelsLock, kSettingsAtWork};

/// A lock that uv was writing: first under a name of its own, ".tmp" and six letters or digits.
bool is_unfinished_lock_of_uv(const fs::path& file) {
  constexpr std::string_view kPrefix = ".tmp";
  constexpr std::string_view kStart = "lock-version";
  const std::string name = file.filename().string();
  if (!name.starts_with(kPrefix) || name.size() != kPrefix.size() + 6) return false;
  if (!std::all_of(name.begin() + kPrefix.size(), name.end(),
                   [](unsigned char c) { return std::isalnum(c) != 0; })) {
    return false;
  }
  std::array<char, kStart.size()> start{};
  std::ifstream(file, std::ios::binary).read(start.data(), start.size());
  return std::string_view(start.data(), start.size()) == kStart;
}

bool is_work_file(const fs::path& file) {
  const std::string name = file.filename().string();
  // With what an atomic write appends to the name until it is complete.
  const bool is_ours = std::any_of(kNames.begin(), kNames.end(), [&](std::string_view work_file) {
    return name.starts_with(work_file);
  });
  return is_ours || is_unfinished_lock_of_uv(file);
}

std::vector<fs::path> work_files(const fs::path& project) {
  std::vector<fs::path> files;
  std::error_code failed;
  for (const fs::directory_entry& entry : fs::directory_iterator(project, failed)) {
    if (entry.is_regular_file(failed) && is_work_file(entry.path())) files.push_back(entry.path());
  }
  return files;
}

}  // namespace

bool has_work_files(const fs::path& project) {
  return !work_files(project).empty();
}

void remove_work_files(const fs::path& project) {
  for (const fs::path& file : work_files(project)) fs::remove(file);
}

}  // namespace cwrangler::cli
