// What is uploaded for one version of a Worker: metadata and modules, as a form.

#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/api/envelope.h"
#include "cli/api/multipart_form.h"
#include "cli/project/project.h"

namespace cwrangler::cli {

using NamedText = std::pair<std::string, std::string>;

/// What the command line adds to the project.
struct UploadOptions {
  std::vector<NamedText> variables;  ///< --var: in place of the configuration's
  std::vector<NamedText> secrets;    ///< of --secrets-file. Not to be printed.
  bool keep_variables = false;       ///< variables set elsewhere stay
  std::optional<bool> logpush;
  std::string message;
  std::string tag;
  std::string alias;  ///< of the preview
};

/// One binding as it is uploaded: name, type, and its properties.
ApiJson binding_json(const Binding& binding);

/// All of `env`: variables, secrets, resources, in the order of wrangler's upload. Throws Error for
/// a kind that is configured and that this program cannot upload.
std::vector<ApiJson> upload_bindings(const Config& config, const UploadOptions& options);

/// What the metadata has besides: `assets` and `migrations` as objects, or nothing.
struct UploadParts {
  std::vector<ApiJson> bindings;
  std::optional<ApiJson> assets;
  std::optional<ApiJson> migrations;
};

/// `metadata`: everything but the modules.
ApiJson upload_metadata(const Project& project, const UploadOptions& options,
                        const UploadParts& parts);

/// A module with its content.
struct UploadModule {
  std::string name;
  std::string type;  ///< as tables call it: "python", "buffer"
  std::string mime;
  std::string content;
};

/// The project's modules, the entry point first. Throws Error for one that cannot be read.
std::vector<UploadModule> upload_modules(const Project& project);

/// The form of both.
MultipartForm upload_form(const ApiJson& metadata, const std::vector<UploadModule>& modules);

}  // namespace cwrangler::cli
