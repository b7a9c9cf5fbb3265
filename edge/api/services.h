// What the API's handlers work with: made once, by the endpoint, and used by all of its threads.

#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "edge/api/tails.h"
#include "edge/serving/serving.h"
#include "edge/store/blobs.h"
#include "edge/store/database.h"
#include "edge/store/seal.h"

namespace cwrangler::edge {

/// What an upload may be at most.
struct UploadLimits {
  std::uint64_t script_bytes = 128 << 20;  ///< all modules together
  std::uint64_t asset_bytes = 25 << 20;    ///< one static file
  size_t modules = 20'000;
  size_t metadata_bytes = 4 << 20;
};

/// Uploads and deployments of one Worker happen one after the other.
class WorkerLocks {
 public:
  std::unique_lock<std::mutex> take(const std::string& account, const std::string& worker) {
    std::mutex* mine = nullptr;
    {
      const std::lock_guard lock(mutex_);
      mine = &workers_[{account, worker}];
    }
    return std::unique_lock(*mine);
  }

 private:
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::mutex> workers_;
};

struct Services {
  std::filesystem::path folder;  ///< all of the endpoint's data
  std::string domain;            ///< Workers are at NAME.SUBDOMAIN.domain
  UploadLimits limits;
  bool needs_tokens = true;  ///< no: on loopback, and none was made
  Database& database;
  Blobs& blobs;
  Seal& seal;
  Serving& serving;
  Tails tails;
  WorkerLocks worker_locks = {};
  /// Snapshots of this build of the runtime may come with uploads; empty: none may.
  std::string snapshot_build = {};

  /// The folder that a runtime keeps the data of an account's bindings in.
  std::filesystem::path state(const std::string& account) const {
    return folder / "accounts" / account / "state";
  }
};

}  // namespace cwrangler::edge
