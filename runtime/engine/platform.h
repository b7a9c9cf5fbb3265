// V8 for this process: flags, worker threads, and tasks that V8 wants run on an isolate's own
// thread.

#pragma once

#include <memory>
#include <string>

#include "runtime/engine/kept_code.h"
#include "runtime/engine/script_code.h"
#include "runtime/engine/wasm_code.h"

namespace v8 {
class Isolate;
}
namespace boost::asio {
class io_context;
}

namespace cwrangler::engine {

class TaskPlatform;

/// Starts V8 when made and shuts it down when destroyed. One for each process, made in main before
/// any isolate, outliving all of them.
class Platform {
 public:
  struct Options {
    int worker_threads = 2;    ///< for V8's compiler and garbage collector
    size_t heap_limit_mb = 0;  ///< of each isolate's JavaScript heap; 0: V8's own choice
    CodeFiles::Folders code_folders = {};  ///< for WasmCode, ScriptCode and KeptCode
    std::string v8_flags = {};  ///< more flags of V8's, as on a command line; to look into it
  };
  explicit Platform(const Options& options);
  Platform(const Platform&) = delete;
  Platform& operator=(const Platform&) = delete;
  ~Platform();

  const Options& options() const { return options_; }
  WasmCode& wasm_code() { return *wasm_code_; }
  ScriptCode& script_code() { return script_code_; }
  KeptCode& kept_code() { return kept_code_; }
  /// Writes the code that is worth it; takes some milliseconds, or tenths of a second after a
  /// Worker's first start.
  void save_code();

  /// V8's tasks for this isolate run on this loop from now on; any thread. To be called between
  /// v8::Isolate::Allocate and Initialize, where V8 first asks for it.
  void attach(v8::Isolate* isolate, boost::asio::io_context& loop);
  /// Drops the isolate's tasks, those under way on other threads included.
  void detach(v8::Isolate* isolate);

 private:
  Options options_;
  std::unique_ptr<TaskPlatform> tasks_;
  std::unique_ptr<WasmCode> wasm_code_;
  ScriptCode script_code_;
  KeptCode kept_code_;
};

}  // namespace cwrangler::engine
