// What a secret is sealed for: it opens for this Worker and name only, in whatever version.

#pragma once

#include <string>

#include "edge/store/workers.h"

namespace cwrangler::edge {

inline std::string secret_context(const Version& version, const std::string& name) {
  return version.account + "/" + version.worker + "/" + name;
}

}  // namespace cwrangler::edge
