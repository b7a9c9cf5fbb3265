// WebAssembly.promising, WebAssembly.Suspending and WebAssembly.SuspendError (the JavaScript
// Promise Integration proposal) for a V8 that does not have them: V8 10.2 up to 13.6. Python's
// run_sync needs it.
//
// A promising call runs on a stack of its own (coroutine.h); an import that suspends switches back
// to whoever started or resumed the call, and the settled promise switches in again. V8 is told by
// Locker and Unlocker, whose ThreadManager archives and restores its per-thread state.
//
// Differences from the proposal, all of them more permissive: JavaScript frames between the
// promising call and the suspending import are allowed (CPython's call trampoline is one on this
// V8), and argument conversion errors reject instead of throwing.

#pragma once

#include <v8.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/engine/coroutine.h"

namespace cwrangler::engine {

class Isolate;

class StackSwitching {
 public:
  explicit StackSwitching(Isolate& isolate);
  StackSwitching(const StackSwitching&) = delete;
  StackSwitching& operator=(const StackSwitching&) = delete;
  ~StackSwitching();

  /// Adds the three names to the context's WebAssembly object, unless V8 has them itself.
  void install(v8::Local<v8::Context> context);

  /// Unwinds every suspended call with a termination; their promises stay pending for ever. From
  /// the event loop. What the calls' language keeps in linear memory is torn by that: only for
  /// shutdown. Returns how many there were.
  size_t kill_suspended();

  size_t suspended() const;

  /// Fibers where this V8 takes its thread identity from us and no sanitizer is built in, else
  /// threads. CWRANGLER_STACKS=thread asks for threads.
  static Coroutine::Kind preferred_kind();

 private:
  struct Stack;
  friend struct Stack;

  static void make_promising(const v8::FunctionCallbackInfo<v8::Value>& call);
  static void start(const v8::FunctionCallbackInfo<v8::Value>& call);
  static void suspend(const v8::FunctionCallbackInfo<v8::Value>& call);
  static void settle(const v8::FunctionCallbackInfo<v8::Value>& call, bool rejected);
  static void settled(const v8::FunctionCallbackInfo<v8::Value>& call);
  static void failed(const v8::FunctionCallbackInfo<v8::Value>& call);

  Stack* take_stack();
  void run_calls(Stack& stack);
  void call(Stack& stack);
  /// Passes the isolate to a stack (or back from it) and takes it again afterwards.
  template <class Switch>
  void hand_over(Switch&& switch_stacks);
  void set_current(Stack* stack);

  Isolate& isolate_;
  const Coroutine::Kind kind_;
  std::vector<std::unique_ptr<Stack>> stacks_;
  std::vector<Stack*> idle_;
  Stack* current_ = nullptr;  // null on the loop's own stack
  std::shared_ptr<v8::BackingStore>
      flag_store_;                             // 1 while a promising call runs; read by JavaScript
  v8::Global<v8::Function> check_interrupts_;  // a function that does nothing
};

}  // namespace cwrangler::engine
