#include "cli/packages/sync_state.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "cli/version.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

/// FNV-1a, 64 bits: enough to notice an edit, and needs no cryptographic library, whose
/// loading would cost every start of the program more than the whole comparison.
class Digest {
 public:
  /// Parts are told apart by their length, so that moving text between files changes the digest.
  void add(std::string_view part) {
    const std::string length = std::to_string(part.size()) + ":";
    for (const std::string_view text : {std::string_view(length), part}) {
      for (const char c : text) {
        state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
      }
    }
  }

  std::string hex() const {
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(state_));
    return text.data();
  }

 private:
  uint64_t state_ = 0xcbf29ce484222325ULL;
};

}  // namespace

std::string inputs_digest(const fs::path& project, const Dependencies& dependencies,
                          std::string_view python_version) {
  Digest digest;
  digest.add(kVersion);
  digest.add(python_version);
  for (const fs::path& file : dependencies.inputs) {
    digest.add(file.lexically_relative(project).string());
    digest.add(read_file(file));
  }
  return digest.hex();
}

std::string sync_fingerprint(std::string_view inputs, const fs::path& lock) {
  Digest digest;
  if (fs::is_regular_file(lock)) digest.add(read_file(lock));
  return std::string(inputs) + "-" + digest.hex();
}

std::string read_sync_state(const fs::path& python_modules) {
  const fs::path file = python_modules / kSyncStateFile;
  std::error_code failed;
  if (!fs::is_regular_file(file, failed)) return {};
  const auto state = nlohmann::json::parse(read_file(file), nullptr, /*allow_exceptions=*/false);
  if (!state.is_object()) return {};
  const auto fingerprint = state.find("fingerprint");
  if (fingerprint == state.end() || !fingerprint->is_string()) return {};
  return fingerprint->get<std::string>();
}

void write_sync_state(const fs::path& python_modules, std::string_view fingerprint) {
  const nlohmann::json state = {{"fingerprint", fingerprint}, {"version", kVersion}};
  write_file_atomically(python_modules / kSyncStateFile, state.dump() + "\n");
}

}  // namespace cwrangler::cli
