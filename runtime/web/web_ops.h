// The web platform's native half: its ops and its state in an isolate. The JavaScript is in js/.

#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "runtime/engine/isolate.h"
#include "runtime/engine/ops.h"

namespace cwrangler::web {

/// Where console lines go: level is "debug", "log", "info", "warn" or "error"; text has no final
/// newline. Called on the isolate's thread.
using LogSink = std::function<void(std::string_view level, std::string_view text)>;

/// Every native function of this folder.
std::span<const engine::Op> web_ops();

/// Gives a new isolate its timers, log and the rest, and starts the web platform's JavaScript in
/// it. Once, before anything else runs in the isolate; on its thread.
void install_web(engine::Isolate& isolate, LogSink log);

/// The text for the log of an error nobody handled: what it is, its stack, its cause.
std::string describe_uncaught(engine::Isolate& isolate, v8::Local<v8::Value> error,
                              engine::Isolate::UncaughtKind kind);

}  // namespace cwrangler::web
