#include "runtime/engine/thread_identity.h"

#include <v8.h>

#include <atomic>
#include <memory>

namespace {

std::atomic<int> next_id{1};
std::atomic<long> times_asked{0};
thread_local int current_id = 0;

}  // namespace

// The declaration has to match V8's own (src/execution/thread-id.h); V8's headers for embedders do
// not have it.
namespace v8::internal {

class ThreadId {
 public:
  static int GetCurrentThreadId();
};

__attribute__((used, noinline, visibility("default"))) int ThreadId::GetCurrentThreadId() {
  times_asked.fetch_add(1, std::memory_order_relaxed);
  return cwrangler::engine::thread_identity::current();
}

}  // namespace v8::internal

namespace cwrangler::engine::thread_identity {

// Not inlined: the address of a thread_local must be found anew after a switch of stacks, since a
// fiber can go on on another OS thread than it began on.
__attribute__((noinline)) int current() {
  if (current_id == 0) current_id = next();
  return current_id;
}

__attribute__((noinline)) void set_current(int id) {
  current_id = id;
}

int next() {
  return next_id.fetch_add(1, std::memory_order_relaxed);
}

bool is_ours() {
  static const bool answer = [] {
    const long before = times_asked.load();
    std::unique_ptr<v8::ArrayBuffer::Allocator> allocator(
        v8::ArrayBuffer::Allocator::NewDefaultAllocator());
    v8::Isolate::CreateParams params;
    params.array_buffer_allocator = allocator.get();
    v8::Isolate* const isolate = v8::Isolate::New(params);
    { const v8::Locker locker(isolate); }
    isolate->Dispose();
    return times_asked.load() > before;
  }();
  return answer;
}

}  // namespace cwrangler::engine::thread_identity
