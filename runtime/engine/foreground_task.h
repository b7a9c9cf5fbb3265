// Running one of V8's own tasks on its isolate's thread. Apart from platform.cc because that file
// is compiled without RTTI and the isolate's headers are not made for it.

#pragma once

namespace v8 {
class Isolate;
class Task;
}  // namespace v8

namespace cwrangler::engine {

/// Runs the task inside a ScriptScope of the isolate; its loop's thread only.
void run_foreground_task(v8::Isolate* isolate, v8::Task& task);

}  // namespace cwrangler::engine
