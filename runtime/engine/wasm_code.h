// Compiled code of WebAssembly modules: shared by the isolates of a process, and kept on disk
// between processes.
//
// V8 compiles a function when it is first called, quickly and badly, and again when it has been
// called often. What is kept is the second kind: a process that finds it runs optimised code from
// its first call, and compiles only the functions that the earlier processes seldom used. V8 checks
// that the code was made by the same version with the same flags for this kind of processor, and so
// it is of use only on the machine that made it: it lies in the user's cache.

#pragma once

#include <v8.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <span>
#include <string>

namespace cwrangler::engine {

/// One for each process (Platform has it). All functions may be called by any thread.
class WasmCode {
 public:
  /// `folder`: where code is kept; empty: nowhere. It is made when it is first needed.
  explicit WasmCode(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Makes `WebAssembly.compileStreaming(bytes)` compile a module with the help of the code on
  /// disk, in contexts that are made in the isolate from now on. `bytes`: a Uint8Array.
  static void install(v8::Isolate* isolate);

  /// The module of these bytes, when this process has compiled it before.
  v8::MaybeLocal<v8::WasmModuleObject> find(v8::Isolate* isolate, std::span<const uint8_t> bytes);
  /// Remembers a compiled module for find() and save().
  void keep(std::span<const uint8_t> bytes, v8::Local<v8::WasmModuleObject> module);

  /// Writes the optimised code of all modules which have clearly more of it than their file.
  /// Failures are logged: code that is not kept costs time, nothing else.
  void save();

 private:
  struct Module {
    v8::CompiledWasmModule code;
    size_t kept_bytes;  ///< of optimised code on disk, as far as this process knows
  };

  static void compile(const v8::FunctionCallbackInfo<v8::Value>& call);

  const std::filesystem::path folder_;
  std::mutex mutex_;
  std::map<std::string, Module> modules_;
  std::map<std::string, size_t> loaded_;  // bytes of code that came from disk
};

}  // namespace cwrangler::engine
