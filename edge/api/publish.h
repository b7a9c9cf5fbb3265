// New versions of a Worker: made of an upload, or of the version before with other secrets; started
// once before they are kept; and deployed.

#pragma once

#include <functional>
#include <optional>
#include <string>

#include "edge/api/call.h"
#include "edge/api/upload.h"

namespace cwrangler::edge {

/// Checks and keeps an upload as the Worker's newest version, and makes the Worker when it is not
/// there. Nothing of it is kept when ApiError is thrown: 10021 with the Python traceback for one
/// that does not start. The caller holds the Worker's lock.
Version add_uploaded_version(Call& call, const std::string& worker, const Upload& upload);

/// A version like the one that is deployed with these bindings, those of `settings`; secrets stay.
/// Throws ApiError 10007 where there is no version.
Version add_version_with_bindings(Call& call, const std::string& worker, const Json& settings);

/// A version like the one that is deployed with other secrets: `changes` are {name: text or null}.
/// Throws ApiError 10007 where there is no version.
Version add_version_with_secrets(Call& call, const std::string& worker, const Json& changes);

/// Records the deployment and serves it; returns when new requests go to it.
Deployment deploy_versions(Call& call, const std::string& worker,
                           const std::vector<DeployedShare>& shares, const Json& annotations);

/// "wrangler", "cwrangler" or "api": what made the request.
std::string source_of(const HttpRequest& request);

}  // namespace cwrangler::edge
