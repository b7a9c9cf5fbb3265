#include "runtime/engine/wasm_code.h"

#include <spdlog/spdlog.h>

#include <optional>

#include "base/digest.h"
#include "runtime/engine/code_file.h"
#include "runtime/engine/isolate.h"
#include "runtime/engine/platform.h"
#include "runtime/engine/values.h"

namespace cwrangler::engine {
namespace {

constexpr std::string_view kExtension = ".code";

/// A file is written again when there is this much more to keep. The first one is worth it however
/// little is in it: without one V8 compiles all of the module, with one only what is called.
constexpr size_t kWorthwhileGrowth = 256 << 10;

}  // namespace

void WasmCode::install(v8::Isolate* isolate) {
  isolate->SetWasmStreamingCallback(compile);
}

void WasmCode::compile(const v8::FunctionCallbackInfo<v8::Value>& call) {
  v8::Isolate* const isolate = call.GetIsolate();
  const auto streaming = v8::WasmStreaming::Unpack(isolate, call.Data());
  if (!call[0]->IsUint8Array()) {
    streaming->Abort(v8::Exception::TypeError(to_string(isolate, "a Uint8Array is expected")));
    return;
  }
  WasmCode& self = Isolate::from(call).platform().wasm_code();
  const std::span<const uint8_t> bytes = bytes_of(call[0]);
  const std::string key = hex_digest(bytes);
  std::optional<std::string> code;
  if (!self.folder_.empty()) code = read_code(code_file(self.folder_, key, kExtension));
  bool usable = false;
  if (code) {
    usable = streaming->SetCompiledModuleBytes(reinterpret_cast<const uint8_t*>(code->data()),
                                               code->size());
    if (!usable)
      spdlog::debug("{} is of no use here", code_file(self.folder_, key, kExtension).string());
  }
  streaming->OnBytesReceived(bytes.data(), bytes.size());
  // Uses the code before it returns.
  streaming->Finish(usable);
  const std::lock_guard lock(self.mutex_);
  self.loaded_[key] = usable ? code->size() : 0;
}

v8::MaybeLocal<v8::WasmModuleObject> WasmCode::find(v8::Isolate* isolate,
                                                    std::span<const uint8_t> bytes) {
  const std::lock_guard lock(mutex_);
  const auto found = modules_.find(hex_digest(bytes));
  if (found == modules_.end()) return {};
  return v8::WasmModuleObject::FromCompiledModule(isolate, found->second.code);
}

void WasmCode::keep(std::span<const uint8_t> bytes, v8::Local<v8::WasmModuleObject> module) {
  const std::string key = hex_digest(bytes);
  const std::lock_guard lock(mutex_);
  modules_.emplace(key, Module{module->GetCompiledModule(), loaded_[key]});
}

void WasmCode::save() {
  if (folder_.empty()) return;
  const std::lock_guard lock(mutex_);
  for (auto& [key, module] : modules_) {
    const v8::OwnedBuffer code = module.code.Serialize();
    // V8 serialises optimised functions only; of a module without any, nothing.
    const size_t least = module.kept_bytes == 0 ? 1 : module.kept_bytes + kWorthwhileGrowth;
    if (code.size < least) continue;
    write_code(code_file(folder_, key, kExtension), {code.buffer.get(), code.size});
    module.kept_bytes = code.size;
  }
}

}  // namespace cwrangler::engine
