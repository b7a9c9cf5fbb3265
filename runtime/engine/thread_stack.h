// Where the running thread's stack ends.

#pragma once

#include <pthread.h>

#include <cstdint>

namespace cwrangler::engine {

/// The lowest address of the calling thread's stack.
inline uintptr_t this_thread_stack_bottom() {
  pthread_attr_t attributes;
  void* bottom = nullptr;
  size_t size = 0;
  pthread_getattr_np(pthread_self(), &attributes);
  pthread_attr_getstack(&attributes, &bottom, &size);
  pthread_attr_destroy(&attributes);
  return reinterpret_cast<uintptr_t>(bottom);
}

}  // namespace cwrangler::engine
