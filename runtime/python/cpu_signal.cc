#include "runtime/python/cpu_signal.h"

#include <atomic>
#include <utility>

#include "runtime/engine/isolate.h"
#include "runtime/python/arguments.h"

namespace cwrangler::python {

void CpuSignal::raise(int64_t call) {
  const std::lock_guard lock(mutex_);
  if (!memory_) return;
  call_ = call;
  set_flag(1);
}

void CpuSignal::attach(std::shared_ptr<v8::BackingStore> memory, int64_t address) {
  if (address <= 0 || static_cast<uint64_t>(address) >= memory->ByteLength()) {
    throw engine::TypeErrorException("the address is not in the memory");
  }
  const std::lock_guard lock(mutex_);
  memory_ = std::move(memory);
  address_ = address;
}

void CpuSignal::detach() {
  const std::lock_guard lock(mutex_);
  memory_.reset();
}

bool CpuSignal::is_due(int64_t call) {
  const std::lock_guard lock(mutex_);
  return call_ != 0 && call_ == call;
}

void CpuSignal::clear() {
  const std::lock_guard lock(mutex_);
  call_ = 0;
  if (memory_) set_flag(0);
}

void CpuSignal::set_flag(uint8_t value) {
  auto* const bytes = static_cast<uint8_t*>(memory_->Data());
  std::atomic_ref(bytes[address_]).store(value, std::memory_order_relaxed);
}

namespace {

using engine::Call;

CpuSignal& signal_of(Call call) {
  return *engine::Isolate::from(call).state<std::shared_ptr<CpuSignal>>();
}

void attach(Call call) {
  if (!call[0]->IsArrayBuffer()) throw engine::TypeErrorException("a buffer is expected");
  signal_of(call).attach(call[0].As<v8::ArrayBuffer>()->GetBackingStore(), integer(call, 1));
}

void is_due(Call call) {
  call.GetReturnValue().Set(signal_of(call).is_due(engine::Isolate::from(call).busy_since()));
}

void clear(Call call) {
  signal_of(call).clear();
}

constexpr engine::Op kOps[] = {
    {"pythonCpuSignalAttach", engine::op<&attach>},
    {"pythonCpuSignalIsDue", engine::op<&is_due>},
    {"pythonCpuSignalClear", engine::op<&clear>},
};

}  // namespace

std::span<const engine::Op> cpu_signal_ops() {
  return kOps;
}

}  // namespace cwrangler::python
