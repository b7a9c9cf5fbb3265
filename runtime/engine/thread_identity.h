// Who V8 thinks is running.
//
// V8's Locker keeps a record for each thread, found by v8::internal::ThreadId. Debian's libnode
// calls the function that gives this id through its procedure linkage table, so the definition in
// our executable takes precedence over its own, and each fiber can have an id of its own: V8 then
// sees a thread for each fiber and saves and restores its state when fibers take turns.
//
// Where a V8 does not call our definition (statically linked, or -Bsymbolic), `is_ours()` says so
// and real threads are used instead.

#pragma once

namespace cwrangler::engine::thread_identity {

/// The id of what runs on this OS thread now; made at the first call.
int current();
/// Says that a fiber with this id now runs on this OS thread.
void set_current(int id);
/// An id nobody has.
int next();
/// Whether V8 asks us. Needs V8 to be initialised.
bool is_ours();

}  // namespace cwrangler::engine::thread_identity
