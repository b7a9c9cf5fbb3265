// Outgoing TCP and TLS connections: what `connect()` of `cloudflare:sockets` stands on.
//
//   socketConnect(host, port, tls, name) → Promise<{id, remoteAddress, localAddress}>
//                                          `name`: whom the certificate must be for
//   socketStartTls(id, name) → Promise     from clear text to TLS on the same connection
//   socketRead(id) → Promise<Uint8Array | null>    null: the peer has ended its side
//   socketWrite(id, bytes) → Promise       settles when the system has taken all of them
//   socketEnd(id) → Promise                ends our side (TLS close_notify, TCP FIN)
//   socketClose(id)                        both sides at once; pending operations reject
//
// One read and one write may be under way at a time; JavaScript's streams see to that. Certificates
// are checked against the system's authorities (SSL_CERT_FILE and SSL_CERT_DIR are honoured) and
// the host name. Rejections are Errors with a `code` (ECONNREFUSED, ENOTFOUND, …) where the system
// gave one. Everything is on the isolate's thread.

#pragma once

#include <span>

#include "runtime/engine/isolate.h"
#include "runtime/engine/ops.h"

namespace cwrangler::web {

std::span<const engine::Op> socket_ops();

/// Makes the isolate's table of sockets; before the first op.
void install_sockets(engine::Isolate& isolate);

}  // namespace cwrangler::web
