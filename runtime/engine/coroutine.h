// A stack of its own on which work runs, and control that passes strictly back and forth: exactly
// one side runs, the other waits. Two kinds behind one interface:
//
//   fiber    a switch of stacks on the same OS thread (Boost.Context). Cheap: 1.5-2.5 µs a round
//   trip. thread   an OS thread that sleeps on a futex. Portable, and all that sanitizers
//   understand.
//
// V8 is told of the switch by the caller (stack_switching.cc); this file knows nothing of V8,
// except that a fiber gives V8 a thread identity of its own, see thread_identity.h.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace cwrangler::engine {

class Coroutine {
 public:
  enum class Kind { fiber, thread };

  /// `body` runs at the first switch_in and may call switch_out any number of times; it must not
  /// throw. When it returns, the coroutine is finished. `stack_size` in bytes, only touched pages
  /// cost memory. Throws Error when no stack can be had.
  static std::unique_ptr<Coroutine> create(Kind kind, size_t stack_size,
                                           std::function<void(Coroutine&)> body);
  virtual ~Coroutine() = default;
  Coroutine(const Coroutine&) = delete;
  Coroutine& operator=(const Coroutine&) = delete;

  /// Runs the body until it switches out or returns. From outside of it, another coroutine
  /// included.
  virtual void switch_in() = 0;
  /// Back to whoever called switch_in last. From inside only.
  virtual void switch_out() = 0;

  /// The lowest address of the stack that may be used.
  virtual uintptr_t stack_bottom() const = 0;

 protected:
  Coroutine() = default;
};

}  // namespace cwrangler::engine
