#include "runtime/engine/wasm_code.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <memory>

#include "base/digest.h"
#include "base/files.h"
#include "runtime/engine/isolate.h"
#include "runtime/engine/platform.h"
#include "runtime/engine/values.h"

namespace cwrangler::engine {
namespace {

constexpr std::string_view kExtension = ".code";

/// A file is written again when there is this much more to keep. The first one is worth it however
/// little is in it: without one V8 compiles all of the module, with one only what is called.
constexpr size_t kWorthwhileGrowth = 64 << 10;

/// To see how much more there is takes longer than it will spare where the process was a short one.
constexpr std::chrono::seconds kShortRun{1};

}  // namespace

WasmCode::~WasmCode() {
  for (auto& [state, preload] : preloads_) preload.thread.join();
}

void WasmCode::install(v8::Isolate* isolate) {
  isolate->SetWasmStreamingCallback(compile);
}

std::string WasmCode::key_of(std::span<const uint8_t> bytes) {
  return hex_digest(bytes);
}

void WasmCode::compile(const v8::FunctionCallbackInfo<v8::Value>& call) {
  v8::Isolate* const isolate = call.GetIsolate();
  const v8::Local<v8::Context> context = isolate->GetCurrentContext();
  const auto streaming = v8::WasmStreaming::Unpack(isolate, call.Data());
  v8::Local<v8::Value> source;
  v8::Local<v8::Value> name;
  if (!call[0]->IsArray() || !call[0].As<v8::Object>()->Get(context, 0).ToLocal(&source) ||
      !call[0].As<v8::Object>()->Get(context, 1).ToLocal(&name) || !source->IsUint8Array() ||
      !name->IsString()) {
    streaming->Abort(v8::Exception::TypeError(to_string(isolate, "[bytes, key] is expected")));
    return;
  }
  Isolate::from(call).platform().wasm_code().stream(*streaming, bytes_of(source),
                                                    to_utf8(isolate, name));
}

void WasmCode::stream(v8::WasmStreaming& streaming, std::span<const uint8_t> bytes,
                      const std::string& key) {
  std::string kept;  // V8 reads it in Finish()
  const bool usable = files_.read(key, kExtension, [&](std::string code) {
    kept = std::move(code);
    return streaming.SetCompiledModuleBytes(reinterpret_cast<const uint8_t*>(kept.data()),
                                            kept.size());
  });
  streaming.OnBytesReceived(bytes.data(), bytes.size());
  // Uses the code before it returns.
  streaming.Finish(usable);
  const std::lock_guard lock(mutex_);
  loaded_[key] = usable ? kept.size() : 0;
}

std::string WasmCode::state_of(const std::filesystem::path& file) {
  Digest digest;
  digest.add(file.native());
  digest.add_file_state(file);
  return digest.hex();
}

void WasmCode::preload(const std::filesystem::path& file) {
  const std::string state = state_of(file);
  const std::lock_guard lock(mutex_);
  const auto [entry, is_new] = preloads_.try_emplace(state);
  if (!is_new) return;
  Preload& preload = entry->second;
  preload.thread = std::thread([this, file, &preload] {
    try {
      load(file, preload);
    } catch (const std::exception& error) {
      spdlog::debug("the code of {} was not loaded ahead: {}", file.string(), error.what());
    }
    const std::lock_guard done(mutex_);
    preload.done = true;
    preload_changed_.notify_all();
  });
}

void WasmCode::load(const std::filesystem::path& file, Preload& preload) {
  const std::string content = read_file(file);
  const std::span bytes(reinterpret_cast<const uint8_t*>(content.data()), content.size());
  const std::string key = key_of(bytes);
  {
    const std::lock_guard lock(mutex_);
    preload.key = key;
    preload_changed_.notify_all();
    if (modules_.contains(key)) return;
  }
  // Without code V8 would compile, which is better done once the module is wanted.
  if (!files_.contains(key, kExtension)) return;

  // Code belongs to the process, but takes an isolate to load: one of V8's own kind is made
  // fastest.
  const std::unique_ptr<v8::ArrayBuffer::Allocator> allocator(
      v8::ArrayBuffer::Allocator::NewDefaultAllocator());
  v8::Isolate::CreateParams params;
  params.array_buffer_allocator = allocator.get();
  const auto dispose = [](v8::Isolate* isolate) { isolate->Dispose(); };
  const std::unique_ptr<v8::Isolate, decltype(dispose)> isolate(v8::Isolate::New(params));
  const v8::Locker locker(isolate.get());
  const v8::Isolate::Scope entered_isolate(isolate.get());
  const v8::HandleScope handles(isolate.get());
  isolate->SetMicrotasksPolicy(v8::MicrotasksPolicy::kExplicit);
  const std::function<void(v8::WasmStreaming&)> deliver = [&](v8::WasmStreaming& streaming) {
    stream(streaming, bytes, key);
  };
  isolate->SetWasmStreamingCallback([](const v8::FunctionCallbackInfo<v8::Value>& call) {
    const auto streaming = v8::WasmStreaming::Unpack(call.GetIsolate(), call.Data());
    using Deliver = const std::function<void(v8::WasmStreaming&)>;
    (*static_cast<Deliver*>(call[0].As<v8::External>()->Value()))(*streaming);
  });
  const v8::Local<v8::Context> context = v8::Context::New(isolate.get());
  const v8::Context::Scope entered_context(context);
  const auto web_assembly = get(context, context->Global(), "WebAssembly").As<v8::Object>();
  const auto compile = get(context, web_assembly, "compileStreaming").As<v8::Function>();
  v8::Local<v8::Value> source = v8::External::New(
      isolate.get(), const_cast<std::function<void(v8::WasmStreaming&)>*>(&deliver));
  v8::Local<v8::Value> result;
  if (!compile->Call(context, web_assembly, 1, &source).ToLocal(&result)) return;
  isolate->PerformMicrotaskCheckpoint();
  const auto promise = result.As<v8::Promise>();
  // It is still pending where the code was of no use, and ends with the isolate.
  if (promise->State() != v8::Promise::kFulfilled) return;
  keep(key, promise->Result().As<v8::WasmModuleObject>());
}

v8::MaybeLocal<v8::WasmModuleObject> WasmCode::find(v8::Isolate* isolate, const std::string& key) {
  std::unique_lock lock(mutex_);
  const auto may_bring = [&](const auto& entry) {
    const Preload& preload = entry.second;
    return !preload.done && (preload.key.empty() || preload.key == key);
  };
  preload_changed_.wait(lock, [&] {
    return modules_.contains(key) || std::none_of(preloads_.begin(), preloads_.end(), may_bring);
  });
  return known(isolate, key);
}

v8::MaybeLocal<v8::WasmModuleObject> WasmCode::find_file(v8::Isolate* isolate,
                                                         const std::filesystem::path& file) {
  const std::string state = state_of(file);
  std::unique_lock lock(mutex_);
  const auto preload = preloads_.find(state);
  if (preload == preloads_.end()) return {};
  preload_changed_.wait(lock, [&] { return preload->second.done; });
  return known(isolate, preload->second.key);
}

v8::MaybeLocal<v8::WasmModuleObject> WasmCode::known(v8::Isolate* isolate,
                                                     const std::string& key) const {
  const auto found = modules_.find(key);
  if (found == modules_.end()) return {};
  return v8::WasmModuleObject::FromCompiledModule(isolate, found->second.code);
}

void WasmCode::keep(const std::string& key, v8::Local<v8::WasmModuleObject> module) {
  const std::lock_guard lock(mutex_);
  modules_.emplace(key, Module{module->GetCompiledModule(), loaded_[key]});
  preload_changed_.notify_all();
}

void WasmCode::save() {
  if (!files_.can_write()) return;
  const bool is_young = std::chrono::steady_clock::now() - began_ < kShortRun;
  const std::lock_guard lock(mutex_);
  for (auto& [key, module] : modules_) {
    if (is_young && module.kept_bytes > 0) continue;
    const v8::OwnedBuffer code = module.code.Serialize();
    // V8 serialises optimised functions only; of a module without any, nothing.
    const size_t least = module.kept_bytes == 0 ? 1 : module.kept_bytes + kWorthwhileGrowth;
    if (code.size < least) continue;
    files_.write(key, kExtension, {code.buffer.get(), code.size});
    module.kept_bytes = code.size;
  }
}

}  // namespace cwrangler::engine
