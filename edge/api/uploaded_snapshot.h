// A memory snapshot that a client has made and sent with an upload: for machines that are to serve
// Workers rather than to start them from nothing (docs/edge.md).

#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/worker_config.h"

namespace cwrangler::edge {

/// The content type of its part: a snapshot's file (docs/snapshots.md), compressed with gzip. The
/// part's file name is the identity of what it was made of.
inline constexpr std::string_view kSnapshotType = "application/vnd.cwrangler.snapshot+gzip";

/// The header of every answer of an endpoint that takes snapshots. Its value is the build of the
/// runtime that they must come from.
inline constexpr std::string_view kSnapshotHeader = "Cwrangler-Snapshots";

/// The unpacked file, there as long as this object. Whether it is of use is for the runtime to say.
class UploadedSnapshot {
 public:
  /// `folder`: of the endpoint's own, on the file system of its caches. Throws ApiError for what
  /// cannot be unpacked or becomes too large.
  UploadedSnapshot(const std::filesystem::path& folder, std::string_view compressed,
                   std::string identity);
  UploadedSnapshot(const UploadedSnapshot&) = delete;
  UploadedSnapshot& operator=(const UploadedSnapshot&) = delete;
  ~UploadedSnapshot();

  OfferedSnapshot offer() const { return {file_.string(), identity_}; }

 private:
  std::filesystem::path file_;
  std::string identity_;
};

}  // namespace cwrangler::edge
