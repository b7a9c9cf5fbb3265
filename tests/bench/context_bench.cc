// context-bench: prints the milliseconds of CPU time, median of many, that a context with the whole
// web platform takes to be made from the startup snapshot, in an isolate that exists.

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <exception>
#include <stdexcept>
#include <vector>

#include "runtime/builtins.h"
#include "runtime/engine/isolate.h"
#include "runtime/engine/platform.h"
#include "runtime/engine/script_scope.h"

namespace {

namespace engine = cwrangler::engine;

constexpr int CONTEXTS = 41;

/// Milliseconds of this thread's CPU time: other programs do not count.
double thread_time() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

/// Milliseconds for one.
double restore(v8::Isolate* isolate) {
  const v8::HandleScope handles(isolate);
  const double began = thread_time();
  const v8::Local<v8::Context> context = v8::Context::New(isolate);
  const double took = thread_time() - began;
  // What it measures is no empty context.
  const v8::Context::Scope entered(context);
  if (!engine::get(context, context->Global(), "ReadableStream")->IsFunction()) {
    throw std::runtime_error("the restored context has no ReadableStream");
  }
  return took;
}

}  // namespace

int main() {
  try {
    engine::Platform platform{engine::Platform::Options{}};
    engine::Isolate isolate(platform, cwrangler::builtin_snapshot());
    engine::ScriptScope scope(isolate);
    std::vector<double> times;
    for (int i = 0; i < CONTEXTS; ++i) times.push_back(restore(scope.v8()));
    std::nth_element(times.begin(), times.begin() + CONTEXTS / 2, times.end());
    std::printf("%.3f\n", times[CONTEXTS / 2]);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
