#include "cli/local/kv_namespaces.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "storage/state_layout.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

std::string setting(const ConfiguredBinding& binding, const char* key) {
  const auto found = binding.settings.find(key);
  return found != binding.settings.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

std::string LocalNamespace::description() const {
  return binding.empty() ? "id: \"" + id + "\""
                         : "binding: \"" + binding + "\" (id: \"" + id + "\")";
}

LocalNamespace find_namespace(const Config& config, const NamespaceRequest& request) {
  if (!request.id.empty()) return {request.id, ""};
  std::string known;
  for (const ConfiguredBinding& binding : config.bindings) {
    if (binding.binding.type != "kv_namespace") continue;
    const std::string& name = binding.binding.name;
    known += (known.empty() ? "" : ", ") + name;
    if (name != request.binding) continue;
    std::string id = setting(binding, request.preview ? "preview_id" : "id");
    // A local run takes the binding's own name when it has no id.
    if (id.empty() && !request.preview) id = binding.local.value("namespace_id", name);
    if (id.empty()) {
      throw Error("No preview ID found for " + name +
                  ". Add one to your configuration file to use a "
                  "separate namespace for previewing your worker.");
    }
    return {id, name};
  }
  if (known.empty()) {
    throw Error(
        "No KV namespaces are configured in your wrangler config file. Use `--namespace-id` to "
        "specify the namespace directly, or add a \"kv_namespaces\" entry to your config.");
  }
  throw Error("A namespace with binding name \"" + request.binding +
              "\" was not found in the configured \"kv_namespaces\".")
      .hint("There is: " + known);
}

std::vector<LocalNamespace> local_namespaces(const Config& config, const fs::path& state) {
  std::vector<LocalNamespace> found;
  for (const ConfiguredBinding& binding : config.bindings) {
    if (binding.binding.type != "kv_namespace") continue;
    found.push_back(
        {binding.local.value("namespace_id", binding.binding.name), binding.binding.name});
  }
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(state / "kv", none)) {
    const std::string id = entry.path().filename();
    const bool is_known = std::any_of(
        found.begin(), found.end(), [&id](const LocalNamespace& other) { return other.id == id; });
    if (!is_known && fs::is_directory(entry.path() / "blobs")) found.push_back({id, ""});
  }
  return found;
}

std::string new_namespace_id() {
  std::array<unsigned char, 16> bytes;
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw system_error("making an id");
  }
  std::string id;
  for (const unsigned char byte : bytes) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", byte);
    id += digits;
  }
  return id;
}

void remove_namespace(const LocalNamespace& space, const fs::path& state) {
  const std::string file = storage::kv_file(state, space.id).string();
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(file + suffix);
  fs::remove_all(storage::kv_blobs(state, space.id).parent_path());
}

}  // namespace cwrangler::cli
