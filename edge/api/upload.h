// What a client uploads: a form of metadata and modules, read and checked before anything is kept.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "edge/api/call.h"

namespace cwrangler::edge {

struct UploadedModule {
  std::string name;
  std::string content_type;
  std::string_view content;  ///< in the request's body
};

struct Upload {
  Json metadata;  ///< an object; `bindings` is a list of objects with a name and a type
  std::vector<UploadedModule> modules;
  std::string_view snapshot;      ///< compressed (uploaded_snapshot.h), in the body; empty: none
  std::string snapshot_identity;  ///< of what it was made of

  /// A JavaScript module alone: what wrangler makes of a Worker that it wants to exist before its
  /// code is there (`secret put`).
  bool is_placeholder() const;
};

/// Throws ApiError: 10021 for what is wrong with it, 10027 for what is too large.
Upload read_upload(Call& call);

/// Throws ApiError unless `bindings` of the metadata is a list of objects with names and types.
void check_bindings(const Json& metadata);

/// Whether it may name a module or a static file: relative, with '/', without "." and "..", not
/// longer than file systems allow.
bool is_safe_relative_path(std::string_view path);

}  // namespace cwrangler::edge
