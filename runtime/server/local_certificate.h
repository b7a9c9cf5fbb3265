// The certificate of a server on this machine, made by itself: browsers and programs have to be
// told to trust it.

#pragma once

#include <filesystem>

#include "runtime/server/tls_listener.h"

namespace cwrangler::server {

/// For `localhost`, `*.localhost`, 127.0.0.1 and ::1. Kept in `folder`, where `certificate.pem` may
/// be shown to whoever is to trust it and `key.pem` is the user's own (mode 0600); made anew when
/// there is none, it is damaged, or would soon end. An empty folder: made each time.
/// Throws Error when it cannot be made; one that only cannot be kept is used all the same.
TlsIdentity local_certificate(const std::filesystem::path& folder);

}  // namespace cwrangler::server
