// Outgoing TCP and TLS connections: what `connect()` of `cloudflare:sockets` stands on.
//
//   socketConnect(host, port, tls) → Promise<{id, remoteAddress, localAddress}>
//   socketStartTls(id, host) → Promise<undefined>        on a connection that is in the clear so
//   far socketRead(id) → Promise<Uint8Array | null>           null: the peer has ended its side
//   socketWrite(id, bytes) → Promise<undefined>           settles when the system has taken them
//   all socketEnd(id) → Promise<undefined>                    ends our side (TLS close_notify, TCP
//   FIN) socketClose(id)                                       both at once; pending operations
//   reject
//
// One read and one write may be under way at a time; JavaScript's streams see to that. Certificates
// are checked against the system's authorities (SSL_CERT_FILE and SSL_CERT_DIR are honoured) and
// the host name. Rejections are Errors with a `code` (ECONNREFUSED, ENOTFOUND, …) where the system
// gave one.

#pragma once

#include <span>

#include "runtime/engine/isolate.h"
#include "runtime/engine/ops.h"

namespace cwrangler::web {

std::span<const engine::Op> socket_ops();

/// Makes the isolate's table of sockets; before the first op.
void install_sockets(engine::Isolate& isolate);

}  // namespace cwrangler::web
