// The messages between `cwrangler dev` and the `cwrangler-runtime` it supervises: JSON objects with
// a "type", one a line, over a socket pair. docs/control-protocol.md describes each.
//
// To the runtime:
//   load      {generation, worker}        serve this Worker (worker_config.h). The Worker loaded
//                                         before goes on answering until this one is ready, and
//                                         stays when this one fails to start.
//   prepare   {python_version}            begin the start of a Worker that is not known yet, up
//                                         to what depends on it.
//   stop      {}                          finish the requests under way, then exit.
//   tracing   {enabled}                   whether `trace` messages are wanted from now on.
//   scheduled {cron, scheduled_time}      run the Worker's scheduled handler; ms since 1970.
//
// From the runtime:
//   loaded       {generation, startup_ms}
//   load_failed  {generation, message, stack, kind}   kind: "user" (the Worker's own exception,
//                                         `stack` is its traceback), "config" or "internal"
//   request      {method, path, status, status_text, duration_ms}      one per answered request
//   queue     {queue, acknowledged, messages, duration_ms}   one per batch that the Worker handled
//   console      {level, text}            level: debug, log, info, warn, error
//   exception    {message, stack}         uncaught in a handler or a background task
//   trace        {event}                  what one invocation was, as a tail shows it (trace-v1)
//   restarted    {reason}                 the instance was lost (fatal error, endless loop) and a
//                                         new one was started in its place
//
// Unknown types and fields are ignored, so that either side can learn new ones first.

#pragma once

#include <nlohmann/json.hpp>

namespace cwrangler::control {

inline constexpr const char* kLoad = "load";
inline constexpr const char* kPrepare = "prepare";
inline constexpr const char* kStop = "stop";
inline constexpr const char* kTracing = "tracing";
inline constexpr const char* kScheduled = "scheduled";

inline constexpr const char* kLoaded = "loaded";
inline constexpr const char* kLoadFailed = "load_failed";
inline constexpr const char* kRequest = "request";
inline constexpr const char* kQueue = "queue";
inline constexpr const char* kConsole = "console";
inline constexpr const char* kException = "exception";
inline constexpr const char* kTrace = "trace";
inline constexpr const char* kRestarted = "restarted";

}  // namespace cwrangler::control
