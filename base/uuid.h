// Ids for what is made on this machine.

#pragma once

#include <string>

namespace cwrangler {

/// A random UUID (RFC 9562, version 4). Throws Error when the system has no random bytes.
std::string random_uuid();

}  // namespace cwrangler
