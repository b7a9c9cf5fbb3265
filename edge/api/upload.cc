#include "edge/api/upload.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/utf8.h"
#include "edge/api/module_types.h"
#include "edge/api/uploaded_snapshot.h"
#include "edge/http/multipart.h"

namespace cwrangler::edge {
namespace {

/// The metadata and a snapshot.
constexpr size_t kOtherParts = 2;

ApiError invalid(const std::string& message) {
  return {400, api_code::kInvalidScript, message};
}

ApiError too_large(const std::string& message) {
  return {413, api_code::kScriptTooLarge, message};
}

std::vector<FormPart> read_form(Call& call) {
  try {
    return parse_multipart(call.request.header("Content-Type").value_or(""),
                           call.request.body.view(), call.services.limits.modules + kOtherParts);
  } catch (const Error& error) {
    throw invalid("The upload cannot be read: " + error.problem());
  }
}

/// Members that are read later must be of the type that they are read as.
void check_members(const Json& metadata) {
  const auto check = [&metadata](const char* key, bool (Json::*is)() const noexcept,
                                 const char* type) {
    const auto found = metadata.find(key);
    if (found != metadata.end() && !found->is_null() && !((*found).*is)()) {
      throw invalid("\"" + std::string(key) + "\" in the metadata must be " + type);
    }
  };
  check("compatibility_date", &Json::is_string, "a string");
  check("compatibility_flags", &Json::is_array, "a list");
  check("annotations", &Json::is_object, "an object");
  check("keep_bindings", &Json::is_array, "a list");
  check("limits", &Json::is_object, "an object");
  check("migrations", &Json::is_object, "an object");
  check("assets", &Json::is_object, "an object");
  check("observability", &Json::is_object, "an object");
  for (const Json& flag : metadata.value("compatibility_flags", Json::array())) {
    if (!flag.is_string()) throw invalid("\"compatibility_flags\" must be a list of strings");
  }
}

Json read_metadata(const std::vector<FormPart>& parts, size_t most) {
  const auto part = std::ranges::find(parts, "metadata", &FormPart::name);
  if (part == parts.end()) throw invalid("The upload has no part \"metadata\"");
  if (part->content.size() > most) throw too_large("The metadata is too large");
  Json metadata;
  try {
    metadata = parse_json(part->content);
  } catch (const Error& error) {
    throw invalid("The metadata cannot be read: " + error.problem());
  }
  if (!metadata.is_object()) throw invalid("The metadata must be a JSON object");
  check_members(metadata);
  check_bindings(metadata);
  return metadata;
}

void check_main_module(const Upload& upload) {
  const auto main = upload.metadata.find("main_module");
  if (main == upload.metadata.end()) {
    if (upload.metadata.contains("body_part")) {
      throw invalid("Workers in the service-worker format are not served here: deploy modules");
    }
    throw invalid("The metadata names no \"main_module\"");
  }
  if (!main->is_string()) throw invalid("\"main_module\" must be a string");
  const auto name = main->get<std::string>();
  const auto module = std::ranges::find(upload.modules, name, &UploadedModule::name);
  if (module == upload.modules.end()) {
    throw invalid("No such module: \"" + name + "\" is named as main module and not uploaded");
  }
  if (module->content_type != kPythonModule && !upload.is_placeholder()) {
    throw invalid("The main module \"" + name +
                  "\" is no Python module: this endpoint runs Python Workers");
  }
}

}  // namespace

void check_bindings(const Json& metadata) {
  const auto bindings = metadata.find("bindings");
  if (bindings == metadata.end()) return;
  if (!bindings->is_array()) throw invalid("\"bindings\" in the metadata must be a list");
  std::set<std::string, std::less<>> names;
  for (const Json& binding : *bindings) {
    const auto text = [&binding](const char* key) {
      const auto found = binding.find(key);
      return found != binding.end() && found->is_string() ? found->get<std::string>()
                                                          : std::string();
    };
    if (!binding.is_object() || text("name").empty() || text("type").empty()) {
      throw invalid("Every binding must be an object with a \"name\" and a \"type\"");
    }
    if (!names.insert(text("name")).second) {
      throw invalid("Two bindings have the name \"" + text("name") + "\"");
    }
  }
}

bool Upload::is_placeholder() const {
  return modules.size() == 1 && modules.front().content_type == kJavaScriptModule &&
         metadata.value("bindings", Json::array()).empty();
}

bool is_safe_relative_path(std::string_view path) {
  constexpr size_t kLongestPath = 1024;
  constexpr size_t kLongestName = 255;
  if (path.empty() || path.size() > kLongestPath || path.starts_with('/')) return false;
  if (first_invalid_utf8(path) != std::string_view::npos) return false;
  const bool is_plain = std::all_of(path.begin(), path.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != '\\' && c != 0x7F;
  });
  if (!is_plain) return false;
  while (true) {
    const std::string_view name = path.substr(0, path.find('/'));
    if (name.empty() || name == "." || name == ".." || name.size() > kLongestName) return false;
    if (name.size() == path.size()) return true;
    path.remove_prefix(name.size() + 1);
  }
}

Upload read_upload(Call& call) {
  const UploadLimits& limits = call.services.limits;
  const std::vector<FormPart> parts = read_form(call);
  Upload upload;
  upload.metadata = read_metadata(parts, limits.metadata_bytes);
  std::uint64_t bytes = 0;
  std::set<std::string_view> names;
  for (const FormPart& part : parts) {
    if (part.name == "metadata") continue;
    const std::string type = essence(part.content_type);
    if (type == kSourceMap) continue;
    if (type == kSnapshotType) {
      if (call.services.snapshot_build.empty()) throw invalid("This endpoint takes no snapshots");
      upload.snapshot = part.content;
      upload.snapshot_identity = part.filename;
      continue;
    }
    // Clients name the file as the part; where they do not, the file's name counts.
    const std::string& name = part.filename.empty() ? part.name : part.filename;
    if (!is_safe_relative_path(name)) {
      throw invalid("\"" + name + "\" cannot be the name of a module");
    }
    if (!module_type_of(type)) {
      throw invalid("The module \"" + name + "\" has the content type \"" + type +
                    "\", which no module has");
    }
    if (!names.insert(name).second) throw invalid("Two modules have the name \"" + name + "\"");
    bytes += part.content.size();
    upload.modules.push_back({name, type, part.content});
  }
  if (bytes > limits.script_bytes) {
    throw too_large("The Worker's modules have " + std::to_string(bytes >> 20) + " MiB; at most " +
                    std::to_string(limits.script_bytes >> 20) + " MiB are allowed");
  }
  check_main_module(upload);
  return upload;
}

}  // namespace cwrangler::edge
