// Compiled code of WebAssembly modules: shared by the isolates of a process, and kept on disk
// between processes.
//
// V8 compiles a function when it is first called, quickly and badly, and once more, well, beside
// the program. What is kept is the second kind: a process that finds it runs optimised code from
// its first call, and compiles only the functions that no earlier process has called. V8 checks
// that the code was made by the same version with the same flags for this kind of processor. The
// install tree comes with what its build has called; what is called here lies in the user's cache.

#pragma once

#include <v8.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <thread>

#include "runtime/engine/code_files.h"

namespace cwrangler::engine {

/// One for each process (Platform has it). All functions may be called by any thread.
class WasmCode {
 public:
  explicit WasmCode(CodeFiles files) : files_(std::move(files)) {}
  /// Waits for what preload() has begun.
  ~WasmCode();

  /// Makes `WebAssembly.compileStreaming([bytes, key])` compile a module with the help of the code
  /// on disk, in contexts that are made in the isolate from now on. `bytes`: a Uint8Array; `key`:
  /// of key_of().
  static void install(v8::Isolate* isolate);

  /// What the functions below know a module by.
  static std::string key_of(std::span<const uint8_t> bytes);

  /// Begins to load the kept code of the module in a file, on a thread of its own, for the find()
  /// that will come. Once for each state of the file; does nothing when there is no code for it.
  /// Failures are logged: find() then has no module.
  void preload(const std::filesystem::path& file);

  /// The module, when this process has compiled it before. Waits for it while it is being loaded.
  v8::MaybeLocal<v8::WasmModuleObject> find(v8::Isolate* isolate, const std::string& key);
  /// The same for a file that preload() was called for, which is not read again.
  v8::MaybeLocal<v8::WasmModuleObject> find_file(v8::Isolate* isolate,
                                                 const std::filesystem::path& file);
  /// Remembers a compiled module for find() and save().
  void keep(const std::string& key, v8::Local<v8::WasmModuleObject> module);

  /// Writes the optimised code of all modules which have clearly more of it than their file.
  /// Failures are logged: code that is not kept costs time, nothing else.
  void save();

 private:
  struct Module {
    v8::CompiledWasmModule code;
    size_t kept_bytes;  ///< of optimised code on disk, as far as this process knows
  };
  struct Preload {
    std::string key;  ///< empty as long as the file is not read
    bool done = false;
    std::thread thread;
  };

  static std::string state_of(const std::filesystem::path& file);
  v8::MaybeLocal<v8::WasmModuleObject> known(v8::Isolate* isolate, const std::string& key) const;
  static void compile(const v8::FunctionCallbackInfo<v8::Value>& call);
  void stream(v8::WasmStreaming& streaming, std::span<const uint8_t> bytes, const std::string& key);
  void load(const std::filesystem::path& file, Preload& preload);

  const CodeFiles files_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::map<std::string, Module> modules_;
  std::map<std::string, size_t> loaded_;     // bytes of code that came from disk
  std::map<std::string, Preload> preloads_;  // by state_of() their files
  std::condition_variable preload_changed_;
};

}  // namespace cwrangler::engine
