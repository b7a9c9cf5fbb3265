// Ops for the host's own file system and standard streams: what `cwrangler-runtime python` gives to
// Python. A Worker's isolate has no HostAccess and every one of them throws there.
//
// A failed system call throws an Error whose `code` is the errno's name ("ENOENT").
//
//   hostStat(path, followLinks) → [mode, size, mtimeMs, atimeMs, ctimeMs, ino, nlink, uid, gid]
//   hostList(folder) → [name, …], without "." and ".."
//   hostOpen(path, flags, mode) → descriptor; flags as in Linux's open(2)
//   hostClose(descriptor)
//   hostRead(descriptor, Uint8Array, position) → bytes read; position -1: where the stream is
//   hostWrite(descriptor, Uint8Array, position) → bytes written, all of them
//   hostTruncate(path, size), hostMakeFolder(path, mode), hostRemoveFolder(path), hostUnlink(path),
//   hostRename(from, to), hostLink(target, path) (symbolic), hostReadLink(path) → string,
//   hostChangeMode(path, mode), hostSetTimes(path, atimeMs, mtimeMs)
//   hostEnvironment() → [name, value, …]
//   hostWorkingFolder() → path
//   hostExit(status): ends the process at once, after the standard streams' data was written

#pragma once

#include <span>

#include "runtime/engine/ops.h"

namespace cwrangler::python {

/// State of an isolate that may use these ops.
struct HostAccess {};

std::span<const engine::Op> host_file_ops();

}  // namespace cwrangler::python
