// Tells Python code that it has run for too long: from another thread, while it runs.
//
// CPython for Emscripten looks at a flag in its own memory every few instructions. Once that is set
// it asks JavaScript which signal has arrived, and handles it as any process handles signals: here
// SIGXCPU, whose handler raises CpuLimitExceeded (py/introspection.py). Until then it costs
// nothing.

#pragma once

#include <v8.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>

#include "runtime/engine/ops.h"

namespace cwrangler::python {

class CpuSignal {
 public:
  /// Any thread. `call`: Isolate::busy_since of the call that is meant. One that has ended by the
  /// time Python asks is forgotten, so that what runs next does not pay for it. Does nothing before
  /// attach().
  void raise(int64_t call);

  /// Where the flag is: a byte of the interpreter's memory. The isolate's thread; again when the
  /// memory has grown. Throws TypeErrorException for an address outside of it.
  void attach(std::shared_ptr<v8::BackingStore> memory, int64_t address);
  /// Before the isolate goes: its memory must not be held longer.
  void detach();

  /// Whether the signal was raised for this call. The isolate's thread.
  bool is_due(int64_t call);
  /// Python has got the signal, or none was due. The isolate's thread.
  void clear();

 private:
  /// With `mutex_` held. The interpreter reads the flag while another thread writes it.
  void set_flag(uint8_t value);

  std::mutex mutex_;
  std::shared_ptr<v8::BackingStore> memory_;
  int64_t address_ = 0;
  int64_t call_ = 0;
};

/// `pythonCpuSignalAttach(buffer, address)`, `pythonCpuSignalIsDue()` of the call that is running,
/// and `pythonCpuSignalClear()`. The isolate's state has the `std::shared_ptr<CpuSignal>`.
std::span<const engine::Op> cpu_signal_ops();

}  // namespace cwrangler::python
